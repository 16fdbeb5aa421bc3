/* One row per place of an OMOP feed. */
MODEL (
  name staging.stg_omop__location,
  kind FULL,
  grain (source_system, location_id),
  depends_on (
    quarantine.omop__location
  ),
  audits (
    unique_grain(columns := (source_system, location_id)),
    not_null(columns := (source_system, location_id)),
    rows_preserved(source := raw.omop__location, quarantine := quarantine.omop__location),
    nulls_preserved(
      model_col := zip5,
      source_col := zip,
      source := raw.omop__location,
      source_filter := violation IS NULL,
      allowed := is_zip_invalid = 1
    )
  ),
  description 'Places as delivered, typed and cleaned; nothing dropped but what quarantine holds.'
);

WITH dashed AS (
  SELECT
    *,
    CASE
      WHEN REGEXP_MATCHES(TRIM(zip), '^[0-9]{9}$')
      THEN LEFT(TRIM(zip), 5) || '-' || RIGHT(TRIM(zip), 4)
      WHEN NOT REGEXP_MATCHES(TRIM(zip), '^[0-9]{3}$')
      THEN TRIM(zip)
    END AS written_zip /* Nine digits are a ZIP+4, and three are the first of a ZIP that was shortened to protect persons. */
  FROM raw.omop__location
  WHERE
    violation IS NULL
)
SELECT
  source_system,
  @INTEGER_CODE(location_id) AS location_id,
  @REPAIR_TEXT(address_1) AS address,
  @REPAIR_TEXT(city) AS city,
  CASE
    WHEN @REPAIR_TEXT(ARRAY_TO_STRING([address_1, city], ' ')) <> TRIM(ARRAY_TO_STRING([address_1, city], ' '))
    THEN 1
    ELSE 0
  END AS is_text_repaired,
  TRIM(state) AS state,
  TRIM(county) AS county,
  @ZIP5(written_zip) AS zip5,
  @ZIP_PLUS4(written_zip) AS zip_plus4,
  CASE WHEN NOT zip IS NULL AND @ZIP5(written_zip) IS NULL THEN 1 ELSE 0 END AS is_zip_invalid,
  latitude::DECIMAL(9, 6) AS latitude,
  longitude::DECIMAL(9, 6) AS longitude
FROM dashed
