/* One row per prescription of the patient records. */
MODEL (
  name input.ehr__medication,
  kind EMBEDDED,
  grain (source_system, medication_id)
);

SELECT
  source_system,
  record_number::TEXT AS medication_id,
  patient_id,
  'TEXT' AS code_system,
  medication_name AS code,
  medication_name AS text,
  start_date,
  start_date + duration_days AS stop_date,
  duration_days,
  dose,
  dose_unit,
  frequency,
  indication,
  is_generic,
  adherence_pct
FROM staging.stg_ehr__medications
