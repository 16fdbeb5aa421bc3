AUDIT (
  name slices_lose_nothing
);

/* Summed over patients, the slice `all` of each metric is what was observed: slicing drops and doubles nothing. */
SELECT
  observed.metric_code,
  observed.definition_version,
  observed.total AS observed_total,
  sliced.total AS sliced_total
FROM (
  SELECT
    metric_code,
    definition_version,
    SUM(numerator) AS total,
    COUNT(*) AS n
  FROM measure.observation
  GROUP BY
    1,
    2
) AS observed
FULL JOIN (
  SELECT
    metric_code,
    definition_version,
    SUM(numerator) AS total,
    SUM(n) AS n
  FROM @this_model
  WHERE
    slice = 'all'
  GROUP BY
    1,
    2
) AS sliced
  ON sliced.metric_code = observed.metric_code
  AND sliced.definition_version = observed.definition_version
WHERE
  observed.total IS DISTINCT FROM sliced.total
  OR observed.n IS DISTINCT FROM sliced.n
