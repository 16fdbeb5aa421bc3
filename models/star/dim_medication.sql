/* One row per medication, as a source names it. */
MODEL (
  name star.dim_medication,
  kind FULL,
  grain medication_key,
  audits (
    unique_grain(columns := medication_key),
    unique_grain(columns := (code_system, medication_code, medication_name)),
    not_null(columns := (medication_key, code_system, medication_code, medication_name)),
    has_unknown_members(key_col := medication_key)
  ),
  description 'Medications as delivered: one code may stand for several texts.',
  column_descriptions (
    medication_key = 'Key of the medication.',
    code_system = 'RxNorm; TEXT where the source has names alone.',
    medication_code = 'Code of the medication, or its name where there is no code.',
    medication_name = 'Name as delivered.',
    drug_class = 'Class of the drug; NULL, as no source delivers one.'
  )
);

SELECT
  @SURROGATE_KEY(code_system, code, text) AS medication_key,
  code_system::TEXT AS code_system,
  code::TEXT AS medication_code,
  text::TEXT AS medication_name,
  NULL::TEXT AS drug_class
FROM input.medication
GROUP BY
  2,
  3,
  4
UNION ALL
SELECT
  member_key,
  'none',
  member_code,
  member_label,
  NULL
FROM reference.unknown_member
