/* One row per line of a claim of a FHIR export. */
MODEL (
  name staging.stg_fhir__claim_items,
  kind VIEW,
  grain (source_system, claim_id, place),
  depends_on (
    quarantine.fhir__claim_items
  ),
  audits (
    unique_grain(columns := (source_system, claim_id, place)),
    rows_preserved(source := raw.fhir__claim_items, quarantine := quarantine.fhir__claim_items),
    not_null(columns := (source_system, claim_id, place))
  ),
  description 'Lines of claims as delivered; nothing dropped but what quarantine holds.'
);

SELECT
  source_system,
  REPLACE(TRIM(claim_id), 'urn:uuid:', '') AS claim_id,
  place::INT AS place,
  net::DECIMAL(14, 2) AS net_amount,
  procedure_sequence::BIGINT::INT AS procedure_sequence,
  CASE WHEN second_procedure_sequence IS NULL THEN 0 ELSE 1 END AS is_of_several_procedures
FROM raw.fhir__claim_items
WHERE
  violation IS NULL
