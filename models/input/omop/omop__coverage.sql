/* One row per span of a plan of an OMOP feed. */
MODEL (
  name input.omop__coverage,
  kind EMBEDDED,
  grain (source_system, coverage_id)
);

SELECT
  source_system,
  payer_plan_period_id AS coverage_id,
  person_id AS patient_id,
  payer_id,
  valid_from,
  valid_to
FROM staging.stg_omop__payer_plan_period
