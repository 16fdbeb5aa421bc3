/* One row per image of an imaging study of the Synthea export. */
MODEL (
  name staging.stg_synthea__imaging_studies,
  kind VIEW,
  grain (source_system, record_number),
  depends_on (
    quarantine.synthea__imaging_studies
  ),
  audits (
    unique_grain(columns := (source_system, record_number)),
    rows_preserved(
      source := raw.synthea__imaging_studies,
      quarantine := quarantine.synthea__imaging_studies
    ),
    not_null(columns := (source_system, record_number, patient_id))
  ),
  description 'Images of imaging studies as delivered, typed and cleaned; nothing dropped but what quarantine holds.'
);

SELECT
  source_system,
  record_number,
  @IDENTIFIER(patient) AS patient_id,
  @IDENTIFIER(encounter) AS encounter_id,
  @IDENTIFIER(id) AS imaging_study_id,
  @UTC_TIME(date) AS performed_ts_utc,
  TRIM(series_uid) AS series_uid,
  TRIM(instance_uid) AS instance_uid,
  @INTEGER_CODE(bodysite_code) AS body_site_code,
  TRIM(bodysite_description) AS body_site_description,
  TRIM(modality_code) AS modality_code,
  TRIM(modality_description) AS modality_description,
  TRIM(sop_code) AS sop_code,
  TRIM(sop_description) AS sop_description,
  @INTEGER_CODE(procedure_code) AS procedure_code
FROM raw.synthea__imaging_studies
WHERE
  violation IS NULL
