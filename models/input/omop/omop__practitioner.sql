/* One row per provider of an OMOP feed. */
MODEL (
  name input.omop__practitioner,
  kind EMBEDDED,
  grain (source_system, practitioner_id)
);

SELECT
  source_system,
  provider_id AS practitioner_id,
  care_site_id AS organization_id,
  specialty
FROM staging.stg_omop__provider
