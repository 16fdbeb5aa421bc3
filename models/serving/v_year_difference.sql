/* One row per source, metric shown first and whole year: whether the year differs from all years, and by chance alone how many would. */
MODEL (
  name serving.v_year_difference,
  gateway serving,
  dialect mysql,
  kind VIEW,
  grain (source_system, metric_code, definition_version, year_label),
  audits (
    unique_grain(columns := (source_system, metric_code, definition_version, year_label))
  ),
  description 'Whole years of the metrics that are shown first, as mart_kpi has them, beside the value of all years. A year differs where its 95 % interval does not hold that value. Many years are tried: years_tried says how many of the source, and one in twenty differs by chance alone.',
  column_descriptions (
    source_system = 'Source that delivered it.',
    metric_code = 'Code of the metric; joins dim_metric.',
    definition_version = 'Version of its definition; joins dim_metric.',
    year_label = 'Year.',
    value = 'Value of the year.',
    interval_low = 'Lower end of its 95 % interval.',
    interval_high = 'Upper end of its 95 % interval.',
    n = 'Observations of the year.',
    whole_value = 'Value of all years.',
    differs = '1 where the interval of the year does not hold the value of all years, else 0.',
    years_tried = 'Years of the source that are compared so, over all metrics.',
    differ_by_chance = 'Years that would differ if none did: one in twenty of years_tried.'
  )
);

SELECT
  y.source_system,
  y.metric_code,
  y.definition_version,
  y.period AS year_label,
  y.value,
  y.interval_low,
  y.interval_high,
  y.n,
  whole.value AS whole_value,
  CASE WHEN whole.value BETWEEN y.interval_low AND y.interval_high THEN 0 ELSE 1 END AS differs,
  COUNT(*) OVER (PARTITION BY y.source_system) AS years_tried,
  CAST(COUNT(*) OVER (PARTITION BY y.source_system) / 20.0 AS DECIMAL(9, 2)) AS differ_by_chance
FROM serving.mart_kpi AS y
INNER JOIN serving.dim_metric AS m
  ON m.metric_code = y.metric_code
  AND m.definition_version = y.definition_version
  AND m.is_default = 1
INNER JOIN serving.mart_kpi AS whole
  ON whole.metric_code = y.metric_code
  AND whole.definition_version = y.definition_version
  AND whole.source_system = y.source_system
  AND whole.period = 'all'
  AND whole.organization_key = -2
  AND whole.slice = 'all'
WHERE
  y.period_type = 'year'
  AND y.organization_key = -2
  AND y.slice = 'all'
  AND y.is_partial_period = 0
  AND y.small_cell_flag = 0
  AND NOT y.interval_low IS NULL
