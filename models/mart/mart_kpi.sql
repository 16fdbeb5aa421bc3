/* One row per metric version, source and slice: the value, what it is made of and how sure it is. */
MODEL (
  name mart.mart_kpi,
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
  depends_on (
    reference.metric
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
        period_type,
        period,
        organization_key,
        slice,
        slice_value,
        is_partial_period,
        n,
        small_cell_flag,
        basis
      )
    ),
    references_resolve(model_col := metric_code, parent := reference.metric, parent_col := metric_code),
    every_metric_is_answered,
    forall(
      criteria := (
        (
          basis = 'not_computable'
        ) = (
          value IS NULL
        ),
        (
          basis = 'not_computable'
        ) = (
          NOT not_computable_reason IS NULL
        ),
        value BETWEEN ci_low AND ci_high OR ci_low IS NULL,
        value BETWEEN clustered_ci_low AND clustered_ci_high OR clustered_ci_low IS NULL
      )
    )
  ),
  description 'Every metric with its numerator, denominator, n, interval, small-cell flag, basis and benchmark. What cannot be computed has a row too, without a value.',
  column_descriptions (
    metric_code = 'Code of the metric; joins dim_metric.',
    definition_version = 'Version of its definition; joins dim_metric.',
    source_system = 'Source whose data it describes.',
    period_type = 'all, year or month.',
    period = 'all, a year as 2024, or a month as 2024-03.',
    organization_key = 'Hospital; joins dim_organization; -2 for all hospitals of the source.',
    slice = 'What the observations are sliced by: all, or a slice of seeds/metric_slice.csv; charges by diagnosis, differences of rates and failing checks have slices of their own.',
    slice_value = 'Value of the slice.',
    period_start = 'First day of the year or month; NULL for all.',
    period_end = 'Last day of the year or month; NULL for all.',
    is_partial_period = '1 where the records of the source do not cover the whole period, or the follow-up after it, else 0.',
    numerator = 'Sum above the line; NULL where not computable.',
    denominator = 'Sum below the line; NULL for totals and medians, and where not computable.',
    value = 'The value in the unit of dim_metric; NULL where not computable, never 0 for that.',
    n = 'Observations.',
    n_patients = 'Patients they belong to; NULL for failing checks, which belong to no patient.',
    ci_low = 'Lower end of the 95 % interval of independent observations; NULL where the metric has none.',
    ci_high = 'Upper end of the same.',
    ci_method = 'Wilson, Student t on the log scale, exact Poisson or order statistics; NULL without an interval.',
    clustered_ci_low = 'Lower end of the 95 % interval that takes patients, not events, as independent; NULL for totals, and where the patients are too few or too unlike for one.',
    clustered_ci_high = 'Upper end of the same.',
    clustered_method = 'By patient: Wilson with effective n, ratio estimator on the log scale, Woodruff, or for a standardized ratio the wider of exact Poisson and ratio estimator; NULL without an interval.',
    interval_low = 'Lower end of the interval to show: the one by patient, or the plain one where a model of its own computes the metric. NULL where the patients are too few for one.',
    interval_high = 'Upper end of the same.',
    small_cell_flag = '1 below 30 observations, 11 patients, for a proportion 5 events or 5 others, for a standardized ratio 5 expected, else 0.',
    basis = 'derived from dates and amounts, source_asserted by a flag of the feed, or not_computable.',
    not_computable_reason = 'Why there is no value; NULL where there is one.',
    benchmark_value = 'Value that others published; NULL where there is none.',
    benchmark_source = 'Where the benchmark comes from.',
    benchmark_is_comparable = '1 where the benchmark counts the same thing, else 0; NULL without one.'
  )
);

WITH estimate AS (
  SELECT
    e.*,
    m.kind,
    m.basis,
    m.followup_days,
    CASE
      WHEN m.kind = 'total'
      THEN e.numerator::DOUBLE
      WHEN m.kind = 'median'
      THEN median.value::DOUBLE
      WHEN m.kind = 'geometric_mean'
      THEN EXP(e.value)
      ELSE e.value
    END AS metric_value,
    median.ci_low AS median_low,
    median.ci_high AS median_high,
    median.clustered_ci_low AS clustered_median_low,
    median.clustered_ci_high AS clustered_median_high,
    @POISSON_LOW(e.numerator::DOUBLE) / NULLIF(e.denominator, 0)::DOUBLE AS poisson_low,
    @POISSON_HIGH(e.numerator::DOUBLE) / NULLIF(e.denominator, 0)::DOUBLE AS poisson_high,
    @EFFECTIVE_N(e.value, e.clustered_error, e.n, e.effective_patients) AS effective_n,
    CASE
      WHEN m.kind = 'proportion'
      OR (
        m.kind = 'ratio' AND m.unit = 'share' AND e.value > 0 AND e.value < 1
      )
      THEN 1
      ELSE 0
    END AS is_share,
    m.lowest,
    CASE WHEN m.kind = 'geometric_mean' THEN EXP(e.value) ELSE 1 END AS log_scale, /* Of a mean of logarithms: by as much its error grows where the logarithm is taken back. */
    CASE
      WHEN e.period_type = 'year'
      THEN MAKE_DATE(e.period::INT, 1, 1)
      WHEN e.period_type = 'month'
      THEN (
        e.period || '-01'
      )::DATE
    END AS period_start
  FROM measure.slice_estimate AS e
  INNER JOIN reference.metric AS m
    ON m.metric_code = e.metric_code AND m.definition_version = e.definition_version
  LEFT JOIN measure.slice_median AS median
    ON median.metric_code = e.metric_code
    AND median.definition_version = e.definition_version
    AND median.source_system = e.source_system
    AND median.period = e.period
    AND median.organization_key = e.organization_key
    AND median.slice = e.slice
    AND median.slice_value = e.slice_value
), dated_estimate AS (
  SELECT
    *,
    @LOG_LOW(metric_value, mean_error * log_scale, lowest, mean_t) AS mean_low,
    @LOG_HIGH(metric_value, mean_error * log_scale, lowest, mean_t) AS mean_high,
    @LOG_LOW(metric_value, clustered_error * log_scale, lowest, clustered_t) AS ratio_low,
    @LOG_HIGH(metric_value, clustered_error * log_scale, lowest, clustered_t) AS ratio_high,
    CASE
      WHEN period_type = 'year'
      THEN (
        period_start + INTERVAL '1' YEAR - INTERVAL '1' DAY
      )::DATE
      WHEN period_type = 'month'
      THEN (
        period_start + INTERVAL '1' MONTH - INTERVAL '1' DAY
      )::DATE
    END AS period_end
  FROM estimate
), answered_metric AS (
  SELECT
    e.metric_code,
    e.definition_version,
    e.source_system,
    e.period_type,
    e.period,
    e.organization_key,
    e.slice,
    e.slice_value,
    e.period_start,
    e.period_end,
    CASE
      WHEN e.period_start < o.observed_from::DATE
      OR e.period_end + e.followup_days > o.observed_until::DATE
      THEN 1
      ELSE 0
    END AS is_partial_period,
    e.numerator,
    CASE WHEN NOT e.kind IN ('total', 'median') THEN e.denominator END AS denominator,
    e.metric_value AS value,
    e.n,
    e.n_patients,
    CASE
      WHEN e.kind = 'proportion'
      THEN @WILSON_LOW(e.numerator::DOUBLE, e.denominator::DOUBLE)
      WHEN e.kind IN ('mean', 'geometric_mean')
      THEN e.mean_low
      WHEN e.kind = 'median'
      THEN e.median_low::DOUBLE
      WHEN e.kind = 'standardized_ratio'
      THEN e.poisson_low
    END AS ci_low,
    CASE
      WHEN e.kind = 'proportion'
      THEN @WILSON_HIGH(e.numerator::DOUBLE, e.denominator::DOUBLE)
      WHEN e.kind IN ('mean', 'geometric_mean')
      THEN e.mean_high
      WHEN e.kind = 'median'
      THEN e.median_high::DOUBLE
      WHEN e.kind = 'standardized_ratio'
      THEN e.poisson_high
    END AS ci_high,
    CASE
      WHEN e.kind = 'proportion'
      THEN 'Wilson'
      WHEN e.kind IN ('mean', 'geometric_mean')
      THEN 'Student t on the log scale'
      WHEN e.kind = 'median'
      THEN 'order statistics'
      WHEN e.kind = 'standardized_ratio'
      THEN 'exact Poisson'
    END AS ci_method,
    CASE
      WHEN e.is_share = 1
      THEN @WILSON_T_LOW(e.value * e.effective_n, e.effective_n, e.clustered_t)
      WHEN e.kind IN ('mean', 'ratio', 'geometric_mean')
      THEN e.ratio_low
      WHEN e.kind = 'median'
      THEN e.clustered_median_low::DOUBLE
      WHEN e.kind = 'standardized_ratio' AND NOT e.clustered_t IS NULL
      THEN LEAST(COALESCE(e.ratio_low, e.poisson_low), e.poisson_low)
    END AS clustered_ci_low,
    CASE
      WHEN e.is_share = 1
      THEN @WILSON_T_HIGH(e.value * e.effective_n, e.effective_n, e.clustered_t)
      WHEN e.kind IN ('mean', 'ratio', 'geometric_mean')
      THEN e.ratio_high
      WHEN e.kind = 'median'
      THEN e.clustered_median_high::DOUBLE
      WHEN e.kind = 'standardized_ratio' AND NOT e.clustered_t IS NULL
      THEN GREATEST(COALESCE(e.ratio_high, e.poisson_high), e.poisson_high)
    END AS clustered_ci_high,
    CASE
      WHEN e.is_share = 1
      THEN 'Wilson with effective n'
      WHEN e.kind IN ('mean', 'ratio', 'geometric_mean')
      THEN 'ratio estimator on the log scale'
      WHEN e.kind = 'median'
      THEN 'Woodruff'
      WHEN e.kind = 'standardized_ratio'
      THEN 'wider of exact Poisson and ratio estimator'
    END AS clustered_method,
    @SMALL_CELL(e.n, e.n_patients, e.numerator, e.denominator, e.kind) AS small_cell_flag,
    e.basis,
    1 AS is_by_patient
  FROM dated_estimate AS e
  INNER JOIN core.int_observed_period AS o
    ON o.source_system = e.source_system
  WHERE
    NOT e.metric_value IS NULL
  UNION ALL
  SELECT
    e.metric_code,
    e.definition_version,
    e.source_system,
    'all',
    'all',
    e.organization_key,
    e.slice,
    e.slice_value,
    NULL,
    NULL,
    0,
    e.numerator,
    e.denominator,
    e.value,
    e.n,
    e.n_patients,
    e.ci_low,
    e.ci_high,
    e.ci_method,
    NULL,
    NULL,
    NULL,
    @SMALL_CELL(e.n, e.n_patients, e.numerator, e.denominator, m.kind),
    m.basis,
    0
  FROM measure.computed_estimate AS e
  INNER JOIN reference.metric AS m
    ON m.metric_code = e.metric_code AND m.definition_version = e.definition_version
  INNER JOIN core.int_metric_input AS input
    ON input.source_system = e.source_system
    AND input.metric_code = e.metric_code
    AND input.definition_version = e.definition_version
    AND input.is_computable = 1
  WHERE
    NOT e.value IS NULL
), unanswered_metric AS (
  SELECT
    m.metric_code,
    m.definition_version,
    i.source_system,
    m.basis,
    CASE
      WHEN m.kind = 'total' AND i.is_computable = 1 AND m.not_computable_reason IS NULL
      THEN 0
    END AS counted_total, /* A total of a feed that delivers what it takes, and of which nothing was observed, is 0: it was counted. */
    COALESCE(
      'The feed does not deliver: ' || i.missing_input || '.',
      m.not_computable_reason,
      'The feed delivers what it takes, but the denominator is 0: ' || m.denominator_rule || '.',
      'The feed delivers what it takes, but there is nothing to count.' /* A median has no denominator. */
    ) AS not_computable_reason
  FROM reference.metric AS m
  INNER JOIN core.int_metric_input AS i
    ON i.metric_code = m.metric_code AND i.definition_version = m.definition_version
  LEFT JOIN answered_metric AS a
    ON a.metric_code = m.metric_code
    AND a.definition_version = m.definition_version
    AND a.source_system = i.source_system
    AND a.period = 'all'
    AND a.organization_key = -2
    AND a.slice = 'all'
  WHERE
    a.metric_code IS NULL
), kpi AS (
  SELECT
    *,
    NULL AS not_computable_reason
  FROM answered_metric
  UNION ALL
  SELECT
    metric_code,
    definition_version,
    source_system,
    'all',
    'all',
    -2,
    'all',
    'all',
    NULL,
    NULL,
    0,
    counted_total,
    NULL,
    counted_total,
    0,
    0,
    NULL,
    NULL,
    NULL,
    NULL,
    NULL,
    NULL,
    1,
    CASE WHEN counted_total IS NULL THEN 'not_computable' ELSE basis END,
    1,
    CASE WHEN counted_total IS NULL THEN not_computable_reason END
  FROM unanswered_metric
)
SELECT
  k.metric_code::TEXT AS metric_code,
  k.definition_version::TEXT AS definition_version,
  k.source_system::TEXT AS source_system,
  k.period_type::TEXT AS period_type,
  k.period::TEXT AS period,
  k.organization_key::BIGINT AS organization_key,
  k.slice::TEXT AS slice,
  k.slice_value::TEXT AS slice_value,
  k.period_start::DATE AS period_start,
  k.period_end::DATE AS period_end,
  k.is_partial_period::SMALLINT AS is_partial_period,
  k.numerator::DECIMAL(20, 6) AS numerator,
  k.denominator::DECIMAL(20, 6) AS denominator,
  k.value::DECIMAL(20, 6) AS value,
  k.n::BIGINT AS n,
  k.n_patients::BIGINT AS n_patients,
  CASE WHEN NOT k.ci_high IS NULL THEN k.ci_low END::DECIMAL(20, 6) AS ci_low,
  k.ci_high::DECIMAL(20, 6) AS ci_high,
  CASE WHEN NOT k.ci_high IS NULL THEN k.ci_method END::TEXT AS ci_method,
  k.clustered_ci_low::DECIMAL(20, 6) AS clustered_ci_low,
  k.clustered_ci_high::DECIMAL(20, 6) AS clustered_ci_high,
  CASE WHEN NOT k.clustered_ci_high IS NULL THEN k.clustered_method END::TEXT AS clustered_method,
  CASE WHEN k.is_by_patient = 1 THEN k.clustered_ci_low ELSE k.ci_low END::DECIMAL(20, 6) AS interval_low,
  CASE WHEN k.is_by_patient = 1 THEN k.clustered_ci_high ELSE k.ci_high END::DECIMAL(20, 6) AS interval_high,
  k.small_cell_flag::SMALLINT AS small_cell_flag,
  k.basis::TEXT AS basis,
  k.not_computable_reason::TEXT AS not_computable_reason,
  b.benchmark_value::DECIMAL(18, 6) AS benchmark_value,
  b.source::TEXT AS benchmark_source,
  b.is_comparable::SMALLINT AS benchmark_is_comparable
FROM kpi AS k
LEFT JOIN reference.benchmark AS b
  ON b.metric_code = k.metric_code AND b.definition_version = k.definition_version
