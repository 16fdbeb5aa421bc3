/* One row per kind of insurance of the patient records, which name no payers. */
MODEL (
  name input.ehr__payer,
  kind EMBEDDED,
  grain (source_system, payer_id)
);

SELECT
  source_system,
  insurance_type AS payer_id,
  insurance_type AS payer_name
FROM staging.stg_ehr__patients
WHERE
  NOT insurance_type IS NULL
GROUP BY
  1,
  2
