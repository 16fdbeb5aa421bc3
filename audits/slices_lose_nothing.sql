AUDIT (
  name slices_lose_nothing
);

/* Summed over patients, the whole of each metric and each slice that any metric of the subject has is what was observed: nothing is dropped or doubled. */
WITH observed AS (
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
), known_slice AS (
  SELECT
    'all' AS slice
  UNION
  SELECT
    slice
  FROM @this_model
), sliced AS (
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
), expected AS (
  SELECT
    o.*,
    s.slice
  FROM observed AS o
  CROSS JOIN known_slice AS s
)
SELECT
  COALESCE(e.metric_code, sliced.metric_code) AS metric_code,
  COALESCE(e.definition_version, sliced.definition_version) AS definition_version,
  COALESCE(e.source_system, sliced.source_system) AS source_system,
  COALESCE(e.slice, sliced.slice) AS slice,
  e.n AS n_observed,
  sliced.n AS n_sliced
FROM expected AS e
FULL JOIN sliced
  ON sliced.metric_code = e.metric_code
  AND sliced.definition_version = e.definition_version
  AND sliced.source_system = e.source_system
  AND sliced.slice = e.slice
WHERE
  e.n IS NULL
  OR sliced.n IS NULL
  OR (
    e.by_patient = ''
    AND (
      e.n <> sliced.n
      OR e.numerator <> sliced.numerator
      OR e.denominator <> sliced.denominator
    )
  )
