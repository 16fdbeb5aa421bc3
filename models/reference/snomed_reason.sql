/* One row per SNOMED reason, with its place in the planned readmission algorithm. */
MODEL (
  name reference.snomed_reason,
  kind SEED (
    path '$root/seeds/snomed_reason.csv'
  ),
  columns (
    code_system TEXT,
    code TEXT,
    text TEXT,
    icd10cm_proxy TEXT,
    ccs_category INT,
    ccs_label TEXT,
    is_acute INT,
    is_cancer INT,
    hwr_cohort TEXT,
    hwr_exclusion TEXT,
    basis TEXT
  ),
  grain (code_system, code),
  audits (
    unique_grain(columns := (code_system, code)),
    not_null(columns := (code_system, code, is_acute, is_cancer))
  ),
  description 'Judgement table: reasons that Synthea writes, each read as an ICD-10-CM code; category, acuteness and cohort are those of that code.',
  column_descriptions (
    code_system = 'Code system of the code.',
    code = 'Code of the reason.',
    text = 'Text as delivered.',
    icd10cm_proxy = 'ICD-10-CM code it is read as.',
    ccs_category = 'Category of CCS.',
    ccs_label = 'Name of the category.',
    is_acute = '1 where it is an acute diagnosis (PR4), else 0.',
    is_cancer = '1 for a cancer, else 0.',
    hwr_cohort = 'Cohort of the hospital-wide measure; NULL where none has it.',
    hwr_exclusion = 'Why the hospital-wide measure excludes it; NULL where it does not.',
    basis = 'Why it is read so.'
  )
)
