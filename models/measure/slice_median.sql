/* One row per metric version that is a median and slice: the median and its intervals. */
MODEL (
  name measure.slice_median,
  kind FULL,
  grain (
    metric_code,
    definition_version,
    source_system,
    period,
    organization_key,
    slice,
    slice_value
  ),
  audits (
    unique_grain(
      columns := (
        metric_code,
        definition_version,
        source_system,
        period,
        organization_key,
        slice,
        slice_value
      )
    ),
    not_null(
      columns := (
        metric_code,
        definition_version,
        source_system,
        period,
        organization_key,
        slice,
        slice_value
      )
    )
  ),
  description 'Medians with two 95 % intervals, which need no shape of the distribution: the Wilson interval of the share that lies at or below the median, read off at its ranks (Woodruff 1952). The first takes observations as independent, the second patients, as slice_estimate does for a share. NULL where there are too few values or patients.'
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
    o.patient_key,
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
), median AS (
  SELECT
    metric_code,
    definition_version,
    source_system,
    period_type,
    period,
    organization_key,
    slice,
    slice_value,
    AVG(CASE WHEN ABS(2 * value_rank - n - 1) <= 1 THEN numerator END) AS value
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
), patient_share AS (
  /* How many of a patient's values lie at or below the median. */
  SELECT
    o.metric_code,
    o.definition_version,
    o.source_system,
    o.period_type,
    o.period,
    o.organization_key,
    o.slice,
    o.slice_value,
    o.patient_key,
    COUNT(*) AS n,
    SUM(CASE WHEN o.numerator <= m.value THEN 1 ELSE 0 END) AS n_below
  FROM ranked_observation AS o
  INNER JOIN median AS m
    ON m.metric_code = o.metric_code
    AND m.definition_version = o.definition_version
    AND m.source_system = o.source_system
    AND m.period = o.period
    AND m.organization_key = o.organization_key
    AND m.slice = o.slice
    AND m.slice_value = o.slice_value
  GROUP BY
    1,
    2,
    3,
    4,
    5,
    6,
    7,
    8,
    9
), patient_deviation AS (
  SELECT
    *,
    SUM(n) OVER (
      PARTITION BY metric_code, definition_version, source_system, period, organization_key, slice, slice_value
    ) AS n_all,
    n_below - n * SUM(n_below::DOUBLE) OVER (
      PARTITION BY metric_code, definition_version, source_system, period, organization_key, slice, slice_value
    ) / SUM(n) OVER (
      PARTITION BY metric_code, definition_version, source_system, period, organization_key, slice, slice_value
    ) AS deviation
  FROM patient_share
), slice_deviation AS (
  SELECT
    metric_code,
    definition_version,
    source_system,
    period_type,
    period,
    organization_key,
    slice,
    slice_value,
    n_all,
    COUNT(*) AS n_patients,
    POWER(n_all, 2) / SUM(POWER(n, 2)) AS effective_patients,
    SQRT(SUM(POWER(deviation / NULLIF(1 - n::DOUBLE / n_all, 0), 2))) / n_all AS clustered_error,
    SUM(POWER(deviation, 2)) AS squares,
    SUM(POWER(deviation, 4)) AS fourth_powers
  FROM patient_deviation
  GROUP BY
    1,
    2,
    3,
    4,
    5,
    6,
    7,
    8,
    9
), effective AS (
  SELECT
    *,
    @EFFECTIVE_N(0.5, clustered_error, n_all, effective_patients) AS effective_n,
    @CLUSTERED_DEGREES(squares, fourth_powers, n_patients, effective_patients, 'median') AS clustered_degrees
  FROM slice_deviation
), bounded AS (
  SELECT
    *,
    FLOOR(n_all * @WILSON_LOW(n_all / 2.0, n_all)) AS low_rank,
    FLOOR(
      n_all * @WILSON_T_LOW(effective_n / 2.0, effective_n, @STUDENT_T(clustered_degrees))
    ) AS clustered_low_rank
  FROM effective
)
SELECT
  o.metric_code,
  o.definition_version,
  o.source_system,
  o.period_type,
  o.period,
  o.organization_key,
  o.slice,
  o.slice_value,
  m.value,
  MAX(CASE WHEN o.value_rank = b.low_rank THEN o.numerator END) AS ci_low,
  MAX(CASE WHEN o.value_rank = o.n + 1 - b.low_rank THEN o.numerator END) AS ci_high,
  MAX(CASE WHEN o.value_rank = b.clustered_low_rank THEN o.numerator END) AS clustered_ci_low,
  MAX(CASE WHEN o.value_rank = o.n + 1 - b.clustered_low_rank THEN o.numerator END) AS clustered_ci_high
FROM ranked_observation AS o
INNER JOIN median AS m
  ON m.metric_code = o.metric_code
  AND m.definition_version = o.definition_version
  AND m.source_system = o.source_system
  AND m.period = o.period
  AND m.organization_key = o.organization_key
  AND m.slice = o.slice
  AND m.slice_value = o.slice_value
INNER JOIN bounded AS b
  ON b.metric_code = o.metric_code
  AND b.definition_version = o.definition_version
  AND b.source_system = o.source_system
  AND b.period = o.period
  AND b.organization_key = o.organization_key
  AND b.slice = o.slice
  AND b.slice_value = o.slice_value
GROUP BY
  1,
  2,
  3,
  4,
  5,
  6,
  7,
  8,
  9
