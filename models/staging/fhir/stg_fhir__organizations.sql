/* One row per organization of a FHIR export, in each bundle that names it. */
MODEL (
  name staging.stg_fhir__organizations,
  kind FULL,
  grain (source_system, record_number),
  depends_on (
    quarantine.fhir__organizations
  ),
  audits (
    unique_grain(columns := (source_system, record_number)),
    rows_preserved(source := raw.fhir__organizations, quarantine := quarantine.fhir__organizations),
    not_null(columns := (source_system, record_number, organization_id, repeat_number))
  ),
  description 'Organizations as delivered, typed and cleaned, the repeated ones numbered; nothing dropped but what quarantine holds.'
);

WITH cleaned AS (
  SELECT
    o.source_system,
    o.record_number,
    REPLACE(TRIM(o.id), 'urn:uuid:', '') AS organization_id,
    TRIM(o.organization_name) AS organization_name,
    LOWER(TRIM(o.organization_type)) AS organization_type,
    part_of.resource_id AS part_of_id,
    TRIM(o.address) AS address,
    TRIM(o.city) AS city,
    TRIM(o.state) AS state,
    @ZIP5(o.postal_code) AS zip5
  FROM raw.fhir__organizations AS o
  LEFT JOIN staging.stg_fhir__references AS part_of
    ON part_of.source_system = o.source_system AND part_of.reference = o.part_of
  WHERE
    o.violation IS NULL
)
SELECT
  source_system,
  record_number,
  organization_id,
  organization_name,
  organization_type,
  part_of_id,
  address,
  city,
  state,
  zip5,
  ROW_NUMBER() OVER (
    PARTITION BY source_system, organization_id, organization_name, organization_type, part_of_id, address, city, state, zip5
    ORDER BY record_number
  )::INT AS repeat_number /* Bundles repeat what several of them name: 1 for the first of equal ones, which input.fhir__organization takes. */
FROM cleaned
