/* One row per metric version and slice: its sums, and how much they vary between observations and between patients. */
MODEL (
  name measure.slice_estimate,
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
  description 'Ratios of sums with two standard errors: that of independent observations, and that of the ratio estimator with patients as clusters (Cochran, Sampling Techniques, 3rd ed., 1977, chapters 6 and 9A), which is robust however alike the events of one patient are. Each patient is compared with the ratio of the others, as in CR3 (Bell and McCaffrey 2002): otherwise a patient who makes up most of a ratio would hide his own distance from it. Effective patients: as many of equal size would carry as much information.'
);

WITH slice_total AS (
  SELECT
    metric_code,
    definition_version,
    source_system,
    period_type,
    period,
    organization_key,
    slice,
    slice_value,
    SUM(n) AS n,
    COUNT(*) AS n_patients,
    SUM(numerator) AS numerator,
    SUM(denominator) AS denominator,
    SUM(numerator)::DOUBLE / NULLIF(SUM(denominator), 0)::DOUBLE AS value,
    SUM(sum_of_squares) AS sum_of_squares,
    POWER(SUM(denominator)::DOUBLE, 2) / NULLIF(SUM(POWER(denominator::DOUBLE, 2)), 0) AS effective_patients
  FROM measure.patient_slice
  GROUP BY
    1,
    2,
    3,
    4,
    5,
    6,
    7,
    8
), patient_deviation AS (
  SELECT
    p.metric_code,
    p.definition_version,
    p.source_system,
    p.period_type,
    p.period,
    p.organization_key,
    p.slice,
    p.slice_value,
    p.numerator::DOUBLE - t.value * p.denominator::DOUBLE AS deviation,
    1 - p.denominator::DOUBLE / NULLIF(t.denominator, 0)::DOUBLE AS share_of_others
  FROM measure.patient_slice AS p
  INNER JOIN slice_total AS t
    ON t.metric_code = p.metric_code
    AND t.definition_version = p.definition_version
    AND t.source_system = p.source_system
    AND t.period = p.period
    AND t.organization_key = p.organization_key
    AND t.slice = p.slice
    AND t.slice_value = p.slice_value
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
    SUM(POWER(deviation / NULLIF(share_of_others, 0), 2)) AS squares_from_others,
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
    8
), estimate AS (
  SELECT
    t.metric_code,
    t.definition_version,
    t.source_system,
    t.period_type,
    t.period,
    t.organization_key,
    t.slice,
    t.slice_value,
    t.n,
    t.n_patients,
    t.numerator,
    t.denominator,
    t.value,
    NULLIF(
      SQRT(
        GREATEST(t.sum_of_squares - t.n * POWER(t.numerator::DOUBLE / t.n, 2), 0) / NULLIF(t.n - 1, 0) / t.n
      ),
      0
    ) AS mean_error,
    SQRT(d.squares_from_others / NULLIF(POWER(t.denominator::DOUBLE, 2), 0)) AS clustered_error,
    t.effective_patients,
    @CLUSTERED_DEGREES(d.squares, d.fourth_powers, t.n_patients, t.effective_patients, m.kind) AS clustered_degrees
  FROM slice_total AS t
  INNER JOIN reference.metric AS m
    ON m.metric_code = t.metric_code AND m.definition_version = t.definition_version
  INNER JOIN slice_deviation AS d
    ON d.metric_code = t.metric_code
    AND d.definition_version = t.definition_version
    AND d.source_system = t.source_system
    AND d.period = t.period
    AND d.organization_key = t.organization_key
    AND d.slice = t.slice
    AND d.slice_value = t.slice_value
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
  n,
  n_patients,
  numerator,
  denominator,
  value,
  mean_error,
  clustered_error,
  effective_patients,
  clustered_degrees,
  @STUDENT_T(n - 1) AS mean_t,
  @STUDENT_T(clustered_degrees) AS clustered_t
FROM estimate
