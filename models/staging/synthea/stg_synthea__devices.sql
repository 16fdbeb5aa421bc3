/* One row per device and the time that it is in use, of the Synthea export. */
MODEL (
  name staging.stg_synthea__devices,
  kind VIEW,
  grain (source_system, record_number),
  depends_on (
    quarantine.synthea__devices
  ),
  audits (
    unique_grain(columns := (source_system, record_number)),
    rows_preserved(source := raw.synthea__devices, quarantine := quarantine.synthea__devices),
    not_null(columns := (source_system, record_number, patient_id))
  ),
  description 'Devices as delivered, typed and cleaned; nothing dropped but what quarantine holds.'
);

SELECT
  source_system,
  record_number,
  @IDENTIFIER(patient) AS patient_id,
  @IDENTIFIER(encounter) AS encounter_id,
  'SNOMED CT' AS device_code_system,
  @INTEGER_CODE(code) AS device_code,
  TRIM(description) AS device_description,
  @UTC_TIME(start) AS start_ts_utc,
  @UTC_TIME(stop) AS stop_ts_utc,
  TRIM(udi) AS device_identifier
FROM raw.synthea__devices
WHERE
  violation IS NULL
