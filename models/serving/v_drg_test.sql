/* One row per source, hospital and diagnosis-related group, and one for all: do charges follow the group, the days, or neither (metrics.md, M13). */
MODEL (
  name serving.v_drg_test,
  gateway serving,
  dialect mysql,
  kind VIEW,
  grain (source_system, organization_key, drg_code),
  audits (
    unique_grain(columns := (source_system, organization_key, drg_code))
  ),
  description 'Flat rate or fee for service: one charge a stay, no join to diagnoses. A flat rate by group needs a coefficient of variation below 0.1 in every group and an eta squared above 0.8; fee for service needs charges that rise with days or intensive care beyond chance; neither is independent. The test is of charges: a group governs payment, so charges can never prove how a hospital is paid.',
  column_descriptions (
    source_system = 'Source of the stays.',
    organization_key = 'Hospital; joins dim_organization; -2 for all hospitals of the source.',
    organization_label = 'Name of the hospital, or all hospitals.',
    drg_code = 'Code of the group, or all.',
    drg_family = 'What the group is about; NULL where that is not known.',
    n_stays = 'Closed stays with charges.',
    mean_charge = 'Mean charge, in USD.',
    charge_ci_low = 'Lower end of its 95 % interval (Student t on the log scale).',
    charge_ci_high = 'Upper end of the same.',
    sd_charge = 'Standard deviation of charges, in USD.',
    coefficient_of_variation = 'Standard deviation divided by the mean.',
    slope_per_day = 'Dollars that charges rise with each day of stay (least squares).',
    slope_ci_low = 'Lower end of its 95 % interval (normal).',
    slope_ci_high = 'Upper end of its 95 % interval (normal).',
    correlation_los = 'Correlation of length of stay and charge.',
    n_icu = 'Stays with intensive care.',
    mean_charge_icu = 'Mean charge with intensive care, in USD.',
    mean_charge_no_icu = 'Mean charge without, in USD.',
    icu_difference_ci_low = 'Lower end of the 95 % interval of the difference of the two (normal).',
    modal_share = 'Share of stays at the most frequent charge.',
    eta_squared = 'Share of the variance of charges that lies between groups; in the row all.',
    verdict = 'flat rate, fee for service or independent; in the row all.'
  )
);

WITH stay AS (
  SELECT
    r.source_system,
    r.organization_key,
    r.organization_label,
    d.drg_code,
    d.drg_family,
    r.charge_amount::DOUBLE AS charge,
    r.los_days_cms::DOUBLE AS days,
    r.icu_flag
  FROM serving.mart_readmission_risk AS r
  INNER JOIN serving.dim_drg AS d
    ON d.drg_key = r.drg_key
  WHERE
    NOT r.charge_amount IS NULL AND NOT r.los_days_cms IS NULL
), hospital_stay AS (
  /* One row per stay for its hospital, and one for all hospitals of its source. */
  SELECT
    source_system,
    organization_key,
    organization_label,
    drg_code,
    drg_family,
    charge,
    days,
    icu_flag
  FROM stay
  UNION ALL
  SELECT
    source_system,
    -2,
    'all hospitals',
    drg_code,
    drg_family,
    charge,
    days,
    icu_flag
  FROM stay
), grouped AS (
  SELECT
    source_system,
    organization_key,
    organization_label,
    drg_code,
    drg_family,
    charge,
    days,
    icu_flag
  FROM hospital_stay
  UNION ALL
  SELECT
    source_system,
    organization_key,
    organization_label,
    'all',
    NULL,
    charge,
    days,
    icu_flag
  FROM hospital_stay
), summary AS (
  SELECT
    source_system,
    organization_key,
    MAX(organization_label) AS organization_label,
    drg_code,
    MAX(drg_family) AS drg_family,
    COUNT(*) AS n,
    @STUDENT_T(COUNT(*) - 1) AS t,
    AVG(charge) AS mean_charge,
    STDDEV_SAMP(charge) AS sd_charge,
    STDDEV_POP(charge) AS spread_charge,
    STDDEV_POP(days) AS spread_days,
    AVG(charge * days) - AVG(charge) * AVG(days) AS covariance,
    SUM(icu_flag) AS n_icu,
    AVG(CASE WHEN icu_flag = 1 THEN charge END) AS mean_icu,
    AVG(CASE WHEN icu_flag = 0 THEN charge END) AS mean_no_icu,
    POWER(STDDEV_SAMP(CASE WHEN icu_flag = 1 THEN charge END), 2) / NULLIF(SUM(icu_flag), 0) + POWER(STDDEV_SAMP(CASE WHEN icu_flag = 0 THEN charge END), 2) / NULLIF(COUNT(icu_flag) - SUM(icu_flag), 0) AS icu_variance
  FROM grouped
  GROUP BY
    source_system,
    organization_key,
    drg_code
), charge_count AS (
  SELECT
    source_system,
    organization_key,
    drg_code,
    COUNT(*) AS n_same
  FROM grouped
  GROUP BY
    source_system,
    organization_key,
    drg_code,
    charge
), modal AS (
  SELECT
    source_system,
    organization_key,
    drg_code,
    MAX(n_same) AS n_modal
  FROM charge_count
  GROUP BY
    source_system,
    organization_key,
    drg_code
), between_groups AS (
  SELECT
    g.source_system,
    g.organization_key,
    SUM(g.n * POWER(g.mean_charge - total.mean_charge, 2)) / NULLIF(MAX(total.n * POWER(total.spread_charge, 2)), 0) AS eta_squared,
    MAX(g.sd_charge / NULLIF(g.mean_charge, 0)) AS largest_variation
  FROM summary AS g
  INNER JOIN summary AS total
    ON total.source_system = g.source_system
    AND total.organization_key = g.organization_key
    AND total.drg_code = 'all'
  WHERE
    g.drg_code <> 'all'
  GROUP BY
    g.source_system,
    g.organization_key
), tested AS (
  SELECT
    s.*,
    s.covariance / NULLIF(POWER(s.spread_days, 2), 0) AS slope,
    s.covariance / NULLIF(s.spread_days * s.spread_charge, 0) AS correlation,
    m.n_modal::DOUBLE / s.n AS modal_share,
    CASE WHEN s.drg_code = 'all' THEN b.eta_squared END AS eta_squared,
    b.largest_variation
  FROM summary AS s
  INNER JOIN modal AS m
    ON m.source_system = s.source_system
    AND m.organization_key = s.organization_key
    AND m.drg_code = s.drg_code
  INNER JOIN between_groups AS b
    ON b.source_system = s.source_system AND b.organization_key = s.organization_key
), bounded AS (
  SELECT
    t.*,
    SQRT(
      GREATEST(1 - POWER(correlation, 2), 0) / NULLIF(CASE WHEN n > 2 THEN n - 2 END, 0)
    ) * spread_charge / NULLIF(spread_days, 0) AS se_slope,
    @NORMAL_LOW(mean_icu - mean_no_icu, SQRT(icu_variance)) AS icu_low
  FROM tested AS t
)
SELECT
  source_system,
  organization_key,
  organization_label,
  drg_code,
  drg_family,
  n AS n_stays,
  mean_charge::DECIMAL(14, 2) AS mean_charge,
  @LOG_LOW(mean_charge, sd_charge / SQRT(n), 0, t)::DECIMAL(14, 2) AS charge_ci_low,
  @LOG_HIGH(mean_charge, sd_charge / SQRT(n), 0, t)::DECIMAL(14, 2) AS charge_ci_high,
  sd_charge::DECIMAL(14, 2) AS sd_charge,
  CAST(sd_charge / NULLIF(mean_charge, 0) AS DECIMAL(12, 6)) AS coefficient_of_variation,
  slope::DECIMAL(14, 2) AS slope_per_day,
  @NORMAL_LOW(slope, se_slope)::DECIMAL(14, 2) AS slope_ci_low,
  @NORMAL_HIGH(slope, se_slope)::DECIMAL(14, 2) AS slope_ci_high,
  correlation::DECIMAL(9, 6) AS correlation_los,
  n_icu::BIGINT AS n_icu,
  mean_icu::DECIMAL(14, 2) AS mean_charge_icu,
  mean_no_icu::DECIMAL(14, 2) AS mean_charge_no_icu,
  icu_low::DECIMAL(14, 2) AS icu_difference_ci_low,
  modal_share::DECIMAL(9, 6) AS modal_share,
  eta_squared::DECIMAL(9, 6) AS eta_squared,
  CASE
    WHEN drg_code <> 'all'
    THEN NULL
    WHEN largest_variation < 0.1 AND eta_squared > 0.8
    THEN 'flat rate'
    WHEN @NORMAL_LOW(slope, se_slope) > 0 OR icu_low > 0
    THEN 'fee for service'
    ELSE 'independent'
  END AS verdict
FROM bounded
