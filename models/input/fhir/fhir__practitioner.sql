/* One row per practitioner of a FHIR export. */
MODEL (
  name input.fhir__practitioner,
  kind EMBEDDED,
  grain (source_system, practitioner_id)
);

SELECT
  source_system,
  practitioner_id,
  specialty
FROM staging.stg_fhir__practitioners
WHERE
  repeat_number = 1
