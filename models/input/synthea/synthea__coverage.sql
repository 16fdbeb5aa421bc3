/* One row per span of enrolment of a Synthea export. */
MODEL (
  name input.synthea__coverage,
  kind EMBEDDED,
  grain (source_system, coverage_id)
);

SELECT
  source_system,
  record_number::TEXT AS coverage_id,
  patient_id,
  payer_id,
  valid_from,
  valid_to
FROM staging.stg_synthea__payer_transitions
