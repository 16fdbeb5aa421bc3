/* One row per organization of a Synthea export. */
MODEL (
  name input.synthea__organization,
  kind EMBEDDED,
  grain (source_system, organization_id)
);

SELECT
  source_system,
  organization_id,
  organization_name,
  address,
  city,
  state,
  zip5,
  latitude,
  longitude
FROM staging.stg_synthea__organizations
