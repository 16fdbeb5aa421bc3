/* One row per laboratory test, as a source names it, and unit. */
MODEL (
  name star.dim_lab_test,
  kind FULL,
  grain lab_key,
  audits (
    unique_grain(columns := lab_key),
    unique_grain(columns := (source_system, test_code, test_name, unit)),
    not_null(columns := (lab_key, source_system, test_code, test_name, unit)),
    has_unknown_members(key_col := lab_key)
  ),
  description 'Laboratory tests as delivered, whatever they are called. The reference range stands here where all results of the test have the same one; each result has its own in fact_lab_result.',
  column_descriptions (
    lab_key = 'Key of the test.',
    source_system = 'Source that delivered the test.',
    code_system = 'Code system of the code: LOINC, or TEXT where a source delivers only names.',
    test_code = 'Code of the test; its name where the source has no codes.',
    test_name = 'Name as delivered.',
    unit = 'Unit as delivered.',
    ref_low = 'Lower end of the reference range; NULL where there is none, or more than one.',
    ref_high = 'Upper end of the reference range; NULL where there is none, or more than one.'
  )
);

SELECT
  @SURROGATE_KEY(source_system, code, text, unit) AS lab_key,
  source_system::TEXT AS source_system,
  MIN(code_system)::TEXT AS code_system,
  code::TEXT AS test_code,
  text::TEXT AS test_name,
  unit::TEXT AS unit,
  CASE WHEN MIN(reference_low) = MAX(reference_low) THEN MIN(reference_low) END::DECIMAL(18, 6) AS ref_low,
  CASE WHEN MIN(reference_high) = MAX(reference_high) THEN MIN(reference_high) END::DECIMAL(18, 6) AS ref_high
FROM input.lab_result
GROUP BY
  2,
  4,
  5,
  6
UNION ALL
SELECT
  member_key,
  'warehouse',
  'none',
  member_code,
  member_label,
  member_label,
  NULL,
  NULL
FROM reference.unknown_member
