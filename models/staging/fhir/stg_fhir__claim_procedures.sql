/* One row per procedure that lines of a claim of a FHIR export refer to. */
MODEL (
  name staging.stg_fhir__claim_procedures,
  kind VIEW,
  grain (source_system, claim_id, place),
  depends_on (
    quarantine.fhir__claim_procedures
  ),
  audits (
    unique_grain(columns := (source_system, claim_id, place)),
    rows_preserved(
      source := raw.fhir__claim_procedures,
      quarantine := quarantine.fhir__claim_procedures
    ),
    not_null(columns := (source_system, claim_id, place))
  ),
  description 'Procedures of claims as delivered; nothing dropped but what quarantine holds.'
);

SELECT
  p.source_system,
  REPLACE(TRIM(p.claim_id), 'urn:uuid:', '') AS claim_id,
  p.place::INT AS place,
  p.procedure_sequence::BIGINT::INT AS procedure_sequence,
  named.resource_id AS procedure_id
FROM raw.fhir__claim_procedures AS p
LEFT JOIN staging.stg_fhir__references AS named
  ON named.source_system = p.source_system AND named.reference = p.procedure
WHERE
  p.violation IS NULL
