/* One row per organization. */
MODEL (
  name star.dim_organization,
  kind FULL,
  grain organization_key,
  audits (
    unique_grain(columns := organization_key),
    not_null(
      columns := (organization_key, organization_id, organization_name, organization_label)
    ),
    has_unknown_members(key_col := organization_key)
  ),
  description 'Hospitals and practices that delivered care.',
  column_descriptions (
    organization_key = 'Key of the organization.',
    organization_id = 'Organization id of the source.',
    source_system = 'Source that delivered the organization.',
    organization_name = 'Name as delivered.',
    organization_label = 'Name; with the id where several of the source have the same name.',
    address = 'Street address.',
    city = 'City.',
    state = 'State.',
    zip5 = 'Five-digit ZIP, with its leading zeros; NULL where not recorded.',
    latitude = 'Latitude, in degrees, to six decimals.',
    longitude = 'Longitude, in degrees, to six decimals.'
  )
);

SELECT
  @SURROGATE_KEY(source_system, organization_id) AS organization_key,
  organization_id::TEXT AS organization_id,
  source_system::TEXT AS source_system,
  organization_name::TEXT AS organization_name,
  CASE
    WHEN COUNT(*) OVER (PARTITION BY source_system, organization_name) = 1
    THEN organization_name
    ELSE organization_name || ' (' || organization_id || ')'
  END::TEXT AS organization_label,
  address::TEXT AS address,
  city::TEXT AS city,
  state::TEXT AS state,
  zip5::TEXT AS zip5,
  latitude::DECIMAL(9, 6) AS latitude,
  longitude::DECIMAL(9, 6) AS longitude
FROM core.int_organization
UNION ALL
SELECT
  member_key,
  member_code,
  'warehouse',
  member_label,
  member_label,
  NULL,
  NULL,
  NULL,
  NULL,
  NULL,
  NULL
FROM reference.unknown_member
