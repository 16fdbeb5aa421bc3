/* One row per patient, whichever source delivered it. */
MODEL (
  name core.int_patient,
  kind FULL,
  grain (source_system, patient_id),
  audits (
    unique_grain(columns := (source_system, patient_id)),
    not_null(columns := (source_system, patient_id, is_inferred, is_text_repaired)),
    nulls_preserved(
      model_col := death_date,
      source_col := death_date,
      source := staging.stg_synthea__patients,
      allowed := source_system <> 'synthea'
    ),
    nulls_preserved(
      model_col := zip5,
      source_col := zip5,
      source := staging.stg_synthea__patients,
      allowed := source_system <> 'synthea'
    )
  ),
  description 'Patients of both families. The patient records have no names and no birth dates: nothing is put in their place. A patient that only a visit, a stay, a prescription or a result names is inferred: the id is all there is.'
);

WITH named_patient AS (
  SELECT
    patient_id
  FROM staging.stg_ehr__outcomes
  UNION
  SELECT
    patient_id
  FROM staging.stg_ehr__diagnoses
  UNION
  SELECT
    patient_id
  FROM staging.stg_ehr__medications
  UNION
  SELECT
    patient_id
  FROM staging.stg_ehr__lab_results
)
SELECT
  source_system,
  patient_id,
  birth_date,
  death_date,
  birth_place,
  name_prefix,
  first_name,
  middle_name,
  last_name,
  name_suffix,
  is_text_repaired,
  marital_status,
  race,
  ethnicity,
  sex,
  city,
  county,
  state,
  zip5,
  zip_plus4,
  latitude,
  longitude,
  NULL::INT AS source_age_years,
  NULL::TEXT AS insurance_type,
  NULL::TEXT AS smoking_status,
  NULL::TEXT AS alcohol_use,
  NULL::TEXT AS exercise_level,
  NULL::DOUBLE AS bmi,
  NULL::INT AS source_charlson_index,
  0 AS is_inferred
FROM staging.stg_synthea__patients
UNION ALL
SELECT
  source_system,
  patient_id,
  NULL AS birth_date,
  NULL AS death_date,
  NULL AS birth_place,
  NULL AS name_prefix,
  NULL AS first_name,
  NULL AS middle_name,
  NULL AS last_name,
  NULL AS name_suffix,
  0 AS is_text_repaired,
  NULL AS marital_status,
  NULL AS race,
  NULL AS ethnicity,
  sex,
  NULL AS city,
  NULL AS county,
  NULL AS state,
  NULL AS zip5,
  NULL AS zip_plus4,
  NULL AS latitude,
  NULL AS longitude,
  age_years AS source_age_years,
  insurance_type,
  smoking_status,
  alcohol_use,
  exercise_level,
  bmi,
  charlson_index AS source_charlson_index,
  0 AS is_inferred
FROM staging.stg_ehr__patients
UNION ALL
SELECT
  'ehr' AS source_system,
  named.patient_id,
  NULL AS birth_date,
  NULL AS death_date,
  NULL AS birth_place,
  NULL AS name_prefix,
  NULL AS first_name,
  NULL AS middle_name,
  NULL AS last_name,
  NULL AS name_suffix,
  0 AS is_text_repaired,
  NULL AS marital_status,
  NULL AS race,
  NULL AS ethnicity,
  NULL AS sex,
  NULL AS city,
  NULL AS county,
  NULL AS state,
  NULL AS zip5,
  NULL AS zip_plus4,
  NULL AS latitude,
  NULL AS longitude,
  NULL AS source_age_years,
  NULL AS insurance_type,
  NULL AS smoking_status,
  NULL AS alcohol_use,
  NULL AS exercise_level,
  NULL AS bmi,
  NULL AS source_charlson_index,
  1 AS is_inferred
FROM named_patient AS named
LEFT JOIN staging.stg_ehr__patients AS known
  ON known.patient_id = named.patient_id
WHERE
  known.patient_id IS NULL
