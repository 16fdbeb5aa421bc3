/* One row per laboratory result, whichever source delivered it. */
MODEL (
  name core.int_lab_result,
  kind FULL,
  grain (source_system, result_id),
  audits (
    unique_grain(columns := (source_system, result_id)),
    not_null(columns := (source_system, result_id, patient_id, result_date, test_code))
  ),
  description 'Laboratory results of both families. Of Synthea observations only those of category laboratory, or of exports that name no category: vital signs and surveys are no results. They come without a flag and without a reference range, which stay NULL.'
);

SELECT
  source_system,
  record_number AS result_id,
  patient_id,
  @HOSPITAL_TIME(observed_ts_utc)::DATE AS result_date,
  test_code,
  COALESCE(test_name, test_code) AS test_name,
  COALESCE(unit, '(no unit)') AS unit,
  CASE WHEN value_type = 'numeric' THEN TRY_CAST(value_text AS DOUBLE) END AS value_num,
  CASE
    WHEN value_type = 'numeric' AND NOT TRY_CAST(value_text AS DOUBLE) IS NULL
    THEN NULL
    ELSE value_text
  END AS value_text,
  NULL::DOUBLE AS reference_low,
  NULL::DOUBLE AS reference_high,
  NULL::TEXT AS flag,
  NULL::INT AS is_abnormal
FROM staging.stg_synthea__observations
WHERE
  COALESCE(category, 'laboratory') = 'laboratory'
UNION ALL
SELECT
  source_system,
  record_number AS result_id,
  patient_id,
  test_date AS result_date,
  test_name AS test_code,
  test_name,
  COALESCE(unit, '(no unit)') AS unit,
  value_num,
  NULL::TEXT AS value_text,
  reference_low,
  reference_high,
  flag,
  is_abnormal
FROM staging.stg_ehr__lab_results
