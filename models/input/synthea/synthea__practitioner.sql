/* One row per provider of a Synthea export. */
MODEL (
  name input.synthea__practitioner,
  kind EMBEDDED,
  grain (source_system, practitioner_id)
);

SELECT
  source_system,
  provider_id AS practitioner_id,
  organization_id,
  specialty
FROM staging.stg_synthea__providers
