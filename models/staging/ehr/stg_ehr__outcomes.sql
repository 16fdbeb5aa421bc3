/* One row per inpatient stay of the patient records. */
MODEL (
  name staging.stg_ehr__outcomes,
  kind FULL,
  grain (source_system, encounter_id),
  depends_on (
    quarantine.ehr__outcomes
  ),
  audits (
    unique_grain(columns := (source_system, encounter_id)),
    rows_preserved(source := raw.ehr__outcomes, quarantine := quarantine.ehr__outcomes),
    not_null(columns := (source_system, encounter_id, patient_id, admit_date)),
    nulls_preserved(
      model_col := discharge_date,
      source_col := discharge_date,
      source := raw.ehr__outcomes,
      source_filter := violation IS NULL
    ),
    nulls_preserved(
      model_col := readmitted_30d,
      source_col := readmitted_30d,
      source := raw.ehr__outcomes,
      source_filter := violation IS NULL
    ),
    nulls_preserved(
      model_col := days_to_readmission,
      source_col := days_to_readmission,
      source := raw.ehr__outcomes,
      source_filter := violation IS NULL
    ),
    nulls_preserved(
      model_col := in_hospital_death,
      source_col := in_hospital_death,
      source := raw.ehr__outcomes,
      source_filter := violation IS NULL
    ),
    nulls_preserved(
      model_col := charge_amount,
      source_col := total_charges_usd,
      source := raw.ehr__outcomes,
      source_filter := violation IS NULL
    ),
    no_fill_dates(columns := (admit_date, discharge_date)),
    accepted_values("column" := readmitted_30d, is_in := (0, 1)),
    accepted_values("column" := in_hospital_death, is_in := (0, 1))
  ),
  description 'Stays as delivered, typed and cleaned; nothing dropped but what quarantine holds. What the source says of readmission and length stays as it is, NULLs included.'
);

SELECT
  source_system,
  TRIM(patient_id) AS patient_id,
  TRIM(patient_id) || '|' || admission_date::DATE::TEXT AS encounter_id,
  admission_date::DATE AS admit_date,
  discharge_date::DATE AS discharge_date,
  length_of_stay_days::BIGINT::INT AS length_of_stay_days,
  icu_admission::BIGINT::INT AS is_icu,
  icu_days::BIGINT::INT AS icu_days,
  in_hospital_death::BIGINT::INT AS in_hospital_death,
  TRIM(discharge_disposition) AS discharge_disposition,
  readmitted_30d::BIGINT::INT AS readmitted_30d,
  days_to_readmission::BIGINT::INT AS days_to_readmission,
  @INTEGER_CODE(primary_drg) AS drg_code,
  total_charges_usd::DECIMAL(14, 2) AS charge_amount
FROM raw.ehr__outcomes
WHERE
  violation IS NULL
