/* One row per code, or prefix of a code, and Charlson category. */
MODEL (
  name reference.charlson,
  kind SEED (
    path '$root/seeds/charlson.csv'
  ),
  columns (
    code_system TEXT,
    code_prefix TEXT,
    match_type TEXT,
    category_key TEXT,
    include_default INT,
    derivation TEXT,
    icd10_equivalent TEXT,
    evidence TEXT,
    note TEXT
  ),
  grain (code_system, code_prefix, category_key),
  depends_on (
    reference.charlson_category
  ),
  audits (
    unique_grain(columns := (code_system, code_prefix, category_key)),
    not_null(columns := (code_system, code_prefix, category_key)),
    references_resolve(
      model_col := category_key,
      parent := reference.charlson_category,
      parent_col := category_key
    )
  ),
  description 'The codes of the 17 Charlson categories (reference.charlson_category) in ICD-10, ICD-9-CM, SNOMED CT and text. ICD codes: Quan 2005, as in the SAS code of MCHP (jackwasey/icd) and in ellessenne/comorbidity, which agree code for code. SNOMED CT codes are those that Synthea emits, matched by description to an ICD-10 rubric (derived_equivalent) or by judgement; texts are judgement. Only rows with include_default = 1 count.',
  column_descriptions (
    code_system = 'ICD-10-CM, ICD-9-CM, SNOMED CT, SNOMED CT procedure or TEXT.',
    code_prefix = 'Code without its dot, or its beginning; text in lower case.',
    match_type = 'prefix or exact.',
    category_key = 'Short name of the category; joins charlson_category.',
    include_default = '1 where the row counts.',
    derivation = 'published, derived_equivalent, judgement or published_range_fill.',
    icd10_equivalent = 'ICD-10 rubric that names the same disorder.',
    evidence = 'Where the row comes from.',
    note = 'Why, where it is a choice.'
  )
)
