/* One row per allergy and onset of the Synthea export. */
MODEL (
  name staging.stg_synthea__allergies,
  kind VIEW,
  grain (source_system, record_number),
  depends_on (
    quarantine.synthea__allergies
  ),
  audits (
    unique_grain(columns := (source_system, record_number)),
    rows_preserved(source := raw.synthea__allergies, quarantine := quarantine.synthea__allergies),
    not_null(columns := (source_system, record_number, patient_id))
  ),
  description 'Allergies as delivered, typed and cleaned; nothing dropped but what quarantine holds.'
);

SELECT
  source_system,
  record_number,
  @IDENTIFIER(patient) AS patient_id,
  @IDENTIFIER(encounter) AS encounter_id,
  NULLIF(COALESCE(@CODE_SYSTEM_NAME(system), 'SNOMED CT'), 'Unknown') AS allergy_code_system, /* Version 4 writes Unknown for all where FHIR is not exported in the same run: github.com/synthetichealth/synthea/issues/1703. */
  @INTEGER_CODE(code) AS allergy_code,
  TRIM(description) AS allergy_description,
  LOWER(TRIM(type)) AS allergy_type,
  LOWER(TRIM(category)) AS category,
  start::DATE AS onset_date,
  stop::DATE AS abated_date,
  @INTEGER_CODE(reaction1) AS reaction_code_1,
  TRIM(description1) AS reaction_description_1,
  LOWER(TRIM(severity1)) AS reaction_severity_1,
  @INTEGER_CODE(reaction2) AS reaction_code_2,
  TRIM(description2) AS reaction_description_2,
  LOWER(TRIM(severity2)) AS reaction_severity_2
FROM raw.synthea__allergies
WHERE
  violation IS NULL
