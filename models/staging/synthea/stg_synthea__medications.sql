/* One row per prescription of the Synthea export. */
MODEL (
  name staging.stg_synthea__medications,
  kind FULL,
  grain (source_system, record_number),
  depends_on (quarantine.synthea__medications, staging.stg_synthea__patients),
  audits (
    unique_grain(columns := (source_system, record_number)),
    rows_preserved(source := raw.synthea__medications, quarantine := quarantine.synthea__medications),
    not_null(
      columns := (source_system, record_number, patient_id, medication_code, start_ts_utc)
    ),
    references_resolve_in_source(
      model_col := patient_id,
      parent := staging.stg_synthea__patients,
      parent_col := patient_id
    ),
    nulls_preserved(
      model_col := stop_ts_utc,
      source_col := stop,
      source := raw.synthea__medications,
      source_filter := violation IS NULL
    ),
    nulls_preserved(
      model_col := reason_code,
      source_col := reasoncode,
      source := raw.synthea__medications,
      source_filter := violation IS NULL
    ),
    no_fill_dates(columns := (start_ts_utc, stop_ts_utc))
  ),
  description 'Prescriptions as delivered, typed and cleaned; nothing dropped but what quarantine holds.'
);

SELECT
  source_system,
  record_number,
  @IDENTIFIER(patient) AS patient_id,
  @IDENTIFIER(encounter) AS encounter_id,
  @IDENTIFIER(payer) AS payer_id,
  'RxNorm' AS medication_code_system,
  @INTEGER_CODE(code) AS medication_code,
  TRIM(description) AS medication_name,
  @UTC_TIME(start) AS start_ts_utc,
  @UTC_TIME(stop) AS stop_ts_utc,
  base_cost::DECIMAL(14, 2) AS base_cost,
  payer_coverage::DECIMAL(14, 2) AS payer_paid,
  dispenses::BIGINT AS dispenses,
  totalcost::DECIMAL(14, 2) AS total_cost,
  CASE WHEN NOT reasoncode IS NULL THEN 'SNOMED CT' END AS reason_code_system,
  @INTEGER_CODE(reasoncode) AS reason_code,
  TRIM(reasondescription) AS reason_description
FROM raw.synthea__medications
WHERE
  violation IS NULL
