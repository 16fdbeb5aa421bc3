/* One row per procedure of the Synthea export. */
MODEL (
  name staging.stg_synthea__procedures,
  kind FULL,
  grain (source_system, encounter_id, patient_id, procedure_code, start_ts_utc, stop_ts_utc),
  depends_on (
    quarantine.synthea__procedures,
    staging.stg_synthea__encounters,
    staging.stg_synthea__patients
  ),
  audits (
    unique_grain(columns := (source_system, encounter_id, patient_id, procedure_code, start_ts_utc, stop_ts_utc)),
    not_null(columns := (source_system, encounter_id, patient_id, procedure_code, start_ts_utc)),
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

SELECT
  source_system,
  @IDENTIFIER(encounter) AS encounter_id,
  @IDENTIFIER(patient) AS patient_id,
  TRIM(code) AS procedure_code,
  TRIM(description) AS procedure_description,
  @UTC_TIME(start) AS start_ts_utc,
  @UTC_TIME(stop) AS stop_ts_utc,
  base_cost::DECIMAL(14, 2) AS base_cost,
  TRIM(reasoncode) AS reason_code,
  TRIM(reasondescription) AS reason_description
FROM raw.synthea__procedures
WHERE
  violation IS NULL
