/* One row per coverage of a FHIR export. */
MODEL (
  name staging.stg_fhir__coverages,
  kind FULL,
  grain (source_system, coverage_id),
  depends_on (
    quarantine.fhir__coverages
  ),
  audits (
    unique_grain(columns := (source_system, coverage_id)),
    rows_preserved(source := raw.fhir__coverages, quarantine := quarantine.fhir__coverages),
    not_null(columns := (source_system, coverage_id, patient_id)),
    nulls_preserved(
      model_col := valid_to,
      source_col := period_end,
      source := raw.fhir__coverages,
      source_filter := violation IS NULL
    )
  ),
  description 'Coverages as delivered, typed and cleaned; nothing dropped but what quarantine holds.'
);

SELECT
  c.source_system,
  REPLACE(TRIM(c.id), 'urn:uuid:', '') AS coverage_id,
  LOWER(TRIM(c.status)) AS status,
  patient.resource_id AS patient_id,
  COALESCE(payor.resource_id, LOWER(TRIM(c.payor_text))) AS payer_id, /* The organization that pays, else its name. */
  COALESCE(payer.organization_name, TRIM(c.payor_text), payor.resource_id) AS payer_name,
  @WRITTEN_TIME(c.period_start)::DATE AS valid_from,
  @WRITTEN_TIME(c.period_end)::DATE AS valid_to
FROM raw.fhir__coverages AS c
LEFT JOIN staging.stg_fhir__references AS patient
  ON patient.source_system = c.source_system AND patient.reference = c.beneficiary
LEFT JOIN staging.stg_fhir__references AS payor
  ON payor.source_system = c.source_system AND payor.reference = c.payor
LEFT JOIN staging.stg_fhir__organizations AS payer
  ON payer.source_system = c.source_system
  AND payer.organization_id = payor.resource_id
  AND payer.repeat_number = 1
WHERE
  c.violation IS NULL
