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
  LOWER(TRIM(ownership)) AS ownership,
  TRIM(address) AS address,
  TRIM(city) AS city,
  TRIM(state_headquartered) AS state,
  @ZIP5(zip) AS zip5,
  @ZIP_PLUS4(zip) AS zip_plus4,
  CASE WHEN NOT zip IS NULL AND @ZIP5(zip) IS NULL THEN 1 ELSE 0 END AS is_zip_invalid,
  TRIM(phone) AS phone,
  amount_covered::DECIMAL(14, 2) AS amount_covered,
  amount_uncovered::DECIMAL(14, 2) AS amount_uncovered,
  revenue::DECIMAL(14, 2) AS revenue,
  covered_encounters::BIGINT AS covered_encounters,
  uncovered_encounters::BIGINT AS uncovered_encounters,
  covered_medications::BIGINT AS covered_medications,
  uncovered_medications::BIGINT AS uncovered_medications,
  covered_procedures::BIGINT AS covered_procedures,
  uncovered_procedures::BIGINT AS uncovered_procedures,
  covered_immunizations::BIGINT AS covered_immunizations,
  uncovered_immunizations::BIGINT AS uncovered_immunizations,
  encounter_utilization::BIGINT AS encounter_count,
  unique_customers::BIGINT AS unique_customers,
  qols_avg::DOUBLE AS average_quality_of_life,
  member_months::BIGINT AS member_months
FROM raw.synthea__payers
WHERE
  violation IS NULL
