/* One row per kind of insurance of the clinic's extract. */
MODEL (
  name input.clinic__payer,
  kind EMBEDDED,
  grain (source_system, payer_id)
);

SELECT
  source_system,
  insurance AS payer_id,
  insurance AS payer_name
FROM staging.stg_clinic__stays
WHERE
  NOT insurance IS NULL
GROUP BY
  1,
  2
