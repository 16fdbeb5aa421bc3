/* One row per readmission definition and evidence that keeps an admission from being an index. */
MODEL (
  name reproduction.readmission_exclusion,
  kind SEED (
    path '$root/seeds/reproduction/readmission_exclusion.csv'
  ),
  columns (
    definition_code TEXT,
    evidence TEXT,
    exclusion_reason TEXT,
    priority INT,
    basis TEXT
  ),
  grain (definition_code, evidence),
  audits (
    unique_grain(columns := (definition_code, evidence)),
    not_null(columns := (definition_code, evidence))
  ),
  description 'Which evidence excludes an admission from the denominator of which rate; the lowest priority number is the reason given.',
  column_descriptions (
    definition_code = 'Definition of the rate.',
    evidence = 'Evidence of core.int_exclusion_evidence.',
    exclusion_reason = 'Reason that star.fact_readmission gives.',
    priority = 'Order in which reasons are given.',
    basis = 'Where the exclusion comes from.'
  )
)
