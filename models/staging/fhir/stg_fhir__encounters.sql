/* One row per encounter of a FHIR export. */
MODEL (
  name staging.stg_fhir__encounters,
  kind FULL,
  grain (source_system, encounter_id),
  depends_on (quarantine.fhir__encounters, staging.stg_fhir__patients),
  audits (
    unique_grain(columns := (source_system, encounter_id)),
    rows_preserved(source := raw.fhir__encounters, quarantine := quarantine.fhir__encounters),
    not_null(columns := (source_system, encounter_id, patient_id)),
    references_resolve_in_source(
      model_col := patient_id,
      parent := staging.stg_fhir__patients,
      parent_col := patient_id
    ),
    nulls_preserved(
      model_col := stop_ts,
      source_col := period_end,
      source := raw.fhir__encounters,
      source_filter := violation IS NULL
    ),
    no_fill_dates(columns := (start_ts, stop_ts))
  ),
  description 'Encounters as delivered, typed and cleaned; nothing dropped but what quarantine holds. A reason is that of the encounter, else of the condition that it refers to.'
);

SELECT
  e.source_system,
  REPLACE(TRIM(e.id), 'urn:uuid:', '') AS encounter_id,
  LOWER(TRIM(e.status)) AS status,
  LOWER(TRIM(e.class_code)) AS class_code,
  patient.resource_id AS patient_id,
  provider.resource_id AS service_provider_id,
  attender.resource_id AS practitioner_id,
  @WRITTEN_TIME(e.period_start) AS start_ts, /* Local: by the offset that the time was written with; of a time in UTC, as all of a Synthea export are, by HOSPITAL_TIMEZONE. */
  @WRITTEN_TIME(e.period_end) AS stop_ts,
  CASE WHEN LENGTH(TRIM(e.period_start)) > 10 THEN @UTC_TIME(e.period_start) END AS start_ts_utc,
  CASE WHEN LENGTH(TRIM(e.period_end)) > 10 THEN @UTC_TIME(e.period_end) END AS stop_ts_utc,
  CASE
    WHEN LENGTH(TRIM(e.period_start)) > 10
    AND COALESCE(LENGTH(TRIM(e.period_end)), 11) > 10
    THEN 1
    ELSE 0
  END AS has_time,
  CASE
    WHEN NOT e.type_snomed IS NULL
    THEN 'SNOMED CT'
    WHEN NOT e.type_code IS NULL
    THEN @CODE_SYSTEM_NAME(e.type_system)
  END AS type_code_system,
  COALESCE(TRIM(e.type_snomed), TRIM(e.type_code)) AS type_code,
  TRIM(e.type_text) AS type_text,
  CASE
    WHEN NOT e.reason_icd10cm IS NULL
    THEN 'ICD-10-CM'
    WHEN NOT e.reason_snomed IS NULL
    THEN 'SNOMED CT'
    WHEN NOT e.reason_code IS NULL
    THEN @CODE_SYSTEM_NAME(e.reason_system)
    ELSE condition.code_system
  END AS reason_code_system,
  COALESCE(
    TRIM(e.reason_icd10cm),
    TRIM(e.reason_snomed),
    TRIM(e.reason_code),
    condition.condition_code
  ) AS reason_code,
  CASE
    WHEN e.reason_code IS NULL
    THEN COALESCE(TRIM(e.reason_text), condition.condition_text)
    ELSE TRIM(e.reason_text)
  END AS reason_text,
  LOWER(TRIM(e.admit_source)) AS admit_source,
  TRIM(e.discharge_disposition) AS discharge_disposition
FROM raw.fhir__encounters AS e
LEFT JOIN staging.stg_fhir__references AS patient
  ON patient.source_system = e.source_system AND patient.reference = e.subject
LEFT JOIN staging.stg_fhir__references AS provider
  ON provider.source_system = e.source_system
  AND provider.reference = e.service_provider
LEFT JOIN staging.stg_fhir__references AS attender
  ON attender.source_system = e.source_system AND attender.reference = e.attender
LEFT JOIN staging.stg_fhir__references AS reason
  ON reason.source_system = e.source_system AND reason.reference = e.reason_reference
LEFT JOIN staging.stg_fhir__conditions AS condition
  ON condition.source_system = e.source_system
  AND condition.condition_id = reason.resource_id
WHERE
  e.violation IS NULL
