-- One row per source, slice of index admissions and its value: of the rate nearest to CMS that can be expected.
WITH shown AS (
  SELECT
    source_system,
    MAX(definition_version) AS definition_version
  FROM serving.mart_kpi
  WHERE
    metric_code = 'readmission_oe'
    AND period = 'all'
    AND organization_key = -2
    AND slice = 'all'
    AND NOT value IS NULL
  GROUP BY
    source_system
)
SELECT
  k.source_system,
  CASE k.slice WHEN 'payer_category' THEN 'payer' ELSE 'year' END AS slice,
  CASE WHEN k.slice = 'all' THEN k.period ELSE k.slice_value END AS name,
  k.value,
  k.interval_low AS ci_low,
  k.interval_high AS ci_high,
  k.numerator,
  k.denominator AS expected,
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
  k.metric_code = 'readmission_oe'
  AND k.organization_key = -2
  AND (
    (
      k.period = 'all' AND k.slice = 'payer_category'
    )
    OR (
      k.period_type = 'year' AND k.slice = 'all'
    )
  )
ORDER BY
  k.source_system,
  slice,
  name
