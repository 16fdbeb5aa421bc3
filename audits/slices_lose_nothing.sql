AUDIT (
  name slices_lose_nothing
);

/* Summed over patients, the whole of each metric and each of its slices is what was observed: nothing is dropped or doubled. */
SELECT
  sliced.metric_code,
  sliced.definition_version,
  sliced.source_system,
  sliced.slice,
  observed.n AS n_observed,
  sliced.n AS n_sliced
FROM (
  SELECT
    metric_code,
    definition_version,
    source_system,
    by_patient,
    SUM(numerator) AS numerator,
    SUM(denominator) AS denominator,
    COUNT(*) AS n
  FROM @observation
  GROUP BY
    1,
    2,
    3,
    4
) AS observed
FULL JOIN (
  SELECT
    metric_code,
    definition_version,
    source_system,
    slice,
    SUM(numerator) AS numerator,
    SUM(denominator) AS denominator,
    SUM(n) AS n
  FROM @this_model
  WHERE
    period = 'all' AND organization_key = -2
  GROUP BY
    1,
    2,
    3,
    4
) AS sliced
  ON sliced.metric_code = observed.metric_code
  AND sliced.definition_version = observed.definition_version
  AND sliced.source_system = observed.source_system
WHERE
  observed.n IS NULL
  OR sliced.n IS NULL
  OR (
    observed.by_patient = ''
    AND (
      observed.n <> sliced.n
      OR observed.numerator <> sliced.numerator
      OR observed.denominator <> sliced.denominator
    )
  )
