/* One row per observation of a FHIR export. */
MODEL (
  name staging.stg_fhir__observations,
  kind FULL,
  grain (source_system, observation_id),
  depends_on (
    quarantine.fhir__observations
  ),
  audits (
    unique_grain(columns := (source_system, observation_id)),
    rows_preserved(source := raw.fhir__observations, quarantine := quarantine.fhir__observations),
    not_null(
      columns := (source_system, observation_id, record_number, patient_id, is_laboratory)
    ),
    nulls_preserved(
      model_col := flag,
      source_col := interpretation,
      source := raw.fhir__observations,
      source_filter := violation IS NULL
    )
  ),
  description 'Observations as delivered, typed and cleaned; nothing dropped but what quarantine holds.'
);

SELECT
  o.source_system,
  REPLACE(TRIM(o.id), 'urn:uuid:', '') AS observation_id,
  o.record_number,
  CASE WHEN o.components IS NULL THEN 0 ELSE 1 END AS has_components,
  LOWER(TRIM(o.status)) AS status,
  CASE WHEN o.laboratory IS NULL THEN 0 ELSE 1 END AS is_laboratory,
  patient.resource_id AS patient_id,
  encounter.resource_id AS encounter_id,
  @WRITTEN_TIME(o.effective)::DATE AS observed_date,
  CASE
    WHEN NOT o.loinc_code IS NULL
    THEN 'LOINC'
    WHEN NOT o.first_code IS NULL
    THEN @CODE_SYSTEM_NAME(o.first_system)
  END AS code_system,
  COALESCE(TRIM(o.loinc_code), TRIM(o.first_code)) AS test_code,
  TRIM(o.code_text) AS test_name,
  CASE WHEN o.value_comparator IS NULL THEN o.value_number::DOUBLE END AS value_num,
  COALESCE(TRIM(o.value_comparator) || TRIM(o.value_number), TRIM(o.value_text)) AS value_text, /* Less than 5 is not 5. */
  TRIM(o.value_unit) AS unit,
  UPPER(TRIM(o.interpretation)) AS flag,
  o.reference_low::DOUBLE AS reference_low,
  o.reference_high::DOUBLE AS reference_high
FROM raw.fhir__observations AS o
LEFT JOIN staging.stg_fhir__references AS patient
  ON patient.source_system = o.source_system AND patient.reference = o.subject
LEFT JOIN staging.stg_fhir__references AS encounter
  ON encounter.source_system = o.source_system AND encounter.reference = o.encounter
WHERE
  o.violation IS NULL
