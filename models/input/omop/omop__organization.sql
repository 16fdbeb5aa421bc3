/* One row per care site of an OMOP feed. */
MODEL (
  name input.omop__organization,
  kind EMBEDDED,
  grain (source_system, organization_id)
);

SELECT
  s.source_system,
  s.care_site_id AS organization_id,
  s.care_site_name AS organization_name,
  l.address,
  l.city,
  l.state,
  l.zip5,
  l.latitude,
  l.longitude
FROM staging.stg_omop__care_site AS s
LEFT JOIN staging.stg_omop__location AS l
  ON l.source_system = s.source_system AND l.location_id = s.location_id
