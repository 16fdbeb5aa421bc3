/* One row per SNOMED procedure and text, with its place in the planned readmission algorithm. */
MODEL (
  name reference.snomed_procedure,
  kind SEED (
    path '$root/seeds/snomed_procedure.csv'
  ),
  columns (
    code_system TEXT,
    code TEXT,
    text TEXT,
    ccs_category INT,
    ccs_label TEXT,
    planned_category TEXT,
    in_surgery_cohort INT,
    basis TEXT
  ),
  grain (code_system, code, text),
  audits (
    unique_grain(columns := (code_system, code, text)),
    not_null(columns := (code_system, code, text, planned_category, in_surgery_cohort)),
    accepted_values(
      "column" := planned_category,
      is_in := ('always_planned', 'potentially_planned', 'not_planned')
    )
  ),
  description 'Judgement table: procedures that Synthea writes, read as an ICD-10-PCS procedure and so as a category of CCS.',
  column_descriptions (
    code_system = 'Code system of the code.',
    code = 'Code of the procedure.',
    text = 'Text as delivered.',
    ccs_category = 'Category of CCS; NULL where none fits.',
    ccs_label = 'Name of the category.',
    planned_category = 'always_planned (PR1), potentially_planned (PR3) or not_planned.',
    in_surgery_cohort = '1 where CMS puts a stay with it into the cohort Surgery/Gynecology, else 0.',
    basis = 'Why it is read so.'
  )
)
