/* One row per prescription, whichever source delivered it. */
MODEL (
  name core.int_medication_event,
  kind FULL,
  grain (source_system, record_number),
  audits (
    unique_grain(columns := (source_system, record_number)),
    not_null(columns := (source_system, record_number, patient_id, medication_code))
  ),
  description 'Prescriptions of both families. What one of them does not tell is NULL: costs and encounters in the patient records, dose and adherence in Synthea exports.'
);

SELECT
  source_system,
  record_number,
  patient_id,
  encounter_id,
  medication_code,
  COALESCE(medication_name, medication_code) AS medication_name,
  'RxNorm' AS code_system,
  @HOSPITAL_TIME(start_ts_utc)::DATE AS start_date,
  @HOSPITAL_TIME(stop_ts_utc)::DATE AS stop_date,
  NULL::INT AS duration_days,
  NULL::DOUBLE AS dose,
  NULL::TEXT AS dose_unit,
  NULL::TEXT AS frequency,
  reason_description AS indication,
  NULL::INT AS is_generic,
  NULL::DOUBLE AS adherence_pct,
  dispenses,
  base_cost,
  total_cost,
  payer_paid
FROM staging.stg_synthea__medications
UNION ALL
SELECT
  source_system,
  record_number,
  patient_id,
  NULL::TEXT AS encounter_id,
  medication_name AS medication_code,
  medication_name,
  'TEXT' AS code_system,
  start_date,
  start_date + duration_days AS stop_date,
  duration_days,
  dose,
  dose_unit,
  frequency,
  indication,
  is_generic,
  adherence_pct,
  NULL::BIGINT AS dispenses,
  NULL::DECIMAL(14, 2) AS base_cost,
  NULL::DECIMAL(14, 2) AS total_cost,
  NULL::DECIMAL(14, 2) AS payer_paid
FROM staging.stg_ehr__medications
