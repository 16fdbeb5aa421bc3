/* One row per feed and reference that its resources name others by, with the id of the resource that it names. */
MODEL (
  name staging.stg_fhir__references,
  kind FULL,
  grain (source_system, reference),
  audits (
    unique_grain(columns := (source_system, reference)),
    not_null(columns := (source_system, reference, resource_id))
  ),
  description 'References of FHIR resources. urn:uuid names the resource whose entry in a bundle has that fullUrl; Type?identifier=system|value the one resource of the type that has that identifier; Type/id, with a server before it or a version behind it or without, that id. One that names none of the delivered resources, or more than one, stays as it is: the star shows it as invalid.'
);

WITH resource AS (
  SELECT
    source_system,
    'Patient' AS resource_type,
    id,
    full_url,
    identifiers
  FROM raw.fhir__patients
  UNION ALL
  SELECT
    source_system,
    'Encounter',
    id,
    full_url,
    identifiers
  FROM raw.fhir__encounters
  UNION ALL
  SELECT
    source_system,
    'Organization',
    id,
    full_url,
    identifiers
  FROM raw.fhir__organizations
  UNION ALL
  SELECT
    source_system,
    'Practitioner',
    id,
    full_url,
    identifiers
  FROM raw.fhir__practitioners
  UNION ALL
  SELECT
    source_system,
    'Coverage',
    id,
    full_url,
    identifiers
  FROM raw.fhir__coverages
  UNION ALL
  SELECT
    source_system,
    'Condition',
    id,
    full_url,
    NULL
  FROM raw.fhir__conditions
  UNION ALL
  SELECT
    source_system,
    'Procedure',
    id,
    full_url,
    NULL
  FROM raw.fhir__procedures
  UNION ALL
  SELECT
    source_system,
    'Medication',
    id,
    full_url,
    NULL
  FROM raw.fhir__medications
  UNION ALL
  SELECT
    source_system,
    'MedicationRequest',
    id,
    full_url,
    NULL
  FROM raw.fhir__medication_requests
  UNION ALL
  SELECT
    source_system,
    'Claim',
    id,
    full_url,
    NULL
  FROM raw.fhir__claims
), identified AS (
  SELECT
    source_system,
    resource_type,
    id,
    UNNEST(FROM_JSON(identifiers, '[{"system":"VARCHAR","value":"VARCHAR"}]')) AS identifier
  FROM resource
), address AS (
  SELECT
    source_system,
    full_url AS address,
    REPLACE(TRIM(id), 'urn:uuid:', '') AS resource_id
  FROM resource
  WHERE
    NOT full_url IS NULL
  UNION
  SELECT
    source_system,
    resource_type || '?identifier=' || COALESCE(STRUCT_EXTRACT(identifier, 'system') || '|', '') || STRUCT_EXTRACT(identifier, 'value') AS address,
    REPLACE(TRIM(id), 'urn:uuid:', '') AS resource_id
  FROM identified
), known_address AS (
  SELECT
    source_system,
    address,
    MIN(resource_id) AS resource_id
  FROM address
  GROUP BY
    1,
    2
  HAVING
    COUNT(DISTINCT resource_id) = 1
), named AS (
  SELECT
    source_system,
    UNNEST([subject, service_provider, attender, reason_reference]) AS reference
  FROM raw.fhir__encounters
  UNION
  SELECT
    source_system,
    condition
  FROM raw.fhir__encounter_diagnoses
  UNION
  SELECT
    source_system,
    UNNEST([subject, encounter])
  FROM raw.fhir__conditions
  UNION
  SELECT
    source_system,
    UNNEST([subject, encounter, reason_reference])
  FROM raw.fhir__procedures
  UNION
  SELECT
    source_system,
    UNNEST([subject, encounter])
  FROM raw.fhir__observations
  UNION
  SELECT
    source_system,
    UNNEST([subject, encounter])
  FROM raw.fhir__observation_components
  UNION
  SELECT
    source_system,
    UNNEST([subject, encounter, medication, reason_reference])
  FROM raw.fhir__medication_requests
  UNION
  SELECT
    source_system,
    UNNEST([patient, encounter, prescription, coverage])
  FROM raw.fhir__claims
  UNION
  SELECT
    source_system,
    procedure
  FROM raw.fhir__claim_procedures
  UNION
  SELECT
    source_system,
    UNNEST([patient, claim, encounter, prescription, coverage])
  FROM raw.fhir__explanations_of_benefit
  UNION
  SELECT
    source_system,
    UNNEST([beneficiary, payor])
  FROM raw.fhir__coverages
  UNION
  SELECT
    source_system,
    part_of
  FROM raw.fhir__organizations
)
SELECT
  n.source_system,
  n.reference,
  COALESCE(
    known.resource_id,
    NULLIF(
      REGEXP_EXTRACT(TRIM(n.reference), '^(?:.*/)?[A-Z][A-Za-z]+/([A-Za-z0-9.-]+)(?:/_history/.*)?$', 1),
      ''
    ),
    TRIM(n.reference)
  )::TEXT AS resource_id
FROM named AS n
LEFT JOIN known_address AS known
  ON known.source_system = n.source_system
  AND known.address = REPLACE(TRIM(n.reference), '%7C', '|')
WHERE
  NOT n.reference IS NULL
