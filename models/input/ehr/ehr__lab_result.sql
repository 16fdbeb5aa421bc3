/* One row per laboratory result of the patient records. */
MODEL (
  name input.ehr__lab_result,
  kind EMBEDDED,
  grain (source_system, result_id)
);

SELECT
  source_system,
  record_number AS result_id,
  patient_id,
  test_date AS result_date,
  'TEXT' AS code_system,
  test_name AS code,
  test_name AS text,
  COALESCE(unit, '(no unit)') AS unit,
  value_num,
  reference_low,
  reference_high,
  flag,
  is_abnormal
FROM staging.stg_ehr__lab_results
