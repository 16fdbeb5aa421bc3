/* One row per explanation of benefit of a FHIR export. */
MODEL (
  name staging.stg_fhir__explanations_of_benefit,
  kind FULL,
  grain (source_system, explanation_id),
  depends_on (
    quarantine.fhir__explanations_of_benefit
  ),
  audits (
    unique_grain(columns := (source_system, explanation_id)),
    rows_preserved(
      source := raw.fhir__explanations_of_benefit,
      quarantine := quarantine.fhir__explanations_of_benefit
    ),
    not_null(columns := (source_system, explanation_id, patient_id, is_pharmacy)),
    nulls_preserved(
      model_col := paid_amount,
      source_col := paid,
      source := raw.fhir__explanations_of_benefit,
      source_filter := violation IS NULL
    )
  ),
  description 'Explanations of benefit as delivered, typed and cleaned; nothing dropped but what quarantine holds. Their dates are not read: the encounter has the days of the care.'
);

SELECT
  b.source_system,
  REPLACE(TRIM(b.id), 'urn:uuid:', '') AS explanation_id,
  LOWER(TRIM(b.status)) AS status,
  LOWER(TRIM(b.use_code)) AS use_code,
  patient.resource_id AS patient_id,
  claim.resource_id AS claim_id,
  encounter.resource_id AS encounter_id,
  prescription.resource_id AS medication_request_id,
  CASE
    WHEN NOT b.prescription IS NULL OR LOWER(TRIM(b.claim_type)) = 'pharmacy'
    THEN 1
    ELSE 0
  END AS is_pharmacy,
  b.submitted::DECIMAL(14, 2) AS submitted_amount,
  b.paid::DECIMAL(14, 2) AS paid_amount,
  COALESCE(coverage.payer_id, LOWER(TRIM(b.payer_text))) AS payer_id,
  COALESCE(coverage.payer_name, TRIM(b.payer_text)) AS payer_name
FROM raw.fhir__explanations_of_benefit AS b
LEFT JOIN staging.stg_fhir__references AS patient
  ON patient.source_system = b.source_system AND patient.reference = b.patient
LEFT JOIN staging.stg_fhir__references AS claim
  ON claim.source_system = b.source_system AND claim.reference = b.claim
LEFT JOIN staging.stg_fhir__references AS encounter
  ON encounter.source_system = b.source_system AND encounter.reference = b.encounter
LEFT JOIN staging.stg_fhir__references AS prescription
  ON prescription.source_system = b.source_system
  AND prescription.reference = b.prescription
LEFT JOIN staging.stg_fhir__references AS covered
  ON covered.source_system = b.source_system AND covered.reference = b.coverage
LEFT JOIN staging.stg_fhir__coverages AS coverage
  ON coverage.source_system = b.source_system
  AND coverage.coverage_id = covered.resource_id
WHERE
  b.violation IS NULL
