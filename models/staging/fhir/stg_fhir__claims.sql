/* One row per claim of a FHIR export. */
MODEL (
  name staging.stg_fhir__claims,
  kind FULL,
  grain (source_system, claim_id),
  depends_on (
    quarantine.fhir__claims
  ),
  audits (
    unique_grain(columns := (source_system, claim_id)),
    rows_preserved(source := raw.fhir__claims, quarantine := quarantine.fhir__claims),
    not_null(columns := (source_system, claim_id, patient_id, is_pharmacy)),
    nulls_preserved(
      model_col := total_amount,
      source_col := total,
      source := raw.fhir__claims,
      source_filter := violation IS NULL
    )
  ),
  description 'Claims as delivered, typed and cleaned; nothing dropped but what quarantine holds.'
);

SELECT
  c.source_system,
  REPLACE(TRIM(c.id), 'urn:uuid:', '') AS claim_id,
  LOWER(TRIM(c.status)) AS status,
  LOWER(TRIM(c.use_code)) AS use_code,
  LOWER(TRIM(c.claim_type)) AS claim_type,
  patient.resource_id AS patient_id,
  encounter.resource_id AS encounter_id,
  prescription.resource_id AS medication_request_id,
  CASE
    WHEN NOT c.prescription IS NULL OR LOWER(TRIM(c.claim_type)) = 'pharmacy'
    THEN 1
    ELSE 0
  END AS is_pharmacy,
  c.total::DECIMAL(14, 2) AS total_amount,
  COALESCE(coverage.payer_id, LOWER(TRIM(c.payer_text))) AS payer_id,
  COALESCE(coverage.payer_name, TRIM(c.payer_text)) AS payer_name
FROM raw.fhir__claims AS c
LEFT JOIN staging.stg_fhir__references AS patient
  ON patient.source_system = c.source_system AND patient.reference = c.patient
LEFT JOIN staging.stg_fhir__references AS encounter
  ON encounter.source_system = c.source_system AND encounter.reference = c.encounter
LEFT JOIN staging.stg_fhir__references AS prescription
  ON prescription.source_system = c.source_system
  AND prescription.reference = c.prescription
LEFT JOIN staging.stg_fhir__references AS covered
  ON covered.source_system = c.source_system AND covered.reference = c.coverage
LEFT JOIN staging.stg_fhir__coverages AS coverage
  ON coverage.source_system = c.source_system
  AND coverage.coverage_id = covered.resource_id
WHERE
  c.violation IS NULL
