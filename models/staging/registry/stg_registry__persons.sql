/* One row per person of a registry. */
MODEL (
  name staging.stg_registry__persons,
  kind FULL,
  grain (source_system, person_id),
  depends_on (
    quarantine.registry__persons
  ),
  audits (
    unique_grain(columns := (source_system, person_id)),
    not_null(columns := (source_system, person_id)),
    rows_preserved(source := raw.registry__persons, quarantine := quarantine.registry__persons),
    nulls_preserved(
      model_col := age_band,
      source_col := age_band,
      source := raw.registry__persons,
      source_filter := violation IS NULL
    ),
    nulls_preserved(
      model_col := sex,
      source_col := NULLIF(TRIM(sex), '9'),
      source := raw.registry__persons,
      source_filter := violation IS NULL
    )
  ),
  description 'Persons as delivered, typed and cleaned; nothing dropped but what quarantine holds. Sex is the word for its code, as ISO/IEC 5218 has it.'
);

SELECT
  source_system,
  @IDENTIFIER(person_id) AS person_id,
  TRIM(age_band) AS age_band,
  CASE TRIM(sex)
    WHEN '1'
    THEN 'male'
    WHEN '2'
    THEN 'female'
    WHEN '9'
    THEN NULL /* Not known, or not applicable. */
    ELSE TRIM(sex)
  END AS sex
FROM raw.registry__persons
WHERE
  violation IS NULL
