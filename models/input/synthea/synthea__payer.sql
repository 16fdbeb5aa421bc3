/* One row per payer of a Synthea export. */
MODEL (
  name input.synthea__payer,
  kind EMBEDDED,
  grain (source_system, payer_id)
);

SELECT
  source_system,
  payer_id,
  payer_name,
  city,
  state,
  zip5
FROM staging.stg_synthea__payers
