/* One row per value of the Chronic Condition Indicator Refined. */
MODEL (
  name reference.chronic_condition_indicator,
  kind SEED (
    path '$root/seeds/chronic_condition_indicator.csv'
  ),
  columns (
    ccir INT,
    chronicity TEXT,
    meaning TEXT,
    basis TEXT
  ),
  grain chronicity,
  audits (
    unique_grain(columns := chronicity),
    unique_grain(columns := ccir),
    not_null(columns := (chronicity, meaning, basis))
  ),
  description 'What the values of the Chronic Condition Indicator Refined (CCIR) of AHRQ say.',
  column_descriptions (
    ccir = 'Value of the indicator; NULL for diagnoses that have none.',
    chronicity = 'Its name.',
    meaning = 'What it says of a diagnosis.',
    basis = 'Where it comes from.'
  )
)
