/* One row per feed that has delivered rows. */
MODEL (
  name core.int_feed,
  kind FULL,
  grain source_system,
  audits (
    unique_grain(columns := source_system),
    not_null(
      columns := (source_system, family, source_label, hospital_label, names_organizations)
    )
  ),
  description 'The feeds, and whether they name the organizations that give care. sole_organization_id is the hospital of a feed that has but one; a feed that names none is one hospital, whose id is the name of the feed.'
);

WITH delivered_feed AS (
  SELECT
    source_system,
    family
  FROM input.patient
  UNION
  SELECT
    source_system,
    family
  FROM input.encounter
  UNION
  SELECT
    source_system,
    family
  FROM input.condition
  UNION
  SELECT
    source_system,
    family
  FROM input.procedure
  UNION
  SELECT
    source_system,
    family
  FROM input.lab_result
  UNION
  SELECT
    source_system,
    family
  FROM input.medication
), organization_count AS (
  SELECT
    source_system,
    COUNT(DISTINCT organization_id) AS n_organizations,
    MAX(organization_id) AS last_organization_id
  FROM input.encounter
  GROUP BY
    1
)
SELECT
  f.source_system,
  f.family,
  COALESCE(s.source_label, f.source_system) AS source_label,
  COALESCE(
    s.hospital_label,
    COALESCE(s.source_label, f.source_system) || ' (hospital not named)'
  ) AS hospital_label,
  CASE WHEN o.n_organizations > 0 THEN 1 ELSE 0 END AS names_organizations,
  CASE
    WHEN o.n_organizations > 1
    THEN NULL
    WHEN o.n_organizations = 1
    THEN o.last_organization_id
    ELSE f.source_system
  END AS sole_organization_id
FROM delivered_feed AS f
LEFT JOIN reference.source_system AS s
  ON s.source_system = f.source_system
LEFT JOIN organization_count AS o
  ON o.source_system = f.source_system
