/* One row per prefix of ICD-10-PCS codes, with its place in the planned readmission algorithm. */
MODEL (
  name reference.icd10_procedure,
  kind SEED (
    path '$root/seeds/icd10_procedure.csv'
  ),
  columns (
    code_prefix TEXT,
    planned_category TEXT,
    in_surgery_cohort INT,
    basis TEXT
  ),
  grain (
    code_prefix
  ),
  audits (
    unique_grain(columns := (
      code_prefix
    )),
    not_null(columns := (code_prefix, planned_category, in_surgery_cohort))
  ),
  description 'ICD-10-PCS to the sets of the algorithm: of the prefixes that a code starts with, the longest decides; a code without one is in no set. For families that deliver such codes; made by scripts/planned_seeds.py.',
  column_descriptions (
    code_prefix = 'First characters of the code.',
    planned_category = 'always_planned (PR1), potentially_planned (PR3) or not_planned.',
    in_surgery_cohort = '1 where CMS puts a stay with it into the cohort Surgery/Gynecology, else 0.',
    basis = 'Where it comes from.'
  )
)
