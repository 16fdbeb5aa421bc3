/* One row per payer, or kind of insurance where a source names no payer. */
MODEL (
  name core.int_payer,
  kind FULL,
  grain (source_system, payer_id),
  audits (
    unique_grain(columns := (source_system, payer_id)),
    not_null(columns := (source_system, payer_id, payer_name))
  ),
  description 'Payers of both families: the patient records name the kind of insurance, as it is written there.'
);

SELECT
  source_system,
  payer_id,
  payer_name,
  city,
  state,
  zip5
FROM staging.stg_synthea__payers
UNION ALL
SELECT
  source_system,
  insurance_type AS payer_id,
  insurance_type AS payer_name,
  NULL AS city,
  NULL AS state,
  NULL AS zip5
FROM staging.stg_ehr__patients
WHERE
  NOT insurance_type IS NULL
GROUP BY
  1,
  2
