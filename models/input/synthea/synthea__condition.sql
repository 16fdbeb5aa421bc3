/* One row per condition of a Synthea export. */
MODEL (
  name input.synthea__condition,
  kind EMBEDDED,
  grain (source_system, condition_id)
);

SELECT
  source_system,
  record_number::TEXT AS condition_id,
  patient_id,
  encounter_id,
  condition_code_system AS code_system,
  condition_code AS code,
  condition_description AS text,
  onset_date,
  abated_date,
  1 AS rank,
  'condition' AS role,
  0 AS list_length_mismatch
FROM staging.stg_synthea__conditions
