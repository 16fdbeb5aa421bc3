/* One row per set of CMS's planned readmission algorithm or measure cohort and category of the clinical classification (CCS). */
MODEL (
  name reference.planned_category,
  kind SEED (
    path '$root/seeds/planned_category.csv'
  ),
  columns (
    rule_set TEXT,
    set_name TEXT,
    ccs_kind TEXT,
    ccs_category INT,
    category_label TEXT,
    source TEXT
  ),
  grain (rule_set, set_name, ccs_kind, ccs_category),
  audits (
    unique_grain(columns := (rule_set, set_name, ccs_kind, ccs_category)),
    not_null(columns := (rule_set, set_name, ccs_kind, ccs_category))
  ),
  description 'The planned readmission algorithm of CMS, edition of 2021, by categories of the clinical classification software (CCS). Where only part of a category is in a set, the category is not here: its codes are in icd10_acute and icd10_procedure. Left out are the sets of all-payer settings (cesarean section, forceps, normal pregnancy), which no source at hand verifies.',
  column_descriptions (
    rule_set = 'PR1, PR2, PR3 or PR4 of the algorithm; cohort or exclusion of the hospital-wide measure.',
    set_name = 'What the set says, or the name of the cohort.',
    ccs_kind = 'procedure or diagnosis.',
    ccs_category = 'Number of the category.',
    category_label = 'Name of the category.',
    source = 'Editions of the lists that have it.'
  )
)
