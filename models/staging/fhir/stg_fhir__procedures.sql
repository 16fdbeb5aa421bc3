/* One row per procedure of a FHIR export. */
MODEL (
  name staging.stg_fhir__procedures,
  kind FULL,
  grain (source_system, procedure_id),
  depends_on (quarantine.fhir__procedures, staging.stg_fhir__patients),
  audits (
    unique_grain(columns := (source_system, procedure_id)),
    rows_preserved(source := raw.fhir__procedures, quarantine := quarantine.fhir__procedures),
    not_null(columns := (source_system, procedure_id, patient_id)),
    references_resolve_in_source(
      model_col := patient_id,
      parent := staging.stg_fhir__patients,
      parent_col := patient_id
    ),
    no_fill_dates(columns := (start_ts, stop_ts))
  ),
  description 'Procedures as delivered, typed and cleaned; nothing dropped but what quarantine holds.'
);

SELECT
  p.source_system,
  REPLACE(TRIM(p.id), 'urn:uuid:', '') AS procedure_id,
  LOWER(TRIM(p.status)) AS status,
  patient.resource_id AS patient_id,
  encounter.resource_id AS encounter_id,
  CASE
    WHEN NOT p.snomed_code IS NULL
    THEN 'SNOMED CT'
    WHEN NOT p.icd10pcs_code IS NULL
    THEN 'ICD-10-PCS'
    WHEN NOT p.first_code IS NULL
    THEN @CODE_SYSTEM_NAME(p.first_system)
  END AS code_system,
  COALESCE(TRIM(p.snomed_code), TRIM(p.icd10pcs_code), TRIM(p.first_code)) AS procedure_code,
  TRIM(p.code_text) AS procedure_text,
  @WRITTEN_TIME(p.performed_start) AS start_ts, /* Local, as in stg_fhir__encounters. */
  @WRITTEN_TIME(p.performed_end) AS stop_ts,
  CASE
    WHEN NOT p.reason_icd10cm IS NULL
    THEN 'ICD-10-CM'
    WHEN NOT p.reason_snomed IS NULL
    THEN 'SNOMED CT'
    WHEN NOT p.reason_code IS NULL
    THEN @CODE_SYSTEM_NAME(p.reason_system)
    ELSE condition.code_system
  END AS reason_code_system,
  COALESCE(
    TRIM(p.reason_icd10cm),
    TRIM(p.reason_snomed),
    TRIM(p.reason_code),
    condition.condition_code
  ) AS reason_code,
  CASE
    WHEN p.reason_code IS NULL
    THEN COALESCE(TRIM(p.reason_text), condition.condition_text)
    ELSE TRIM(p.reason_text)
  END AS reason_text
FROM raw.fhir__procedures AS p
LEFT JOIN staging.stg_fhir__references AS patient
  ON patient.source_system = p.source_system AND patient.reference = p.subject
LEFT JOIN staging.stg_fhir__references AS encounter
  ON encounter.source_system = p.source_system AND encounter.reference = p.encounter
LEFT JOIN staging.stg_fhir__references AS reason
  ON reason.source_system = p.source_system AND reason.reference = p.reason_reference
LEFT JOIN staging.stg_fhir__conditions AS condition
  ON condition.source_system = p.source_system
  AND condition.condition_id = reason.resource_id
WHERE
  p.violation IS NULL
