/* One row per immunization of the Synthea export. */
MODEL (
  name staging.stg_synthea__immunizations,
  kind VIEW,
  grain (source_system, record_number),
  depends_on (
    quarantine.synthea__immunizations
  ),
  audits (
    unique_grain(columns := (source_system, record_number)),
    rows_preserved(
      source := raw.synthea__immunizations,
      quarantine := quarantine.synthea__immunizations
    ),
    not_null(columns := (source_system, record_number, patient_id))
  ),
  description 'Immunizations as delivered, typed and cleaned; nothing dropped but what quarantine holds.'
);

SELECT
  source_system,
  record_number,
  @IDENTIFIER(patient) AS patient_id,
  @IDENTIFIER(encounter) AS encounter_id,
  'CVX' AS vaccine_code_system,
  @INTEGER_CODE(code) AS vaccine_code,
  TRIM(description) AS vaccine_description,
  @UTC_TIME(date) AS given_ts_utc,
  base_cost::DECIMAL(14, 2) AS base_cost
FROM raw.synthea__immunizations
WHERE
  violation IS NULL
