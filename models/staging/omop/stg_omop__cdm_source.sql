/* One row per source that an OMOP feed says its tables are made of. */
MODEL (
  name staging.stg_omop__cdm_source,
  kind FULL,
  grain (source_system, record_number),
  depends_on (
    quarantine.omop__cdm_source
  ),
  audits (
    unique_grain(columns := (source_system, record_number)),
    not_null(columns := (source_system, record_number)),
    rows_preserved(source := raw.omop__cdm_source, quarantine := quarantine.omop__cdm_source)
  ),
  description 'Where the tables come from, as delivered, typed and cleaned; nothing dropped but what quarantine holds.'
);

SELECT
  source_system,
  record_number,
  TRIM(cdm_source_name) AS cdm_source_name,
  LOWER(TRIM(cdm_etl_reference)) AS cdm_etl_reference,
  TRIM(cdm_version) AS cdm_version,
  TRIM(vocabulary_version) AS vocabulary_version
FROM raw.omop__cdm_source
WHERE
  violation IS NULL
