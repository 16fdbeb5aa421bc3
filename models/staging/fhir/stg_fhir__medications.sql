/* One row per medication that prescriptions of a FHIR export refer to. */
MODEL (
  name staging.stg_fhir__medications,
  kind VIEW,
  grain (source_system, medication_id),
  depends_on (
    quarantine.fhir__medications
  ),
  audits (
    unique_grain(columns := (source_system, medication_id)),
    rows_preserved(source := raw.fhir__medications, quarantine := quarantine.fhir__medications),
    not_null(columns := (source_system, medication_id))
  ),
  description 'Medications as delivered; nothing dropped but what quarantine holds.'
);

SELECT
  source_system,
  REPLACE(TRIM(id), 'urn:uuid:', '') AS medication_id,
  CASE
    WHEN NOT rxnorm_code IS NULL
    THEN 'RxNorm'
    WHEN NOT first_code IS NULL
    THEN @CODE_SYSTEM_NAME(first_system)
  END AS code_system,
  COALESCE(TRIM(rxnorm_code), TRIM(first_code)) AS medication_code,
  TRIM(code_text) AS medication_name
FROM raw.fhir__medications
WHERE
  violation IS NULL
