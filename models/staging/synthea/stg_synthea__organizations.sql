/* One row per organization of the Synthea export. */
MODEL (
  name staging.stg_synthea__organizations,
  kind FULL,
  grain (source_system, organization_id),
  depends_on (
    quarantine.synthea__organizations
  ),
  audits (
    unique_grain(columns := (source_system, organization_id)),
    not_null(columns := (source_system, organization_id)),
    rows_preserved(
      source := raw.synthea__organizations,
      quarantine := quarantine.synthea__organizations
    ),
    nulls_preserved(
      model_col := zip5,
      source_col := zip,
      source := raw.synthea__organizations,
      source_filter := violation IS NULL,
      allowed := is_zip_invalid = 1
    )
  ),
  description 'Organizations as delivered, typed and cleaned; nothing dropped but what quarantine holds.'
);

SELECT
  source_system,
  @IDENTIFIER(id) AS organization_id,
  @REPAIR_TEXT(name) AS organization_name,
  TRIM(address) AS address,
  TRIM(city) AS city,
  TRIM(state) AS state,
  @ZIP5(zip) AS zip5,
  @ZIP_PLUS4(zip) AS zip_plus4,
  CASE WHEN NOT zip IS NULL AND @ZIP5(zip) IS NULL THEN 1 ELSE 0 END AS is_zip_invalid,
  lat::DECIMAL(9, 6) AS latitude,
  lon::DECIMAL(9, 6) AS longitude,
  TRIM(phone) AS phone,
  revenue::DECIMAL(14, 2) AS revenue,
  utilization::BIGINT AS encounter_count,
  @INTEGER_CODE(npi) AS npi
FROM raw.synthea__organizations
WHERE
  violation IS NULL
