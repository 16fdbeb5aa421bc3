AUDIT (
  name additive_cells_add_up
);

/* The cells of each metric add up to its sums over patients: those that mart_kpi is made of, also where they give no value. */
SELECT
  c.metric_code,
  c.definition_version,
  c.source_system
FROM (
  SELECT
    metric_code,
    definition_version,
    source_system,
    SUM(n) AS n,
    SUM(numerator) AS numerator
  FROM @this_model
  GROUP BY
    1,
    2,
    3
) AS c
LEFT JOIN measure.slice_estimate AS e
  ON e.metric_code = c.metric_code
  AND e.definition_version = c.definition_version
  AND e.source_system = c.source_system
  AND e.period = 'all'
  AND e.organization_key = -2
  AND e.slice = 'all'
WHERE
  e.metric_code IS NULL OR e.n <> c.n OR ABS(e.numerator - c.numerator) > 0.001
