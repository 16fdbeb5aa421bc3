/* One row per diagnosis on the list of an encounter of a FHIR export. */
MODEL (
  name staging.stg_fhir__encounter_diagnoses,
  kind FULL,
  grain (source_system, encounter_id, place),
  depends_on (
    quarantine.fhir__encounter_diagnoses
  ),
  audits (
    unique_grain(columns := (source_system, encounter_id, place)),
    rows_preserved(
      source := raw.fhir__encounter_diagnoses,
      quarantine := quarantine.fhir__encounter_diagnoses
    ),
    not_null(columns := (source_system, encounter_id, place))
  ),
  description 'Lists of diagnoses of encounters as delivered; nothing dropped but what quarantine holds.'
);

SELECT
  d.source_system,
  REPLACE(TRIM(d.encounter_id), 'urn:uuid:', '') AS encounter_id,
  d.place::INT AS place,
  named.resource_id AS condition_id,
  UPPER(TRIM(d.use_code)) AS use_code,
  d.diagnosis_rank::BIGINT::INT AS diagnosis_rank
FROM raw.fhir__encounter_diagnoses AS d
LEFT JOIN staging.stg_fhir__references AS named
  ON named.source_system = d.source_system AND named.reference = d.condition
WHERE
  d.violation IS NULL
