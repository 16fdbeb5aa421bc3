-- One row per source, slice and its value: of acute stays by day of death where the source has it, else by its flag.
WITH shown AS (
  SELECT
    source_system,
    MIN(definition_version) AS definition_version
  FROM serving.mart_kpi
  WHERE
    metric_code = 'mortality'
    AND definition_version IN ('in_hospital_acute', 'in_hospital_flag')
    AND period = 'all'
    AND organization_key = -2
    AND slice = 'all'
    AND NOT value IS NULL
  GROUP BY
    source_system
)
SELECT
  k.source_system,
  CASE k.slice
    WHEN 'age_band'
    THEN 'age at admission'
    WHEN 'payer_category'
    THEN 'payer'
    WHEN 'kind_of_stay'
    THEN 'kind of stay'
    ELSE 'year'
  END AS slice,
  CASE WHEN k.slice = 'all' THEN k.period ELSE k.slice_value END AS name,
  k.value,
  k.interval_low AS ci_low,
  k.interval_high AS ci_high,
  k.numerator AS n_deaths,
  k.n,
  k.n_patients,
  k.small_cell_flag,
  m.definition
FROM serving.mart_kpi AS k
INNER JOIN shown AS s
  ON s.source_system = k.source_system AND s.definition_version = k.definition_version
INNER JOIN serving.dim_metric AS m
  ON m.metric_code = k.metric_code AND m.definition_version = k.definition_version
WHERE
  k.metric_code = 'mortality'
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
