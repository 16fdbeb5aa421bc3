AUDIT (
  name additive_cells_add_up
);

/* The cells of each metric add up to its row of mart_kpi for the whole. */
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
INNER JOIN mart.mart_kpi AS k
  ON k.metric_code = c.metric_code
  AND k.definition_version = c.definition_version
  AND k.source_system = c.source_system
  AND k.period = 'all'
  AND k.organization_key = -2
  AND k.slice = 'all'
WHERE
  k.n <> c.n OR ABS(k.numerator - c.numerator) > 0.001
