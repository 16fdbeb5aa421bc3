/* One row per organization; a feed that names none has one that stands for it. */
MODEL (
  name core.int_organization,
  kind FULL,
  grain (source_system, organization_id),
  audits (
    unique_grain(columns := (source_system, organization_id)),
    not_null(columns := (source_system, organization_id, organization_name))
  ),
  description 'Organizations of all feeds. One that only encounters name goes by its id. A feed that names none has one row, which stands for wherever it comes from.'
);

WITH named_organization AS (
  SELECT DISTINCT
    source_system,
    organization_id
  FROM input.encounter
  WHERE
    NOT organization_id IS NULL
)
SELECT
  COALESCE(o.source_system, n.source_system) AS source_system,
  COALESCE(o.organization_id, n.organization_id) AS organization_id,
  COALESCE(o.organization_name, o.organization_id, n.organization_id) AS organization_name,
  o.address,
  o.city,
  o.state,
  o.zip5,
  o.latitude,
  o.longitude
FROM input.organization AS o
FULL JOIN named_organization AS n
  ON n.source_system = o.source_system AND n.organization_id = o.organization_id
UNION ALL
SELECT
  source_system,
  sole_organization_id AS organization_id,
  hospital_label AS organization_name,
  NULL AS address,
  NULL AS city,
  NULL AS state,
  NULL AS zip5,
  NULL AS latitude,
  NULL AS longitude
FROM core.int_feed
WHERE
  names_organizations = 0
