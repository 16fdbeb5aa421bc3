/* One row per care site of an OMOP feed. */
MODEL (
  name staging.stg_omop__care_site,
  kind FULL,
  grain (source_system, care_site_id),
  depends_on (
    quarantine.omop__care_site
  ),
  audits (
    unique_grain(columns := (source_system, care_site_id)),
    not_null(columns := (source_system, care_site_id)),
    rows_preserved(source := raw.omop__care_site, quarantine := quarantine.omop__care_site),
    nulls_preserved(
      model_col := care_site_name,
      source_col := care_site_name,
      source := raw.omop__care_site,
      source_filter := violation IS NULL
    )
  ),
  description 'Care sites as delivered, typed and cleaned; nothing dropped but what quarantine holds.'
);

SELECT
  source_system,
  @INTEGER_CODE(care_site_id) AS care_site_id,
  @REPAIR_TEXT(care_site_name) AS care_site_name,
  @INTEGER_CODE(location_id) AS location_id
FROM raw.omop__care_site
WHERE
  violation IS NULL
