/* One row per visit of the patient records and diagnosis listed there. */
MODEL (
  name input.ehr__condition,
  kind EMBEDDED,
  grain (source_system, condition_id)
);

SELECT
  source_system,
  LPAD(record_number::TEXT, 12, '0') || '|' || code_system || '|' || code AS condition_id,
  patient_id,
  code_system,
  code,
  label AS text,
  visit_date AS onset_date,
  list_position::INT AS rank,
  role,
  is_length_mismatch AS list_length_mismatch
FROM staging.stg_ehr__visit_diagnoses
