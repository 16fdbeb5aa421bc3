/* One row per payer of the plans of an OMOP feed. */
MODEL (
  name input.omop__payer,
  kind EMBEDDED,
  grain (source_system, payer_id)
);

WITH named AS (
  SELECT
    source_system,
    payer_id,
    payer_name,
    COUNT(*) AS n
  FROM staging.stg_omop__payer_plan_period
  WHERE
    NOT payer_id IS NULL
  GROUP BY
    1,
    2,
    3
)
SELECT
  source_system,
  payer_id,
  ARG_MAX(payer_name, (n, payer_name)) AS payer_name /* Of several, as plans have, the most frequent. */
FROM named
GROUP BY
  1,
  2
