/* One row per practitioner of a FHIR export, in each bundle that names one. */
MODEL (
  name staging.stg_fhir__practitioners,
  kind VIEW,
  grain (source_system, record_number),
  depends_on (
    quarantine.fhir__practitioners
  ),
  audits (
    unique_grain(columns := (source_system, record_number)),
    rows_preserved(source := raw.fhir__practitioners, quarantine := quarantine.fhir__practitioners),
    not_null(columns := (source_system, record_number, practitioner_id, repeat_number))
  ),
  description 'Practitioners as delivered, typed and cleaned, the repeated ones numbered; nothing dropped but what quarantine holds.'
);

WITH cleaned AS (
  SELECT
    source_system,
    record_number,
    REPLACE(TRIM(id), 'urn:uuid:', '') AS practitioner_id,
    TRIM(specialty) AS specialty
  FROM raw.fhir__practitioners
  WHERE
    violation IS NULL
)
SELECT
  source_system,
  record_number,
  practitioner_id,
  specialty,
  ROW_NUMBER() OVER (PARTITION BY source_system, practitioner_id, specialty ORDER BY record_number)::INT AS repeat_number /* As in stg_fhir__organizations. */
FROM cleaned
