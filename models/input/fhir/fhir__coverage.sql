/* One row per coverage of a patient of a FHIR export. */
MODEL (
  name input.fhir__coverage,
  kind EMBEDDED,
  grain (source_system, coverage_id)
);

SELECT
  source_system,
  coverage_id,
  patient_id,
  payer_id,
  valid_from,
  valid_to
FROM staging.stg_fhir__coverages
WHERE
  NOT COALESCE(status, 'active') IN ('draft', 'cancelled', 'entered-in-error')
