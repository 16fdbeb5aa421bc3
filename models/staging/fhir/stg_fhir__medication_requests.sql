/* One row per prescription of a FHIR export. */
MODEL (
  name staging.stg_fhir__medication_requests,
  kind FULL,
  grain (source_system, medication_request_id),
  depends_on (
    quarantine.fhir__medication_requests
  ),
  audits (
    unique_grain(columns := (source_system, medication_request_id)),
    rows_preserved(
      source := raw.fhir__medication_requests,
      quarantine := quarantine.fhir__medication_requests
    ),
    not_null(columns := (source_system, medication_request_id, patient_id)),
    nulls_preserved(
      model_col := authored_date,
      source_col := authored_on,
      source := raw.fhir__medication_requests,
      source_filter := violation IS NULL
    ),
    no_fill_dates(columns := (
      authored_date
    ))
  ),
  description 'Prescriptions as delivered, typed and cleaned; nothing dropped but what quarantine holds.'
);

SELECT
  m.source_system,
  REPLACE(TRIM(m.id), 'urn:uuid:', '') AS medication_request_id,
  LOWER(TRIM(m.status)) AS status,
  LOWER(TRIM(m.intent)) AS intent,
  patient.resource_id AS patient_id,
  encounter.resource_id AS encounter_id,
  CASE
    WHEN NOT m.rxnorm_code IS NULL
    THEN 'RxNorm'
    WHEN NOT m.first_code IS NULL
    THEN @CODE_SYSTEM_NAME(m.first_system)
    ELSE medication.code_system
  END AS code_system,
  COALESCE(TRIM(m.rxnorm_code), TRIM(m.first_code), medication.medication_code) AS medication_code,
  COALESCE(TRIM(m.code_text), medication.medication_name) AS medication_name,
  @WRITTEN_TIME(m.authored_on)::DATE AS authored_date,
  m.dose::DOUBLE AS dose,
  TRIM(m.dose_unit) AS dose_unit,
  TRIM(m.frequency) AS frequency,
  CASE
    WHEN NOT m.reason_icd10cm IS NULL
    THEN 'ICD-10-CM'
    WHEN NOT m.reason_snomed IS NULL
    THEN 'SNOMED CT'
    WHEN NOT m.reason_code IS NULL
    THEN @CODE_SYSTEM_NAME(m.reason_system)
    ELSE condition.code_system
  END AS reason_code_system,
  COALESCE(
    TRIM(m.reason_icd10cm),
    TRIM(m.reason_snomed),
    TRIM(m.reason_code),
    condition.condition_code
  ) AS reason_code,
  CASE
    WHEN m.reason_code IS NULL
    THEN COALESCE(TRIM(m.reason_text), condition.condition_text)
    ELSE TRIM(m.reason_text)
  END AS reason_text
FROM raw.fhir__medication_requests AS m
LEFT JOIN staging.stg_fhir__references AS patient
  ON patient.source_system = m.source_system AND patient.reference = m.subject
LEFT JOIN staging.stg_fhir__references AS encounter
  ON encounter.source_system = m.source_system AND encounter.reference = m.encounter
LEFT JOIN staging.stg_fhir__references AS named
  ON named.source_system = m.source_system AND named.reference = m.medication
LEFT JOIN staging.stg_fhir__medications AS medication
  ON medication.source_system = m.source_system
  AND medication.medication_id = named.resource_id
LEFT JOIN staging.stg_fhir__references AS reason
  ON reason.source_system = m.source_system AND reason.reference = m.reason_reference
LEFT JOIN staging.stg_fhir__conditions AS condition
  ON condition.source_system = m.source_system
  AND condition.condition_id = reason.resource_id
WHERE
  m.violation IS NULL
