/* One row per patient of a FHIR export. */
MODEL (
  name staging.stg_fhir__patients,
  kind FULL,
  grain (source_system, patient_id),
  depends_on (
    quarantine.fhir__patients
  ),
  audits (
    unique_grain(columns := (source_system, patient_id)),
    rows_preserved(source := raw.fhir__patients, quarantine := quarantine.fhir__patients),
    not_null(columns := (source_system, patient_id)),
    nulls_preserved(
      model_col := birth_date,
      source_col := birth_date,
      source := raw.fhir__patients,
      source_filter := violation IS NULL,
      allowed := is_birth_date_partial = 1
    ),
    nulls_preserved(
      model_col := death_date,
      source_col := deceased_at,
      source := raw.fhir__patients,
      source_filter := violation IS NULL,
      allowed := is_death_date_partial = 1
    ),
    nulls_preserved(
      model_col := zip5,
      source_col := postal_code,
      source := raw.fhir__patients,
      source_filter := violation IS NULL,
      allowed := is_zip_invalid = 1
    ),
    no_fill_dates(columns := (birth_date, death_date))
  ),
  description 'Patients as delivered, typed and cleaned; nothing dropped but what quarantine holds. A race or ethnicity of several categories is all of them.'
);

SELECT
  source_system,
  REPLACE(TRIM(id), 'urn:uuid:', '') AS patient_id,
  CASE
    WHEN LENGTH(TRIM(birth_date)) >= 10
    THEN TRY_CAST(LEFT(TRIM(birth_date), 10) AS DATE)
  END AS birth_date,
  CASE WHEN LENGTH(TRIM(birth_date)) < 10 THEN 1 ELSE 0 END AS is_birth_date_partial, /* A year or a month: no day can be told. */
  CASE
    WHEN LENGTH(TRIM(deceased_at)) >= 10
    AND NOT TRY_CAST(deceased_at AS TIMESTAMPTZ) IS NULL
    THEN @WRITTEN_TIME(deceased_at)::DATE
  END AS death_date,
  CASE WHEN LENGTH(TRIM(deceased_at)) < 10 THEN 1 ELSE 0 END AS is_death_date_partial,
  CASE LOWER(TRIM(is_deceased)) WHEN 'true' THEN 1 WHEN 'false' THEN 0 END AS is_deceased, /* Without a day, the warehouse can tell no stay or rate from it. */
  TRIM(gender) AS sex,
  COALESCE(
    ARRAY_TO_STRING(LIST_SORT(FROM_JSON(race_categories, '["VARCHAR"]')), ', '),
    TRIM(race_text),
    ARRAY_TO_STRING(LIST_SORT(FROM_JSON(race_codes, '["VARCHAR"]')), ', ')
  )::TEXT AS race, /* Each category of the patient, in one order. */
  COALESCE(
    ARRAY_TO_STRING(LIST_SORT(FROM_JSON(ethnicity_categories, '["VARCHAR"]')), ', '),
    TRIM(ethnicity_text),
    ARRAY_TO_STRING(LIST_SORT(FROM_JSON(ethnicity_codes, '["VARCHAR"]')), ', ')
  )::TEXT AS ethnicity,
  TRIM(marital_status) AS marital_status,
  NULLIF(@REPAIR_TEXT(ARRAY_TO_STRING([birth_city, birth_state], ', ')), '') AS birth_place,
  TRIM(name_prefix) AS name_prefix,
  @REPAIR_TEXT(first_name) AS first_name,
  @REPAIR_TEXT(middle_name) AS middle_name,
  @REPAIR_TEXT(last_name) AS last_name,
  TRIM(name_suffix) AS name_suffix,
  CASE
    WHEN @REPAIR_TEXT(ARRAY_TO_STRING([first_name, middle_name, last_name, birth_city, city], ' ')) <> TRIM(ARRAY_TO_STRING([first_name, middle_name, last_name, birth_city, city], ' '))
    THEN 1
    ELSE 0
  END AS is_text_repaired,
  @REPAIR_TEXT(city) AS city,
  TRIM(county) AS county,
  TRIM(state) AS state,
  @ZIP5(postal_code) AS zip5,
  @ZIP_PLUS4(postal_code) AS zip_plus4,
  CASE WHEN NOT postal_code IS NULL AND @ZIP5(postal_code) IS NULL THEN 1 ELSE 0 END AS is_zip_invalid,
  latitude::DECIMAL(9, 6) AS latitude,
  longitude::DECIMAL(9, 6) AS longitude
FROM raw.fhir__patients
WHERE
  violation IS NULL
