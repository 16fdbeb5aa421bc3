/* One row per supply used, of the Synthea export. */
MODEL (
  name staging.stg_synthea__supplies,
  kind VIEW,
  grain (source_system, record_number),
  depends_on (
    quarantine.synthea__supplies
  ),
  audits (
    unique_grain(columns := (source_system, record_number)),
    rows_preserved(source := raw.synthea__supplies, quarantine := quarantine.synthea__supplies),
    not_null(columns := (source_system, record_number, patient_id))
  ),
  description 'Supplies as delivered, typed and cleaned; nothing dropped but what quarantine holds.'
);

SELECT
  source_system,
  record_number,
  @IDENTIFIER(patient) AS patient_id,
  @IDENTIFIER(encounter) AS encounter_id,
  'SNOMED CT' AS supply_code_system,
  @INTEGER_CODE(code) AS supply_code,
  TRIM(description) AS supply_description,
  @UTC_TIME(date) AS used_ts_utc,
  quantity::BIGINT AS quantity
FROM raw.synthea__supplies
WHERE
  violation IS NULL
