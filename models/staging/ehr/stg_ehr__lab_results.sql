/* One row per laboratory result of the patient records. */
MODEL (
  name staging.stg_ehr__lab_results,
  kind FULL,
  grain (source_system, record_number),
  depends_on (
    quarantine.ehr__lab_results
  ),
  audits (
    unique_grain(columns := (source_system, record_number)),
    rows_preserved(source := raw.ehr__lab_results, quarantine := quarantine.ehr__lab_results),
    not_null(columns := (source_system, record_number, patient_id, test_name, test_date)),
    nulls_preserved(
      model_col := is_abnormal,
      source_col := is_abnormal,
      source := raw.ehr__lab_results,
      source_filter := violation IS NULL
    ),
    accepted_values("column" := is_abnormal, is_in := (0, 1)),
    no_fill_dates(columns := (
      test_date
    ))
  ),
  description 'Laboratory results as delivered, typed and cleaned; nothing dropped but what quarantine holds. A result without a flag stays without one.'
);

SELECT
  source_system,
  record_number,
  TRIM(patient_id) AS patient_id,
  test_date::DATE AS test_date,
  TRIM(test_name) AS test_name,
  value::DOUBLE AS value_num,
  TRIM(unit) AS unit,
  reference_low::DOUBLE AS reference_low,
  reference_high::DOUBLE AS reference_high,
  TRIM(flag) AS flag,
  is_abnormal::BIGINT::INT AS is_abnormal
FROM raw.ehr__lab_results
WHERE
  violation IS NULL
