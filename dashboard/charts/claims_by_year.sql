-- One row per source, year and part of the claims.
WITH year_claim AS (
  SELECT
    claim.source_system,
    claim.period AS year,
    claim.is_partial_period,
    claim.n AS n_encounters,
    claim.n_patients,
    claim.value AS claims,
    gap.value AS non_covered
  FROM serving.mart_kpi AS claim
  INNER JOIN serving.mart_kpi AS gap
    ON gap.source_system = claim.source_system
    AND gap.period = claim.period
    AND gap.organization_key = claim.organization_key
    AND gap.slice = claim.slice
    AND gap.slice_value = claim.slice_value
    AND gap.metric_code = 'noncovered_cost'
    AND gap.definition_version = 'total'
  WHERE
    claim.metric_code = 'tcoc' AND claim.definition_version = 'total' AND claim.slice = 'all' AND claim.period_type = 'year' AND claim.organization_key = -2
)
SELECT
  source_system,
  year,
  is_partial_period,
  n_encounters,
  n_patients,
  claims,
  'covered by a payer' AS part,
  claims - non_covered AS amount
FROM year_claim
UNION ALL
SELECT
  source_system,
  year,
  is_partial_period,
  n_encounters,
  n_patients,
  claims,
  'not covered',
  non_covered
FROM year_claim
ORDER BY
  year,
  part
