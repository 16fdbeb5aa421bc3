/* One row per person of an OMOP feed. */
MODEL (
  name staging.stg_omop__person,
  kind FULL,
  grain (source_system, person_id),
  depends_on (
    quarantine.omop__person
  ),
  audits (
    unique_grain(columns := (source_system, person_id)),
    not_null(columns := (source_system, person_id)),
    rows_preserved(source := raw.omop__person, quarantine := quarantine.omop__person),
    nulls_preserved(
      model_col := birth_date,
      source_col := year_of_birth || month_of_birth || day_of_birth,
      source := raw.omop__person,
      source_filter := violation IS NULL
    ),
    no_fill_dates(columns := (
      birth_date
    ))
  ),
  description 'Persons as delivered, typed and cleaned; nothing dropped but what quarantine holds. Sex, race and ethnicity go by the name of their concept, and where concept.csv has none by the value of the source.'
);

SELECT
  p.source_system,
  @INTEGER_CODE(p.person_id) AS person_id,
  p.year_of_birth::INT AS year_of_birth,
  TRY_CAST(LPAD(p.year_of_birth::INT::TEXT, 4, '0') || '-' || LPAD(p.month_of_birth::INT::TEXT, 2, '0') || '-' || LPAD(p.day_of_birth::INT::TEXT, 2, '0') AS DATE) AS birth_date, /* Where only the year is told, birth_datetime may be its first day: it is not read. */
  COALESCE(gender.concept_name, TRIM(p.gender_source_value)) AS sex,
  COALESCE(race.concept_name, TRIM(p.race_source_value)) AS race,
  COALESCE(ethnicity.concept_name, TRIM(p.ethnicity_source_value)) AS ethnicity,
  @INTEGER_CODE(p.location_id) AS location_id,
  TRIM(p.person_source_value) AS person_source_value
FROM raw.omop__person AS p
LEFT JOIN staging.stg_omop__used_concept AS gender
  ON gender.source_system = p.source_system
  AND gender.concept_id = @INTEGER_CODE(p.gender_concept_id)
LEFT JOIN staging.stg_omop__used_concept AS race
  ON race.source_system = p.source_system
  AND race.concept_id = @INTEGER_CODE(p.race_concept_id)
LEFT JOIN staging.stg_omop__used_concept AS ethnicity
  ON ethnicity.source_system = p.source_system
  AND ethnicity.concept_id = @INTEGER_CODE(p.ethnicity_concept_id)
WHERE
  p.violation IS NULL
