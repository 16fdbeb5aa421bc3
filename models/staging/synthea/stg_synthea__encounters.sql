/* One row per encounter of the Synthea export. */
MODEL (
  name staging.stg_synthea__encounters,
  kind FULL,
  grain (source_system, encounter_id),
  depends_on (quarantine.synthea__encounters, staging.stg_synthea__patients),
  audits (
    unique_grain(columns := (source_system, encounter_id)),
    not_null(columns := (source_system, encounter_id)),
    rows_preserved(source := raw.synthea__encounters, quarantine := quarantine.synthea__encounters),
    references_resolve_in_source(
      model_col := patient_id,
      parent := staging.stg_synthea__patients,
      parent_col := patient_id
    ),
    nulls_preserved(
      model_col := stop_ts_utc,
      source_col := stop,
      source := raw.synthea__encounters,
      source_filter := violation IS NULL
    ),
    nulls_preserved(
      model_col := reason_code,
      source_col := reasoncode,
      source := raw.synthea__encounters,
      source_filter := violation IS NULL
    ),
    nulls_preserved(
      model_col := payer_paid,
      source_col := payer_coverage,
      source := raw.synthea__encounters,
      source_filter := violation IS NULL
    ),
    no_fill_dates(columns := (start_ts_utc, stop_ts_utc)),
    forall(criteria := (
      payer_paid <= claim_amount
    ))
  ),
  description 'Encounters as delivered, typed and cleaned; nothing dropped but what quarantine holds.'
);

SELECT
  source_system,
  @IDENTIFIER(id) AS encounter_id,
  @IDENTIFIER(patient) AS patient_id,
  @IDENTIFIER(organization) AS organization_id,
  @IDENTIFIER(payer) AS payer_id,
  @IDENTIFIER(encounterclass) AS class_code,
  TRIM(code) AS type_code,
  TRIM(description) AS type_description,
  @UTC_TIME(start) AS start_ts_utc,
  @UTC_TIME(stop) AS stop_ts_utc,
  base_encounter_cost::DECIMAL(14, 2) AS base_cost,
  total_claim_cost::DECIMAL(14, 2) AS claim_amount,
  payer_coverage::DECIMAL(14, 2) AS payer_paid,
  TRIM(reasoncode) AS reason_code,
  TRIM(reasondescription) AS reason_description
FROM raw.synthea__encounters
WHERE
  violation IS NULL
