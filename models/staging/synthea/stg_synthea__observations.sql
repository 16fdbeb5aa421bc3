/* One row per observation of the Synthea export. */
MODEL (
  name staging.stg_synthea__observations,
  kind FULL,
  grain (source_system, record_number),
  depends_on (quarantine.synthea__observations, staging.stg_synthea__patients),
  audits (
    unique_grain(columns := (source_system, record_number)),
    rows_preserved(
      source := raw.synthea__observations,
      quarantine := quarantine.synthea__observations
    ),
    not_null(
      columns := (source_system, record_number, patient_id, test_code, observed_ts_utc)
    ),
    references_resolve_in_source(
      model_col := patient_id,
      parent := staging.stg_synthea__patients,
      parent_col := patient_id
    ),
    nulls_preserved(
      model_col := value_text,
      source_col := value,
      source := raw.synthea__observations,
      source_filter := violation IS NULL
    ),
    no_fill_dates(columns := (
      observed_ts_utc
    ))
  ),
  description 'Observations as delivered, typed and cleaned; nothing dropped but what quarantine holds.'
);

SELECT
  source_system,
  record_number,
  @IDENTIFIER(patient) AS patient_id,
  @IDENTIFIER(encounter) AS encounter_id,
  LOWER(TRIM(category)) AS category,
  CASE WHEN TRIM(code) LIKE '%-_' THEN 'LOINC' END AS test_code_system, /* QALY, DALY and QOLS are Synthea's own, and of no system. */
  TRIM(code) AS test_code,
  TRIM(description) AS test_name,
  @UTC_TIME(date) AS observed_ts_utc,
  TRIM(value) AS value_text,
  TRIM(units) AS unit,
  LOWER(TRIM(type)) AS value_type
FROM raw.synthea__observations
WHERE
  violation IS NULL
