/* One row per stay of a registry. */
MODEL (
  name staging.stg_registry__stays,
  kind FULL,
  grain (source_system, person_id, stay_number),
  depends_on (
    quarantine.registry__stays
  ),
  audits (
    unique_grain(columns := (source_system, person_id, stay_number)),
    not_null(columns := (source_system, person_id, stay_number)),
    rows_preserved(source := raw.registry__stays, quarantine := quarantine.registry__stays),
    nulls_preserved(
      model_col := stated_los_days,
      source_col := length_of_stay_days,
      source := raw.registry__stays,
      source_filter := violation IS NULL
    ),
    nulls_preserved(
      model_col := discharge_code,
      source_col := discharge_code,
      source := raw.registry__stays,
      source_filter := violation IS NULL
    ),
    nulls_preserved(
      model_col := readmitted_flag,
      source_col := readmitted,
      source := raw.registry__stays,
      source_filter := violation IS NULL
    ),
    nulls_preserved(
      model_col := charge_amount,
      source_col := charges,
      source := raw.registry__stays,
      source_filter := violation IS NULL
    )
  ),
  description 'Stays as delivered, typed and cleaned; nothing dropped but what quarantine holds. A return after more than 30 days is none within 30.'
);

SELECT
  source_system,
  @IDENTIFIER(person_id) AS person_id,
  stay_number::BIGINT AS stay_number,
  length_of_stay_days::BIGINT::INT AS stated_los_days,
  TRIM(discharge_code) AS discharge_code,
  CASE UPPER(TRIM(readmitted)) WHEN '<30' THEN 1 WHEN '>30' THEN 0 WHEN 'NO' THEN 0 END AS readmitted_flag,
  charges::DECIMAL(14, 2) AS charge_amount
FROM raw.registry__stays
WHERE
  violation IS NULL
