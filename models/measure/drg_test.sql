/* One row per source, hospital (or all) and diagnosis-related group (or all): how charges vary within and between the groups. */
MODEL (
  name measure.drg_test,
  kind FULL,
  grain (source_system, organization_key, drg_code),
  audits (
    unique_grain(columns := (source_system, organization_key, drg_code)),
    not_null(columns := (source_system, organization_key, drg_code, n, n_patients))
  ),
  description 'Analysis of variance of the charges of closed stays by group, and their least-squares slope over days: one charge a stay, no join to diagnoses. Eta squared is the share between groups in these stays and never 0; omega squared is what is left of it beyond chance, and F tests whether there is any.'
);

WITH charged_stay AS (
  SELECT
    s.source_system,
    s.organization_key,
    s.patient_durable_key,
    d.drg_code,
    s.charge_amount::DOUBLE AS charge,
    s.los_days_cms::DOUBLE AS days,
    s.is_icu
  FROM star.fact_inpatient_stay AS s
  INNER JOIN star.dim_drg AS d
    ON d.drg_key = s.drg_key
  WHERE
    NOT s.charge_amount IS NULL AND NOT s.los_days_cms IS NULL
), summary AS (
  SELECT
    source_system,
    CASE WHEN GROUPING(organization_key) = 0 THEN organization_key ELSE -2 END AS organization_key,
    CASE WHEN GROUPING(drg_code) = 0 THEN drg_code ELSE 'all' END AS drg_code,
    COUNT(*) AS n,
    COUNT(DISTINCT patient_durable_key) AS n_patients,
    AVG(charge) AS mean_charge,
    STDDEV_SAMP(charge) AS sd_charge,
    STDDEV_POP(charge) AS spread_charge,
    STDDEV_POP(days) AS spread_days,
    AVG(charge * days) - AVG(charge) * AVG(days) AS covariance,
    COUNT(CASE WHEN is_icu = 1 THEN 1 END) AS n_icu,
    COUNT(CASE WHEN is_icu = 0 THEN 1 END) AS n_no_icu,
    AVG(CASE WHEN is_icu = 1 THEN charge END) AS mean_icu,
    AVG(CASE WHEN is_icu = 0 THEN charge END) AS mean_no_icu,
    STDDEV_SAMP(CASE WHEN is_icu = 1 THEN charge END) AS sd_icu,
    STDDEV_SAMP(CASE WHEN is_icu = 0 THEN charge END) AS sd_no_icu
  FROM charged_stay
  GROUP BY
    GROUPING SETS (
      (
        source_system
      ),
      (source_system, drg_code),
      (source_system, organization_key),
      (source_system, organization_key, drg_code)
    )
), charge_count AS (
  SELECT
    source_system,
    CASE WHEN GROUPING(organization_key) = 0 THEN organization_key ELSE -2 END AS organization_key,
    CASE WHEN GROUPING(drg_code) = 0 THEN drg_code ELSE 'all' END AS drg_code,
    charge,
    COUNT(*) AS n_same
  FROM charged_stay
  GROUP BY
    GROUPING SETS (
      (source_system, charge),
      (source_system, drg_code, charge),
      (source_system, organization_key, charge),
      (source_system, organization_key, drg_code, charge)
    )
), modal AS (
  SELECT
    source_system,
    organization_key,
    drg_code,
    MAX(n_same) AS n_modal
  FROM charge_count
  GROUP BY
    1,
    2,
    3
), between_groups AS (
  SELECT
    g.source_system,
    g.organization_key,
    COUNT(*) AS n_groups,
    SUM(g.n * POWER(g.mean_charge - total.mean_charge, 2)) AS squares_between,
    SUM(g.n * POWER(g.spread_charge, 2)) AS squares_within,
    MAX(g.sd_charge / NULLIF(g.mean_charge, 0)) AS largest_variation
  FROM summary AS g
  INNER JOIN summary AS total
    ON total.source_system = g.source_system
    AND total.organization_key = g.organization_key
    AND total.drg_code = 'all'
  WHERE
    g.drg_code <> 'all'
  GROUP BY
    1,
    2
), variance AS (
  /* One row per source and hospital: mean squares within groups, of which F and omega squared are made. */
  SELECT
    b.*,
    total.n,
    b.squares_within / NULLIF(total.n - b.n_groups, 0) AS mean_square_within
  FROM between_groups AS b
  INNER JOIN summary AS total
    ON total.source_system = b.source_system
    AND total.organization_key = b.organization_key
    AND total.drg_code = 'all'
)
SELECT
  s.*,
  s.sd_charge / NULLIF(s.mean_charge, 0) AS coefficient_of_variation,
  s.covariance / NULLIF(POWER(s.spread_days, 2), 0) AS slope_per_day,
  s.covariance / NULLIF(s.spread_days * s.spread_charge, 0) AS correlation_los,
  SQRT(
    GREATEST(1 - POWER(s.covariance / NULLIF(s.spread_days * s.spread_charge, 0), 2), 0) / NULLIF(CASE WHEN s.n > 2 THEN s.n - 2 END, 0)
  ) * s.spread_charge / NULLIF(s.spread_days, 0) AS slope_error,
  s.mean_icu - s.mean_no_icu AS icu_difference,
  SQRT(
    POWER(s.sd_icu, 2) / NULLIF(s.n_icu, 0) + POWER(s.sd_no_icu, 2) / NULLIF(s.n_no_icu, 0)
  ) AS icu_error,
  m.n_modal::DOUBLE / s.n AS modal_share,
  v.largest_variation,
  CASE
    WHEN s.drg_code = 'all'
    THEN v.squares_between / NULLIF(v.squares_between + v.squares_within, 0)
  END AS eta_squared,
  CASE
    WHEN s.drg_code = 'all'
    THEN (
      v.squares_between - (
        v.n_groups - 1
      ) * v.mean_square_within
    ) / NULLIF(v.squares_between + v.squares_within + v.mean_square_within, 0)
  END AS omega_squared,
  CASE
    WHEN s.drg_code = 'all'
    THEN v.squares_between / NULLIF(v.n_groups - 1, 0) / NULLIF(v.mean_square_within, 0)
  END AS f_statistic,
  CASE WHEN s.drg_code = 'all' THEN v.n_groups END AS n_groups
FROM summary AS s
INNER JOIN modal AS m
  ON m.source_system = s.source_system
  AND m.organization_key = s.organization_key
  AND m.drg_code = s.drg_code
INNER JOIN variance AS v
  ON v.source_system = s.source_system AND v.organization_key = s.organization_key
