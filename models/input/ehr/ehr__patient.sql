/* One row per patient of the patient records: they have no names and no days of birth. */
MODEL (
  name input.ehr__patient,
  kind EMBEDDED,
  grain (source_system, patient_id)
);

SELECT
  source_system,
  patient_id,
  age_years AS source_age_years,
  0 AS is_text_repaired,
  sex,
  insurance_type AS payer_id,
  smoking_status,
  alcohol_use,
  exercise_level,
  bmi,
  charlson_index AS source_charlson_index
FROM staging.stg_ehr__patients
