/* One row per procedure of a Synthea export. */
MODEL (
  name input.synthea__procedure,
  kind EMBEDDED,
  grain (source_system, procedure_id)
);

SELECT
  source_system,
  encounter_id || '|' || patient_id || '|' || procedure_code || '|' || start_ts_utc::TEXT || '|' || COALESCE(stop_ts_utc::TEXT, '') || CASE WHEN repeat_number > 1 THEN '|' || repeat_number::TEXT ELSE '' END AS procedure_id, /* The file gives no id. */
  patient_id,
  encounter_id,
  repeat_number::INT AS ordinal,
  procedure_code_system AS code_system,
  procedure_code AS code,
  procedure_description AS text,
  @HOSPITAL_TIME(start_ts_utc) AS start_ts,
  @HOSPITAL_TIME(stop_ts_utc) AS stop_ts,
  base_cost,
  reason_code,
  reason_code_system,
  reason_description AS reason_text
FROM staging.stg_synthea__procedures
