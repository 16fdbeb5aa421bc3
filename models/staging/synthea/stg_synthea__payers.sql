/* One row per payer of the Synthea export. */
MODEL (
  name staging.stg_synthea__payers,
  kind FULL,
  grain (source_system, payer_id),
  depends_on (
    quarantine.synthea__payers
  ),
  audits (
    unique_grain(columns := (source_system, payer_id)),
    not_null(columns := (source_system, payer_id)),
    rows_preserved(source := raw.synthea__payers, quarantine := quarantine.synthea__payers),
    nulls_preserved(
      model_col := address,
      source_col := address,
      source := raw.synthea__payers,
      source_filter := violation IS NULL
    ),
    nulls_preserved(
      model_col := zip5,
      source_col := zip,
      source := raw.synthea__payers,
      source_filter := violation IS NULL,
      allowed := is_zip_invalid = 1
    )
  ),
  description 'Payers as delivered, typed and cleaned; nothing dropped but what quarantine holds.'
);

SELECT
  source_system,
  @IDENTIFIER(id) AS payer_id,
  TRIM(name) AS payer_name,
  TRIM(address) AS address,
  TRIM(city) AS city,
  TRIM(state_headquartered) AS state,
  @ZIP5(zip) AS zip5,
  @ZIP_PLUS4(zip) AS zip_plus4,
  CASE WHEN NOT zip IS NULL AND @ZIP5(zip) IS NULL THEN 1 ELSE 0 END AS is_zip_invalid,
  TRIM(phone) AS phone
FROM raw.synthea__payers
WHERE
  violation IS NULL
