/* One row per metric version that is a median and slice: the median and its interval. */
MODEL (
  name measure.slice_median,
  kind FULL,
  grain (metric_code, definition_version, source_system, period, organization_key, slice, slice_value),
  audits (
    unique_grain(
      columns := (metric_code, definition_version, source_system, period, organization_key, slice, slice_value)
    ),
    not_null(
      columns := (metric_code, definition_version, source_system, period, organization_key, slice, slice_value)
    )
  ),
  description 'Medians with the 95 % interval by order statistics: the values at the ranks n / 2 -+ 0.98 * sqrt(n), which need no shape of the distribution; NULL where there are too few values.'
);

WITH observation AS (
  @MEDIAN_OBSERVATIONS()
), ranked_observation AS (
  SELECT
    o.metric_code,
    o.definition_version,
    o.source_system,
    o.period_type,
    o.period,
    o.organization_key,
    o.slice,
    o.slice_value,
    o.numerator,
    ROW_NUMBER() OVER (
      PARTITION BY o.metric_code, o.definition_version, o.source_system, o.period, o.organization_key, o.slice, o.slice_value
      ORDER BY o.numerator
    ) AS value_rank,
    COUNT(*) OVER (
      PARTITION BY o.metric_code, o.definition_version, o.source_system, o.period, o.organization_key, o.slice, o.slice_value
    ) AS n
  FROM observation AS o
  WHERE
    NOT o.period IS NULL
)
SELECT
  metric_code,
  definition_version,
  source_system,
  period_type,
  period,
  organization_key,
  slice,
  slice_value,
  AVG(CASE WHEN ABS(2 * value_rank - n - 1) <= 1 THEN numerator END) AS value,
  MAX(CASE WHEN value_rank = FLOOR(n / 2.0 - 0.98 * SQRT(n)) THEN numerator END) AS ci_low,
  MAX(
    CASE WHEN value_rank = n + 1 - FLOOR(n / 2.0 - 0.98 * SQRT(n)) THEN numerator END
  ) AS ci_high
FROM ranked_observation
GROUP BY
  1,
  2,
  3,
  4,
  5,
  6,
  7,
  8
