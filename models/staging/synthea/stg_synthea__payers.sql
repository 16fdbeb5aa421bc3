/* One row per payer of the Synthea export. */
MODEL (
  name staging.stg_synthea__payers,
  kind FULL,
  grain payer_id,
  depends_on (
    quarantine.synthea__payers
  ),
  audits (
    unique_grain(columns := payer_id),
    not_null(columns := payer_id),
    rows_preserved(source := raw.synthea__payers, quarantine := quarantine.synthea__payers),
    nulls_preserved(
      model_col := address,
      source_col := address,
      source := raw.synthea__payers,
      source_filter := violation IS NULL
    )
  ),
  description 'Payers as delivered, typed and cleaned; nothing dropped but what quarantine holds.'
);

SELECT
  'synthea' AS source_system,
  @IDENTIFIER(id) AS payer_id,
  TRIM(name) AS payer_name,
  TRIM(address) AS address,
  TRIM(city) AS city,
  TRIM(state_headquartered) AS state,
  @ZIP5(zip) AS zip5,
  @ZIP_PLUS4(zip) AS zip_plus4,
  TRIM(phone) AS phone
FROM raw.synthea__payers
WHERE
  violation IS NULL
