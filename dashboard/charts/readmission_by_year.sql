-- One row per source, readmission rate and year of discharge.
SELECT
  k.definition_version AS definition_code,
  m.metric_label AS rate,
  k.source_system,
  k.period AS year,
  k.is_partial_period,
  k.value,
  k.interval_low AS ci_low,
  k.interval_high AS ci_high,
  k.numerator,
  k.n,
  k.n_patients,
  k.small_cell_flag,
  m.definition
FROM serving.mart_kpi AS k
INNER JOIN serving.dim_metric AS m
  ON m.metric_code = k.metric_code AND m.definition_version = k.definition_version
WHERE
  k.metric_code = 'readmission'
  AND k.definition_version IN ('R3', 'R5', 'R6', 'R8')
  AND k.slice = 'all' AND k.period_type = 'year' AND k.organization_key = -2
ORDER BY
  CASE k.definition_version WHEN 'R6' THEN 1 WHEN 'R8' THEN 2 WHEN 'R5' THEN 3 ELSE 4 END,
  k.period
