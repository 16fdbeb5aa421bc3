/* One row per prescription of a Synthea export. */
MODEL (
  name input.synthea__medication,
  kind EMBEDDED,
  grain (source_system, medication_id)
);

SELECT
  source_system,
  record_number::TEXT AS medication_id,
  patient_id,
  encounter_id,
  medication_code_system AS code_system,
  medication_code AS code,
  COALESCE(medication_name, medication_code) AS text,
  @HOSPITAL_TIME(start_ts_utc)::DATE AS start_date,
  @HOSPITAL_TIME(stop_ts_utc)::DATE AS stop_date,
  reason_code AS indication_code,
  reason_code_system AS indication_code_system,
  reason_description AS indication,
  dispenses::INT AS dispenses,
  base_cost,
  total_cost,
  payer_paid
FROM staging.stg_synthea__medications
