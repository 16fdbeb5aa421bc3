/* One row per laboratory result of a Synthea export. */
MODEL (
  name input.synthea__lab_result,
  kind EMBEDDED,
  grain (source_system, result_id)
);

SELECT
  source_system,
  record_number AS result_id,
  patient_id,
  encounter_id,
  @HOSPITAL_TIME(observed_ts_utc)::DATE AS result_date,
  COALESCE(test_code_system, 'TEXT') AS code_system, /* Synthea's own measures, as QALY, go by their name. */
  test_code AS code,
  COALESCE(test_name, test_code) AS text,
  COALESCE(unit, '(no unit)') AS unit,
  CASE WHEN value_type = 'numeric' THEN TRY_CAST(value_text AS DOUBLE) END AS value_num,
  CASE
    WHEN value_type = 'numeric' AND NOT TRY_CAST(value_text AS DOUBLE) IS NULL
    THEN NULL
    ELSE value_text
  END AS value_text
FROM staging.stg_synthea__observations
WHERE
  COALESCE(category, 'laboratory') = 'laboratory' /* Old exports have no category; vital signs and surveys are not results. */
