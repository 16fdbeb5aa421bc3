/* One row per patient version; deliveries are snapshots without history, so each patient has one. */
MODEL (
  name star.dim_patient,
  kind FULL,
  grain patient_key,
  audits (
    unique_grain(columns := patient_key),
    unique_grain(columns := (patient_durable_key, valid_from)),
    not_null(
      columns := (
        patient_key,
        patient_durable_key,
        valid_from,
        valid_to,
        is_current,
        is_deceased,
        is_text_repaired
      )
    ),
    has_unknown_members(key_col := patient_key),
    nulls_preserved(
      model_col := death_date,
      source_col := death_date,
      source := core.int_patient,
      allowed := patient_key < 0
    ),
    nulls_preserved(
      model_col := zip5,
      source_col := zip5,
      source := core.int_patient,
      allowed := patient_key < 0
    )
  ),
  description 'Patients in one version each, valid from 1900-01-01 to 9999-12-31: deliveries are snapshots without history. The keys and days are those of a dimension with history (SCD2), should a source ever deliver one.',
  column_descriptions (
    patient_key = 'Key of the patient version.',
    patient_durable_key = 'Key of the patient, the same in every version.',
    patient_id = 'Patient id of the source.',
    source_system = 'Source that delivered the patient.',
    patient_name = 'Name for presentation: accents repaired, digits of the synthetic source removed; NULL where the source gives no names.',
    is_text_repaired = '1 where the delivered name, birth place or address held letters that Mac Roman had mangled, which are repaired here, else 0.',
    birth_date = 'Day of birth; NULL where not recorded.',
    death_date = 'Day of death; NULL while none is recorded.',
    birth_place = 'Place of birth: accents repaired; NULL where not recorded.',
    sex = 'Sex as delivered.',
    race = 'Race as delivered.',
    ethnicity = 'Ethnicity as delivered.',
    marital_status = 'Marital status as delivered; NULL where not recorded.',
    city = 'City of residence.',
    county = 'County of residence.',
    state = 'State of residence.',
    zip5 = 'Five-digit ZIP of residence, with its leading zeros; NULL where not recorded.',
    zip_plus4 = 'Four digits of a ZIP+4; NULL where not recorded.',
    latitude = 'Latitude of residence, in degrees, to six decimals.',
    longitude = 'Longitude of residence, in degrees, to six decimals.',
    valid_from = 'First day of the version.',
    valid_to = 'Last day of the version; 9999-12-31 while it is current.',
    is_current = '1 for the current version, else 0.',
    is_deceased = '1 where a death date is recorded, else 0.',
    source_age_years = 'Age in full years as the source states it, where it gives no birth date; else NULL.',
    smoking_status = 'Smoking as the source states it; NULL where not recorded.',
    alcohol_use = 'Alcohol use as the source states it; NULL where not recorded.',
    exercise_level = 'Exercise as the source states it; NULL where not recorded.',
    bmi = 'Body mass index in kg per square metre as the source states it; NULL where not recorded.',
    is_inferred = '1 where the patient is known only because another file names the id, else 0.'
  )
);

SELECT
  @SURROGATE_KEY(source_system, patient_id, '1900-01-01') AS patient_key,
  @SURROGATE_KEY(source_system, patient_id) AS patient_durable_key,
  patient_id::TEXT AS patient_id,
  source_system::TEXT AS source_system,
  NULLIF(
    REGEXP_REPLACE(
      ARRAY_TO_STRING([name_prefix, first_name, middle_name, last_name, name_suffix], ' '),
      '[0-9]+',
      '',
      'g'
    ),
    ''
  )::TEXT AS patient_name,
  is_text_repaired::SMALLINT AS is_text_repaired,
  birth_date::DATE AS birth_date,
  death_date::DATE AS death_date,
  birth_place::TEXT AS birth_place,
  sex::TEXT AS sex,
  race::TEXT AS race,
  ethnicity::TEXT AS ethnicity,
  marital_status::TEXT AS marital_status,
  city::TEXT AS city,
  county::TEXT AS county,
  state::TEXT AS state,
  zip5::TEXT AS zip5,
  zip_plus4::TEXT AS zip_plus4,
  latitude::DECIMAL(9, 6) AS latitude,
  longitude::DECIMAL(9, 6) AS longitude,
  '1900-01-01'::DATE AS valid_from,
  '9999-12-31'::DATE AS valid_to,
  1::SMALLINT AS is_current,
  CASE WHEN death_date IS NULL THEN 0 ELSE 1 END::SMALLINT AS is_deceased,
  source_age_years::INT AS source_age_years,
  smoking_status::TEXT AS smoking_status,
  alcohol_use::TEXT AS alcohol_use,
  exercise_level::TEXT AS exercise_level,
  bmi::DECIMAL(9, 2) AS bmi,
  is_inferred::SMALLINT AS is_inferred
FROM core.int_patient
UNION ALL
SELECT
  member_key,
  member_key,
  member_code,
  'warehouse',
  member_label,
  0,
  NULL,
  NULL,
  NULL,
  member_label,
  member_label,
  member_label,
  member_label,
  member_label,
  member_label,
  member_label,
  NULL,
  NULL,
  NULL,
  NULL,
  '1900-01-01',
  '9999-12-31',
  1,
  0,
  NULL,
  NULL,
  NULL,
  NULL,
  NULL,
  0
FROM reference.unknown_member
