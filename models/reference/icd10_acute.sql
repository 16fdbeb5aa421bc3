/* One row per prefix and seventh character of ICD-10-CM codes of categories that are acute only in part. */
MODEL (
  name reference.icd10_acute,
  kind SEED (
    path '$root/seeds/icd10_acute.csv'
  ),
  columns (
    seventh_character TEXT,
    code_prefix TEXT,
    is_acute INT,
    basis TEXT
  ),
  grain (seventh_character, code_prefix),
  audits (
    unique_grain(columns := (seventh_character, code_prefix)),
    not_null(columns := (seventh_character, code_prefix, is_acute))
  ),
  description 'Acute diagnoses (PR4) of the categories that planned_category does not have as a whole: of the prefixes that a code starts with, the longest decides. Of injuries the seventh character does (A, B, C: initial encounter). All codes of the list are here; made by scripts/planned_seeds.py.',
  column_descriptions (
    seventh_character = 'Seventh character of the code, - for shorter codes.',
    code_prefix = 'First characters of the code, without the point.',
    is_acute = '1 where such codes are acute, 0 where they are not.',
    basis = 'Where it comes from.'
  )
)
