/* One row per visit of the patient records, with its lists of diagnoses as text. */
MODEL (
  name staging.stg_ehr__diagnoses,
  kind FULL,
  grain (source_system, record_number),
  depends_on (
    quarantine.ehr__diagnoses
  ),
  audits (
    unique_grain(columns := (source_system, record_number)),
    rows_preserved(source := raw.ehr__diagnoses, quarantine := quarantine.ehr__diagnoses),
    not_null(columns := (source_system, record_number, patient_id, visit_date)),
    nulls_preserved(
      model_col := secondary_icd10s,
      source_col := secondary_icd10s,
      source := raw.ehr__diagnoses,
      source_filter := violation IS NULL
    ),
    nulls_preserved(
      model_col := primary_icd10,
      source_col := primary_icd10,
      source := raw.ehr__diagnoses,
      source_filter := violation IS NULL
    ),
    no_fill_dates(columns := (
      visit_date
    ))
  ),
  description 'Visits as delivered, typed and cleaned; nothing dropped but what quarantine holds.'
);

SELECT
  source_system,
  record_number,
  TRIM(patient_id) AS patient_id,
  visit_date::DATE AS visit_date,
  TRIM(visit_type) AS visit_type,
  TRIM(primary_diagnosis) AS primary_diagnosis,
  TRIM(primary_icd10) AS primary_icd10,
  secondary_diagnoses,
  secondary_icd10s,
  TRIM(provider_specialty) AS provider_specialty
FROM raw.ehr__diagnoses
WHERE
  violation IS NULL
