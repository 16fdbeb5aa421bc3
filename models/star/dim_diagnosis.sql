/* One row per diagnosis code. */
MODEL (
  name star.dim_diagnosis,
  kind FULL,
  grain diagnosis_key,
  audits (
    unique_grain(columns := diagnosis_key),
    unique_grain(columns := (code_system, code)),
    not_null(
      columns := (diagnosis_key, code_system, code, is_cancer, mapping_basis, chronicity)
    ),
    has_unknown_members(key_col := diagnosis_key)
  ),
  description 'Diagnoses by code system and code: conditions, and reasons of encounters, procedures and prescriptions.',
  column_descriptions (
    diagnosis_key = 'Key of the diagnosis.',
    code_system = 'Code system of the code.',
    code = 'Code of the diagnosis; ICD codes with their dot, however delivered.',
    description = 'Text as delivered.',
    is_cancer = '1 where the text names a cancer, else 0.',
    icd10_equivalent = 'ICD-10-CM code that stands for the code; NULL where none is known.',
    mapping_basis = 'How the equivalent was found: published, derived or judgement; none where there is none.',
    ccs_category = 'Category of the clinical classification software (CCS); NULL where the code is not mapped.',
    is_acute = '1 where CMS counts it as an acute diagnosis, which keeps a stay from being planned (PR4), else 0; NULL where the code is not mapped.',
    hwr_cohort = 'Cohort of the hospital-wide readmission measure of CMS for a stay without surgery; NULL where it has none or the code is not mapped.',
    ccir = 'Chronic Condition Indicator Refined of AHRQ: 1 chronic, 0 not chronic, 9 no determination; NULL where the code is not mapped.',
    chronicity = 'What ccir says: chronic, not chronic, no determination or not mapped.'
  )
);

WITH diagnosis AS (
  SELECT
    @SURROGATE_KEY(d.code_system, d.code) AS diagnosis_key,
    d.code_system::TEXT AS code_system,
    d.code::TEXT AS code,
    d.description::TEXT AS description,
    d.is_cancer::SMALLINT AS is_cancer,
    @DOTTED_CODE('ICD-10-CM', c.icd10_code)::TEXT AS icd10_equivalent,
    COALESCE(c.basis, 'none')::TEXT AS mapping_basis,
    ccs.ccs_category::INT AS ccs_category,
    ccs.is_acute::SMALLINT AS is_acute,
    ccs.hwr_cohort::TEXT AS hwr_cohort,
    c.ccir::SMALLINT AS ccir
  FROM core.int_diagnosis AS d
  LEFT JOIN reference.condition_chronicity AS c
    ON c.code_system = d.code_system AND c.code = d.code
  LEFT JOIN core.int_ccs_diagnosis AS ccs
    ON ccs.code_system = d.code_system AND ccs.code = d.code
  UNION ALL
  SELECT
    member_key,
    'none',
    member_code,
    member_label,
    0,
    NULL,
    'none',
    NULL,
    NULL,
    NULL,
    NULL
  FROM reference.unknown_member
)
SELECT
  d.diagnosis_key,
  d.code_system,
  d.code,
  d.description,
  d.is_cancer,
  d.icd10_equivalent,
  d.mapping_basis,
  d.ccs_category,
  d.is_acute,
  d.hwr_cohort,
  d.ccir,
  indicator.chronicity::TEXT AS chronicity
FROM diagnosis AS d
LEFT JOIN reference.chronic_condition_indicator AS indicator
  ON indicator.ccir IS NOT DISTINCT FROM d.ccir
