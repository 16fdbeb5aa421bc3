/* One row per condition and onset of the Synthea export. */
MODEL (
  name staging.stg_synthea__conditions,
  kind FULL,
  grain (source_system, record_number),
  depends_on (quarantine.synthea__conditions, staging.stg_synthea__patients),
  audits (
    unique_grain(columns := (source_system, record_number)),
    rows_preserved(source := raw.synthea__conditions, quarantine := quarantine.synthea__conditions),
    not_null(
      columns := (source_system, record_number, patient_id, condition_code, onset_date)
    ),
    references_resolve_in_source(
      model_col := patient_id,
      parent := staging.stg_synthea__patients,
      parent_col := patient_id
    ),
    nulls_preserved(
      model_col := abated_date,
      source_col := stop,
      source := raw.synthea__conditions,
      source_filter := violation IS NULL
    ),
    no_fill_dates(columns := (onset_date, abated_date))
  ),
  description 'Conditions as delivered, typed and cleaned; nothing dropped but what quarantine holds.'
);

SELECT
  source_system,
  record_number,
  @IDENTIFIER(patient) AS patient_id,
  @IDENTIFIER(encounter) AS encounter_id,
  COALESCE(@CODE_SYSTEM_NAME(system), 'SNOMED CT') AS condition_code_system, /* An export without the column holds SNOMED CT alone; one with it writes a URI where FHIR was exported in the same run. */
  @INTEGER_CODE(code) AS condition_code,
  TRIM(description) AS condition_description,
  start::DATE AS onset_date,
  stop::DATE AS abated_date
FROM raw.synthea__conditions
WHERE
  violation IS NULL
