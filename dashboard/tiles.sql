-- One row per metric, version and source: the headline value with its interval, n and definition.
SELECT
  k.metric_code,
  k.definition_version,
  k.source_system,
  m.metric_label,
  m.population,
  m.tile,
  m.subject,
  m.unit,
  k.value,
  k.n,
  k.n_patients,
  k.interval_low AS ci_low,
  k.interval_high AS ci_high,
  k.small_cell_flag,
  m.definition,
  m.caveat,
  k.not_computable_reason
FROM serving.mart_kpi AS k
INNER JOIN serving.dim_metric AS m
  ON m.metric_code = k.metric_code AND m.definition_version = k.definition_version
WHERE
  k.period = 'all' AND k.organization_key = -2 AND k.slice = 'all'
ORDER BY
  k.metric_code,
  k.definition_version,
  k.source_system
