/* One row per organization; a source that names none has one that stands for it. */
MODEL (
  name core.int_organization,
  kind FULL,
  grain (source_system, organization_id),
  audits (
    unique_grain(columns := (source_system, organization_id)),
    not_null(columns := (source_system, organization_id, organization_name))
  ),
  description 'Organizations of both families. The patient records name none: one row stands for wherever they come from.'
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
UNION ALL
SELECT
  source_system,
  source_system AS organization_id,
  'Hospital of the patient records (not named)' AS organization_name,
  NULL AS address,
  NULL AS city,
  NULL AS state,
  NULL AS zip5,
  NULL AS latitude,
  NULL AS longitude
FROM staging.stg_ehr__outcomes
GROUP BY
  1
