/* One row per payer that claims, explanations of benefit and coverages of a FHIR export name. */
MODEL (
  name input.fhir__payer,
  kind EMBEDDED,
  grain (source_system, payer_id)
);

WITH named AS (
  SELECT
    source_system,
    payer_id,
    payer_name
  FROM staging.stg_fhir__claims
  UNION ALL
  SELECT
    source_system,
    payer_id,
    payer_name
  FROM staging.stg_fhir__explanations_of_benefit
  UNION ALL
  SELECT
    source_system,
    payer_id,
    payer_name
  FROM staging.stg_fhir__coverages
)
SELECT
  source_system,
  payer_id,
  MIN(COALESCE(payer_name, payer_id)) AS payer_name
FROM named
WHERE
  NOT payer_id IS NULL
GROUP BY
  1,
  2
