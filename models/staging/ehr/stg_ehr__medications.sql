/* One row per prescription of the patient records. */
MODEL (
  name staging.stg_ehr__medications,
  kind FULL,
  grain (source_system, record_number),
  depends_on (
    quarantine.ehr__medications
  ),
  audits (
    unique_grain(columns := (source_system, record_number)),
    rows_preserved(source := raw.ehr__medications, quarantine := quarantine.ehr__medications),
    not_null(columns := (source_system, record_number, patient_id, medication_name)),
    nulls_preserved(
      model_col := start_date,
      source_col := start_date,
      source := raw.ehr__medications,
      source_filter := violation IS NULL
    ),
    nulls_preserved(
      model_col := adherence_pct,
      source_col := adherence_pct,
      source := raw.ehr__medications,
      source_filter := violation IS NULL
    ),
    no_fill_dates(columns := (
      start_date
    ))
  ),
  description 'Prescriptions as delivered, typed and cleaned; nothing dropped but what quarantine holds.'
);

SELECT
  source_system,
  record_number,
  TRIM(patient_id) AS patient_id,
  TRIM(medication) AS medication_name,
  dose::DOUBLE AS dose,
  TRIM(unit) AS dose_unit,
  TRIM(frequency) AS frequency,
  TRIM(indication) AS indication,
  start_date::DATE AS start_date,
  duration_days::BIGINT::INT AS duration_days,
  is_generic::BIGINT::INT AS is_generic,
  adherence_pct::DOUBLE AS adherence_pct
FROM raw.ehr__medications
WHERE
  violation IS NULL
