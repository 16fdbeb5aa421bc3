/* One row per condition of a FHIR export. */
MODEL (
  name staging.stg_fhir__conditions,
  kind FULL,
  grain (source_system, condition_id),
  depends_on (quarantine.fhir__conditions, staging.stg_fhir__patients),
  audits (
    unique_grain(columns := (source_system, condition_id)),
    rows_preserved(source := raw.fhir__conditions, quarantine := quarantine.fhir__conditions),
    not_null(columns := (source_system, condition_id, patient_id)),
    references_resolve_in_source(
      model_col := patient_id,
      parent := staging.stg_fhir__patients,
      parent_col := patient_id
    ),
    nulls_preserved(
      model_col := onset_date,
      source_col := onset,
      source := raw.fhir__conditions,
      source_filter := violation IS NULL,
      allowed := is_onset_partial = 1
    ),
    nulls_preserved(
      model_col := abated_date,
      source_col := abatement,
      source := raw.fhir__conditions,
      source_filter := violation IS NULL,
      allowed := is_abatement_partial = 1
    ),
    no_fill_dates(columns := (onset_date, abated_date))
  ),
  description 'Conditions as delivered, typed and cleaned; nothing dropped but what quarantine holds.'
);

SELECT
  c.source_system,
  REPLACE(TRIM(c.id), 'urn:uuid:', '') AS condition_id,
  patient.resource_id AS patient_id,
  encounter.resource_id AS encounter_id,
  CASE
    WHEN NOT c.icd10cm_code IS NULL
    THEN 'ICD-10-CM'
    WHEN NOT c.icd9cm_code IS NULL
    THEN 'ICD-9-CM'
    WHEN NOT c.snomed_code IS NULL
    THEN 'SNOMED CT'
    WHEN NOT c.first_code IS NULL
    THEN @CODE_SYSTEM_NAME(c.first_system)
  END AS code_system, /* Of several codes, the one that most lists of the warehouse know. */
  COALESCE(TRIM(c.icd10cm_code), TRIM(c.icd9cm_code), TRIM(c.snomed_code), TRIM(c.first_code)) AS condition_code,
  TRIM(c.code_text) AS condition_text,
  CASE
    WHEN LENGTH(TRIM(c.onset)) >= 10 AND NOT TRY_CAST(c.onset AS TIMESTAMPTZ) IS NULL
    THEN @WRITTEN_TIME(c.onset)::DATE
  END AS onset_date,
  CASE WHEN LENGTH(TRIM(c.onset)) < 10 THEN 1 ELSE 0 END AS is_onset_partial, /* A year or a month: no day can be told. */
  CASE
    WHEN LENGTH(TRIM(c.abatement)) >= 10
    AND NOT TRY_CAST(c.abatement AS TIMESTAMPTZ) IS NULL
    THEN @WRITTEN_TIME(c.abatement)::DATE
  END AS abated_date,
  CASE WHEN LENGTH(TRIM(c.abatement)) < 10 THEN 1 ELSE 0 END AS is_abatement_partial,
  CASE
    WHEN LENGTH(TRIM(c.recorded)) >= 10
    AND NOT TRY_CAST(c.recorded AS TIMESTAMPTZ) IS NULL
    THEN @WRITTEN_TIME(c.recorded)::DATE
  END AS recorded_date,
  LOWER(TRIM(c.clinical_status)) AS clinical_status,
  LOWER(TRIM(c.verification_status)) AS verification_status,
  c.categories
FROM raw.fhir__conditions AS c
LEFT JOIN staging.stg_fhir__references AS patient
  ON patient.source_system = c.source_system AND patient.reference = c.subject
LEFT JOIN staging.stg_fhir__references AS encounter
  ON encounter.source_system = c.source_system AND encounter.reference = c.encounter
WHERE
  c.violation IS NULL
