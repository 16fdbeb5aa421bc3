/* One row per stay of the clinic's extract. */
MODEL (
  name staging.stg_clinic__stays,
  kind FULL,
  grain (source_system, stay_id),
  depends_on (
    quarantine.clinic__stays
  ),
  audits (
    unique_grain(columns := (source_system, stay_id)),
    rows_preserved(source := raw.clinic__stays, quarantine := quarantine.clinic__stays),
    not_null(columns := (source_system, stay_id, patient_id))
  ),
  description 'Stays as delivered, typed and trimmed; nothing dropped but what quarantine holds.'
);

SELECT
  source_system,
  record_number,
  TRIM(stay) AS stay_id,
  TRIM(patient) AS patient_id,
  TRIM(age) AS age_band_label,
  days::BIGINT::INT AS stated_los_days,
  TRIM(went_to) AS discharge_disposition,
  CASE TRIM(readmitted) WHEN '<30' THEN 1 WHEN '>30' THEN 0 WHEN 'NO' THEN 0 END AS readmitted_flag,
  died::BIGINT::INT AS died_in_stay,
  charge::DECIMAL(14, 2) AS charge_amount,
  TRIM(insurance) AS insurance,
  TRIM(diagnosis) AS diagnosis_code
FROM raw.clinic__stays
WHERE
  violation IS NULL
