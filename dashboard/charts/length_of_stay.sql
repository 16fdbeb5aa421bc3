-- One row per source, slice and its value.
SELECT
  k.source_system,
  CASE k.slice
    WHEN 'all'
    THEN 'year'
    WHEN 'age_band'
    THEN 'age at admission'
    WHEN 'payer_category'
    THEN 'payer'
    WHEN 'kind_of_stay'
    THEN 'kind of stay'
    ELSE k.slice
  END AS slice,
  CASE WHEN k.slice = 'all' THEN k.period ELSE k.slice_value END AS name,
  k.value,
  k.interval_low AS ci_low,
  k.interval_high AS ci_high,
  k.n,
  k.n_patients,
  k.small_cell_flag,
  m.definition
FROM serving.mart_kpi AS k
INNER JOIN serving.dim_metric AS m
  ON m.metric_code = k.metric_code AND m.definition_version = k.definition_version
WHERE
  k.metric_code = 'alos'
  AND k.definition_version = 'days_cms'
  AND k.organization_key = -2
  AND (
    (
      k.period = 'all' AND k.slice IN ('age_band', 'payer_category', 'kind_of_stay')
    )
    OR (
      k.period_type = 'year' AND k.slice = 'all'
    )
  )
ORDER BY
  slice,
  name,
  k.source_system
