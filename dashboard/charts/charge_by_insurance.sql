-- One row per source, payer and way to average the charges.
SELECT
  k.source_system,
  k.slice_value AS payer,
  CASE k.definition_version WHEN 'mean' THEN 'mean charge' ELSE 'adjusted for group, days and age' END AS statistic,
  k.value,
  k.interval_low AS ci_low,
  k.interval_high AS ci_high,
  k.n,
  adjusted.denominator AS standard_share,
  k.small_cell_flag
FROM serving.mart_kpi AS k
LEFT JOIN serving.mart_kpi AS adjusted
  ON adjusted.metric_code = k.metric_code
  AND adjusted.definition_version = 'adjusted'
  AND adjusted.source_system = k.source_system
  AND adjusted.period = k.period
  AND adjusted.organization_key = k.organization_key
  AND adjusted.slice = k.slice
  AND adjusted.slice_value = k.slice_value
WHERE
  k.metric_code = 'charge_per_stay'
  AND k.definition_version IN ('mean', 'adjusted')
  AND k.period = 'all'
  AND k.organization_key = -2
  AND k.slice = 'payer'
ORDER BY
  payer,
  statistic DESC
