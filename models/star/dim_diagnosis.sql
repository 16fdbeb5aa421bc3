/* One row per diagnosis code. */
MODEL (
  name star.dim_diagnosis,
  kind FULL,
  grain diagnosis_key,
  audits (
    unique_grain(columns := diagnosis_key),
    unique_grain(columns := (code_system, code)),
    not_null(columns := (diagnosis_key, code_system, code, is_cancer)),
    has_unknown_members(key_col := diagnosis_key)
  ),
  description 'Diagnoses that an encounter or a procedure gives as its reason.',
  column_descriptions (
    diagnosis_key = 'Key of the diagnosis.',
    code_system = 'Code system of the code.',
    code = 'Code of the diagnosis.',
    description = 'Text as delivered.',
    is_cancer = '1 where the text names a cancer, else 0.'
  )
);

SELECT
  @SURROGATE_KEY(code_system, code) AS diagnosis_key,
  code_system::TEXT AS code_system,
  code::TEXT AS code,
  description::TEXT AS description,
  is_cancer::SMALLINT AS is_cancer
FROM core.int_diagnosis
UNION ALL
SELECT
  member_key,
  'none',
  member_code,
  member_label,
  0
FROM reference.unknown_member
