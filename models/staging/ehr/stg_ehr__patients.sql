/* One row per patient of the patient records. */
MODEL (
  name staging.stg_ehr__patients,
  kind FULL,
  grain (source_system, patient_id),
  depends_on (
    quarantine.ehr__patients
  ),
  audits (
    unique_grain(columns := (source_system, patient_id)),
    rows_preserved(source := raw.ehr__patients, quarantine := quarantine.ehr__patients),
    not_null(columns := (source_system, patient_id)),
    nulls_preserved(
      model_col := age_years,
      source_col := age,
      source := raw.ehr__patients,
      source_filter := violation IS NULL
    ),
    nulls_preserved(
      model_col := insurance_type,
      source_col := insurance_type,
      source := raw.ehr__patients,
      source_filter := violation IS NULL
    ),
    nulls_preserved(
      model_col := charlson_index,
      source_col := charlson_index,
      source := raw.ehr__patients,
      source_filter := violation IS NULL
    )
  ),
  description 'Patients as delivered, typed and cleaned; nothing dropped but what quarantine holds.'
);

SELECT
  source_system,
  TRIM(patient_id) AS patient_id,
  age::BIGINT::INT AS age_years,
  TRIM(sex) AS sex,
  bmi::DOUBLE AS bmi,
  systolic_bp::BIGINT::INT AS systolic_bp,
  diastolic_bp::BIGINT::INT AS diastolic_bp,
  heart_rate::BIGINT::INT AS heart_rate,
  temperature_f::DOUBLE AS temperature_f,
  TRIM(smoking_status) AS smoking_status,
  TRIM(alcohol_use) AS alcohol_use,
  TRIM(exercise_level) AS exercise_level,
  TRIM(insurance_type) AS insurance_type,
  charlson_index::BIGINT::INT AS charlson_index,
  dx_hypertension::BIGINT::INT AS dx_hypertension,
  dx_type2_diabetes::BIGINT::INT AS dx_type2_diabetes,
  dx_hyperlipidemia::BIGINT::INT AS dx_hyperlipidemia,
  dx_obesity::BIGINT::INT AS dx_obesity,
  dx_coronary_artery_disease::BIGINT::INT AS dx_coronary_artery_disease,
  dx_heart_failure::BIGINT::INT AS dx_heart_failure,
  dx_atrial_fibrillation::BIGINT::INT AS dx_atrial_fibrillation,
  dx_chronic_kidney_disease::BIGINT::INT AS dx_chronic_kidney_disease,
  dx_copd::BIGINT::INT AS dx_copd,
  dx_asthma::BIGINT::INT AS dx_asthma,
  dx_depression::BIGINT::INT AS dx_depression,
  dx_anxiety::BIGINT::INT AS dx_anxiety,
  dx_hypothyroidism::BIGINT::INT AS dx_hypothyroidism,
  dx_osteoarthritis::BIGINT::INT AS dx_osteoarthritis,
  dx_type1_diabetes::BIGINT::INT AS dx_type1_diabetes
FROM raw.ehr__patients
WHERE
  violation IS NULL
