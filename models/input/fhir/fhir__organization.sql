/* One row per organization of a FHIR export. */
MODEL (
  name input.fhir__organization,
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
  zip5
FROM staging.stg_fhir__organizations
WHERE
  repeat_number = 1
