/* One row per encounter of a Synthea export. */
MODEL (
  name input.synthea__encounter,
  kind EMBEDDED,
  grain (source_system, encounter_id)
);

SELECT
  source_system,
  encounter_id,
  patient_id,
  organization_id,
  provider_id AS practitioner_id,
  payer_id,
  class_code,
  type_code,
  type_code_system,
  type_description AS type_text,
  reason_code,
  reason_code_system,
  reason_description AS reason_text,
  @HOSPITAL_TIME(start_ts_utc) AS start_ts,
  @HOSPITAL_TIME(stop_ts_utc) AS stop_ts,
  start_ts_utc,
  stop_ts_utc,
  1 AS has_time,
  base_cost,
  claim_amount,
  payer_paid
FROM staging.stg_synthea__encounters
