/* One row per provider of an OMOP feed. */
MODEL (
  name staging.stg_omop__provider,
  kind FULL,
  grain (source_system, provider_id),
  depends_on (
    quarantine.omop__provider
  ),
  audits (
    unique_grain(columns := (source_system, provider_id)),
    not_null(columns := (source_system, provider_id)),
    rows_preserved(source := raw.omop__provider, quarantine := quarantine.omop__provider)
  ),
  description 'Providers as delivered, typed and cleaned; nothing dropped but what quarantine holds.'
);

SELECT
  p.source_system,
  @INTEGER_CODE(p.provider_id) AS provider_id,
  @INTEGER_CODE(p.care_site_id) AS care_site_id,
  COALESCE(specialty.concept_name, TRIM(p.specialty_source_value)) AS specialty
FROM raw.omop__provider AS p
LEFT JOIN staging.stg_omop__used_concept AS specialty
  ON specialty.source_system = p.source_system
  AND specialty.concept_id = @INTEGER_CODE(p.specialty_concept_id)
WHERE
  p.violation IS NULL
