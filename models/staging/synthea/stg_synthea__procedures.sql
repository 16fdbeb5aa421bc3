/* One row per procedure of the Synthea export. */
MODEL (
  name staging.stg_synthea__procedures,
  kind FULL,
  grain (
    source_system,
    encounter_id,
    patient_id,
    procedure_code,
    start_ts_utc,
    stop_ts_utc,
    repeat_number
  ),
  depends_on (
    quarantine.synthea__procedures,
    staging.stg_synthea__encounters,
    staging.stg_synthea__patients
  ),
  audits (
    unique_grain(
      columns := (
        source_system,
        encounter_id,
        patient_id,
        procedure_code,
        start_ts_utc,
        stop_ts_utc,
        repeat_number
      )
    ),
    not_null(
      columns := (
        source_system,
        record_number,
        encounter_id,
        patient_id,
        procedure_code,
        start_ts_utc,
        repeat_number
      )
    ),
    rows_preserved(source := raw.synthea__procedures, quarantine := quarantine.synthea__procedures),
    references_resolve_in_source(
      model_col := encounter_id,
      parent := staging.stg_synthea__encounters,
      parent_col := encounter_id
    ),
    references_resolve_in_source(
      model_col := patient_id,
      parent := staging.stg_synthea__patients,
      parent_col := patient_id
    ),
    nulls_preserved(
      model_col := reason_code,
      source_col := reasoncode,
      source := raw.synthea__procedures,
      source_filter := violation IS NULL
    ),
    no_fill_dates(columns := (start_ts_utc, stop_ts_utc))
  ),
  description 'Procedures as delivered, typed and cleaned; nothing dropped but what quarantine holds.'
);

WITH cleaned AS (
  SELECT
    source_system,
    record_number,
    @IDENTIFIER(encounter) AS encounter_id,
    @IDENTIFIER(patient) AS patient_id,
    COALESCE(@CODE_SYSTEM_NAME(system), 'SNOMED CT') AS procedure_code_system, /* An export without the column holds SNOMED CT alone; one with it writes a URI where FHIR was exported in the same run. */
    @INTEGER_CODE(code) AS procedure_code,
    TRIM(description) AS procedure_description,
    @UTC_TIME(start) AS start_ts_utc,
    @UTC_TIME(stop) AS stop_ts_utc,
    base_cost::DECIMAL(14, 2) AS base_cost,
    CASE WHEN NOT reasoncode IS NULL THEN 'SNOMED CT' END AS reason_code_system,
    @INTEGER_CODE(reasoncode) AS reason_code,
    TRIM(reasondescription) AS reason_description
  FROM raw.synthea__procedures
  WHERE
    violation IS NULL
)
SELECT
  source_system,
  record_number,
  encounter_id,
  patient_id,
  procedure_code_system,
  procedure_code,
  procedure_description,
  start_ts_utc,
  stop_ts_utc,
  ROW_NUMBER() OVER (
    PARTITION BY source_system, encounter_id, patient_id, procedure_code, start_ts_utc, stop_ts_utc
    ORDER BY record_number
  )::BIGINT AS repeat_number, /* Of the rows that the source repeats at one moment, in the order of the file: 1 for nearly all. */
  base_cost,
  reason_code_system,
  reason_code,
  reason_description
FROM cleaned
