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
    category_name TEXT,
    weight_charlson_1987 INT,
    weight_quan_2011 INT,
    hierarchy_group TEXT,
    hierarchy_rank INT,
    include_default INT,
    derivation TEXT,
    icd10_equivalent TEXT,
    evidence TEXT,
    note TEXT
  ),
  grain (code_system, code_prefix, category_key),
  audits (
    unique_grain(columns := (code_system, code_prefix, category_key)),
    not_null(columns := (code_system, code_prefix, category_key)),
    charlson_categories_agree(),
    charlson_maxima_hold()
  ),
  description 'The 17 Charlson categories by ICD-10, ICD-9-CM, SNOMED CT and text. ICD codes: Quan 2005, as in the SAS code of MCHP (jackwasey/icd) and in ellessenne/comorbidity, which agree code for code. Weights: Charlson 1987 and Quan 2011, as in both of them and in pycomorb. SNOMED CT codes are those that Synthea emits, matched by description to an ICD-10 rubric (derived_equivalent) or by judgement; texts are judgement. Only rows with include_default = 1 count.',
  column_descriptions (
    code_system = 'ICD-10-CM, ICD-9-CM, SNOMED CT, SNOMED CT procedure or TEXT.',
    code_prefix = 'Code without its dot, or its beginning; text in lower case.',
    match_type = 'prefix or exact.',
    category_key = 'Short name of the category.',
    category_name = 'Name of the category.',
    weight_charlson_1987 = 'Weight of Charlson 1987.',
    weight_quan_2011 = 'Weight of Quan 2011.',
    hierarchy_group = 'Group in which a severe form suppresses the mild one: liver, diabetes or cancer.',
    hierarchy_rank = '1 for the mild form, 2 for the severe one.',
    include_default = '1 where the row counts.',
    derivation = 'published, derived_equivalent, judgement or published_range_fill.',
    icd10_equivalent = 'ICD-10 rubric that names the same disorder.',
    evidence = 'Where the row comes from.',
    note = 'Why, where it is a choice.'
  )
)
