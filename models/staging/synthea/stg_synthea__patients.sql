/* One row per patient of the Synthea export. */
MODEL (
  name staging.stg_synthea__patients,
  kind FULL,
  grain (source_system, patient_id),
  depends_on (
    quarantine.synthea__patients
  ),
  audits (
    unique_grain(columns := (source_system, patient_id)),
    not_null(columns := (source_system, patient_id)),
    rows_preserved(source := raw.synthea__patients, quarantine := quarantine.synthea__patients),
    nulls_preserved(
      model_col := death_date,
      source_col := deathdate,
      source := raw.synthea__patients,
      source_filter := violation IS NULL
    ),
    nulls_preserved(
      model_col := birth_date,
      source_col := birthdate,
      source := raw.synthea__patients,
      source_filter := violation IS NULL
    ),
    nulls_preserved(
      model_col := zip5,
      source_col := zip,
      source := raw.synthea__patients,
      source_filter := violation IS NULL,
      allowed := is_zip_invalid = 1
    ),
    no_fill_dates(columns := (birth_date, death_date))
  ),
  description 'Patients as delivered, typed and cleaned; nothing dropped but what quarantine holds.'
);

SELECT
  source_system,
  @IDENTIFIER(id) AS patient_id,
  birthdate::DATE AS birth_date,
  deathdate::DATE AS death_date,
  TRIM(prefix) AS name_prefix,
  @REPAIR_TEXT(first) AS first_name,
  @REPAIR_TEXT(middle) AS middle_name,
  @REPAIR_TEXT(last) AS last_name,
  TRIM(suffix) AS name_suffix,
  @REPAIR_TEXT(maiden) AS maiden_name,
  CASE
    WHEN @REPAIR_TEXT(ARRAY_TO_STRING([first, middle, last, maiden, birthplace, address, city], ' ')) <> TRIM(ARRAY_TO_STRING([first, middle, last, maiden, birthplace, address, city], ' '))
    THEN 1
    ELSE 0
  END AS is_text_repaired,
  TRIM(marital) AS marital_status,
  TRIM(race) AS race,
  TRIM(ethnicity) AS ethnicity,
  TRIM(gender) AS sex,
  @REPAIR_TEXT(birthplace) AS birth_place,
  @REPAIR_TEXT(address) AS address,
  @REPAIR_TEXT(city) AS city,
  TRIM(state) AS state,
  TRIM(county) AS county,
  @INTEGER_CODE(fips) AS county_fips,
  @ZIP5(zip) AS zip5,
  @ZIP_PLUS4(zip) AS zip_plus4,
  CASE WHEN NOT zip IS NULL AND @ZIP5(zip) IS NULL THEN 1 ELSE 0 END AS is_zip_invalid,
  lat::DECIMAL(9, 6) AS latitude,
  lon::DECIMAL(9, 6) AS longitude,
  healthcare_expenses::DECIMAL(14, 2) AS healthcare_expenses,
  healthcare_coverage::DECIMAL(14, 2) AS healthcare_coverage,
  income::DECIMAL(14, 2) AS income
FROM raw.synthea__patients
WHERE
  violation IS NULL
