/* One row per number of events observed: the exact 95 % limits of the mean of its Poisson distribution. */
MODEL (
  name measure.poisson_limit,
  kind FULL,
  grain n_events,
  audits (
    unique_grain(columns := n_events),
    not_null(columns := (n_events, low, high)),
    forall(criteria := (low <= n_events, high > n_events))
  ),
  description 'Exact limits (Garwood 1936): the means under which as many events or more, or as few or fewer, have a chance of 2.5 %. Found by halving an interval 50 times.'
);

WITH RECURSIVE observed_count AS (
  SELECT DISTINCT
    e.numerator::INT AS n_events
  FROM measure.slice_estimate AS e
  INNER JOIN reference.metric AS m
    ON m.metric_code = e.metric_code
    AND m.definition_version = e.definition_version
    AND m.kind = 'standardized_ratio'
), search AS (
  /* The lower limit is the mean at which n - 1 or fewer have a chance of 97.5 %; for 0 events it is 0. */
  SELECT
    n_events,
    side,
    0::DOUBLE AS low,
    n_events + 8 * SQRT(n_events + 1) + 8 AS high,
    1 AS step
  FROM observed_count
  CROSS JOIN (
    SELECT
      'low' AS side
    UNION ALL
    SELECT
      'high'
  ) AS sides
  UNION ALL
  SELECT
    n_events,
    side,
    CASE
      WHEN chance > CASE WHEN side = 'low' THEN 0.975 ELSE 0.025 END
      THEN middle
      ELSE low
    END,
    CASE
      WHEN chance > CASE WHEN side = 'low' THEN 0.975 ELSE 0.025 END
      THEN high
      ELSE middle
    END,
    step + 1
  FROM (
    SELECT
      *,
      (
        low + high
      ) / 2 AS middle,
      COALESCE(
        LIST_SUM(
          LIST_TRANSFORM(
            RANGE(0, CASE WHEN side = 'low' THEN n_events ELSE n_events + 1 END),
            k -> EXP(k * LN((
              low + high
            ) / 2) - (
              low + high
            ) / 2 - LGAMMA(k + 1))
          )
        ),
        0
      ) AS chance
    FROM search
    WHERE
      step <= 50
  ) AS halved
)
SELECT
  n_events,
  MAX(CASE WHEN side = 'low' AND n_events > 0 THEN (
    low + high
  ) / 2 ELSE 0 END) AS low,
  MAX(CASE WHEN side = 'high' THEN (
    low + high
  ) / 2 END) AS high
FROM search
WHERE
  step = 51
GROUP BY
  1
