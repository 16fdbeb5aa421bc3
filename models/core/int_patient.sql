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
      source := input.patient,
      allowed := is_inferred = 1
    ),
    nulls_preserved(
      model_col := zip5,
      source_col := zip5,
      source := input.patient,
      allowed := is_inferred = 1
    )
  ),
  description 'Patients of all feeds; what a feed does not deliver of them is NULL. A patient that only an encounter, a diagnosis, a prescription or a result names is inferred: the id is all there is.'
);

WITH named_patient AS (
  SELECT
    source_system,
    patient_id
  FROM input.encounter
  UNION
  SELECT
    source_system,
    patient_id
  FROM input.condition
  UNION
  SELECT
    source_system,
    patient_id
  FROM input.medication
  UNION
  SELECT
    source_system,
    patient_id
  FROM input.lab_result
)
SELECT
  COALESCE(p.source_system, n.source_system) AS source_system,
  COALESCE(p.patient_id, n.patient_id) AS patient_id,
  p.birth_date,
  p.death_date,
  p.birth_place,
  p.name_prefix,
  p.first_name,
  p.middle_name,
  p.last_name,
  p.name_suffix,
  CASE WHEN p.patient_id IS NULL THEN 0 ELSE p.is_text_repaired END AS is_text_repaired,
  p.marital_status,
  p.race,
  p.ethnicity,
  p.sex,
  p.city,
  p.county,
  p.state,
  p.zip5,
  p.zip_plus4,
  p.latitude,
  p.longitude,
  p.payer_id,
  p.source_age_years,
  p.age_band_label,
  p.smoking_status,
  p.alcohol_use,
  p.exercise_level,
  p.bmi,
  p.source_charlson_index,
  CASE WHEN p.patient_id IS NULL THEN 1 ELSE 0 END AS is_inferred
FROM input.patient AS p
FULL JOIN named_patient AS n
  ON n.source_system = p.source_system AND n.patient_id = p.patient_id
