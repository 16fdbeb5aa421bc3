/* One row per prefix of ICD-10-CM codes and category of the clinical classification (CCS). */
MODEL (
  name reference.icd10_category,
  kind SEED (
    path '$root/seeds/icd10_category.csv'
  ),
  columns (
    code_prefix TEXT,
    ccs_category INT,
    basis TEXT
  ),
  grain (
    code_prefix
  ),
  audits (
    unique_grain(columns := (
      code_prefix
    )),
    not_null(columns := (code_prefix, ccs_category))
  ),
  description 'ICD-10-CM to CCS: of the prefixes that a code starts with, the longest says its category. The fewest prefixes that give all 72,446 codes their category, made by scripts/planned_seeds.py.',
  column_descriptions (
    code_prefix = 'First characters of the code, without the point.',
    ccs_category = 'Category of CCS.',
    basis = 'Where the category comes from.'
  )
)
