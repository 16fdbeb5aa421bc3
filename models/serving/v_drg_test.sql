/* One row per source, hospital and diagnosis-related group, and one for all: do charges follow the group, the days, or neither (docs/measures.md#m13-drg-test). */
MODEL (
  name serving.v_drg_test,
  gateway serving,
  dialect mysql,
  kind VIEW,
  grain (source_system, organization_key, drg_code),
  audits (
    unique_grain(columns := (source_system, organization_key, drg_code))
  ),
  description 'Flat rate or fee for service: one charge a stay, no join to diagnoses. A flat rate by group needs a coefficient of variation below 0.1 in every group and an eta squared above 0.8. Fee for service needs charges that rise with days beyond chance, and by more than chance finds: a correlation of 0.1 or more. Neither is independent. The test is of charges: a group governs payment, so charges can never prove how a hospital is paid.',
  column_descriptions (
    source_system = 'Source of the stays.',
    organization_key = 'Hospital; joins dim_organization; -2 for all hospitals of the source.',
    organization_label = 'Name of the hospital, or all hospitals.',
    drg_code = 'Code of the group, or all.',
    drg_family = 'What the group is about; NULL where that is not known.',
    n_stays = 'Closed stays with charges.',
    mean_charge = 'Mean charge, in USD.',
    charge_ci_low = 'Lower end of its 95 % interval.',
    charge_ci_high = 'Upper end of its 95 % interval.',
    coefficient_of_variation = 'Standard deviation divided by the mean.',
    slope_per_day = 'Dollars that charges rise with each day of stay (least squares).',
    slope_ci_low = 'Lower end of its 95 % interval (normal).',
    slope_ci_high = 'Upper end of its 95 % interval (normal).',
    correlation_los = 'Correlation of length of stay and charge.',
    icu_difference = 'Mean charge with intensive care less that without, in USD.',
    icu_difference_ci_low = 'Lower end of its 95 % interval (normal).',
    modal_share = 'Share of stays at the most frequent charge.',
    eta_squared = 'Share of the variance of charges that lies between groups in these stays; in the row all.',
    omega_squared = 'The same beyond chance; in the row all.',
    f_statistic = 'F of the groups, about 1 where they say nothing about the charge; in the row all.',
    verdict = 'flat rate, fee for service or independent; in the row all.',
    small_cell_flag = 'That of the coefficient of variation in mart_kpi.'
  )
);

WITH test_kpi AS (
  SELECT
    source_system,
    organization_key,
    CASE WHEN slice = 'all' THEN 'all' ELSE slice_value END AS drg_code,
    metric_code,
    definition_version,
    value,
    n,
    interval_low,
    interval_high,
    small_cell_flag
  FROM serving.mart_kpi
  WHERE
    metric_code IN ('drg_test', 'charge_per_stay')
    AND period = 'all'
    AND slice IN ('all', 'drg')
    AND NOT value IS NULL
), tested AS (
  SELECT
    source_system,
    organization_key,
    drg_code,
    MAX(
      CASE
        WHEN metric_code = 'drg_test' AND definition_version = 'coefficient_of_variation'
        THEN n
      END
    ) AS n_stays,
    MAX(
      CASE
        WHEN metric_code = 'charge_per_stay' AND definition_version = 'mean'
        THEN value
      END
    ) AS mean_charge,
    MAX(
      CASE
        WHEN metric_code = 'charge_per_stay' AND definition_version = 'mean'
        THEN interval_low
      END
    ) AS charge_ci_low,
    MAX(
      CASE
        WHEN metric_code = 'charge_per_stay' AND definition_version = 'mean'
        THEN interval_high
      END
    ) AS charge_ci_high,
    MAX(
      CASE
        WHEN metric_code = 'drg_test' AND definition_version = 'coefficient_of_variation'
        THEN value
      END
    ) AS coefficient_of_variation,
    MAX(
      CASE
        WHEN metric_code = 'drg_test' AND definition_version = 'charge_per_day'
        THEN value
      END
    ) AS slope_per_day,
    MAX(
      CASE
        WHEN metric_code = 'drg_test' AND definition_version = 'charge_per_day'
        THEN interval_low
      END
    ) AS slope_ci_low,
    MAX(
      CASE
        WHEN metric_code = 'drg_test' AND definition_version = 'charge_per_day'
        THEN interval_high
      END
    ) AS slope_ci_high,
    MAX(
      CASE
        WHEN metric_code = 'drg_test' AND definition_version = 'correlation_los'
        THEN value
      END
    ) AS correlation_los,
    MAX(
      CASE
        WHEN metric_code = 'drg_test' AND definition_version = 'icu_difference'
        THEN value
      END
    ) AS icu_difference,
    MAX(
      CASE
        WHEN metric_code = 'drg_test' AND definition_version = 'icu_difference'
        THEN interval_low
      END
    ) AS icu_difference_ci_low,
    MAX(
      CASE
        WHEN metric_code = 'drg_test' AND definition_version = 'modal_share'
        THEN value
      END
    ) AS modal_share,
    MAX(
      CASE
        WHEN metric_code = 'drg_test' AND definition_version = 'eta_squared'
        THEN value
      END
    ) AS eta_squared,
    MAX(
      CASE
        WHEN metric_code = 'drg_test' AND definition_version = 'omega_squared'
        THEN value
      END
    ) AS omega_squared,
    MAX(
      CASE
        WHEN metric_code = 'drg_test' AND definition_version = 'f_statistic'
        THEN value
      END
    ) AS f_statistic,
    MAX(
      CASE
        WHEN metric_code = 'drg_test' AND definition_version = 'coefficient_of_variation'
        THEN small_cell_flag
      END
    ) AS small_cell_flag
  FROM test_kpi
  GROUP BY
    source_system,
    organization_key,
    drg_code
), most_varied AS (
  SELECT
    source_system,
    organization_key,
    MAX(coefficient_of_variation) AS largest_variation
  FROM tested
  WHERE
    drg_code <> 'all'
  GROUP BY
    source_system,
    organization_key
)
SELECT
  t.source_system,
  t.organization_key,
  COALESCE(o.organization_label, 'all hospitals') AS organization_label,
  t.drg_code,
  d.drg_family,
  t.n_stays,
  t.mean_charge::DECIMAL(14, 2) AS mean_charge,
  t.charge_ci_low::DECIMAL(14, 2) AS charge_ci_low,
  t.charge_ci_high::DECIMAL(14, 2) AS charge_ci_high,
  t.coefficient_of_variation::DECIMAL(12, 6) AS coefficient_of_variation,
  t.slope_per_day::DECIMAL(14, 2) AS slope_per_day,
  t.slope_ci_low::DECIMAL(14, 2) AS slope_ci_low,
  t.slope_ci_high::DECIMAL(14, 2) AS slope_ci_high,
  t.correlation_los::DECIMAL(9, 6) AS correlation_los,
  t.icu_difference::DECIMAL(14, 2) AS icu_difference,
  t.icu_difference_ci_low::DECIMAL(14, 2) AS icu_difference_ci_low,
  t.modal_share::DECIMAL(9, 6) AS modal_share,
  t.eta_squared::DECIMAL(9, 6) AS eta_squared,
  t.omega_squared::DECIMAL(9, 6) AS omega_squared,
  t.f_statistic::DECIMAL(18, 6) AS f_statistic,
  CASE
    WHEN t.drg_code <> 'all'
    THEN NULL
    WHEN m.largest_variation < 0.1 AND t.eta_squared > 0.8
    THEN 'flat rate'
    WHEN t.slope_ci_low > 0 AND t.correlation_los >= 0.1
    THEN 'fee for service'
    ELSE 'independent'
  END AS verdict,
  t.small_cell_flag
FROM tested AS t
INNER JOIN most_varied AS m
  ON m.source_system = t.source_system AND m.organization_key = t.organization_key
LEFT JOIN serving.dim_organization AS o
  ON o.organization_key = t.organization_key AND t.organization_key <> -2
LEFT JOIN serving.dim_drg AS d
  ON d.drg_code = t.drg_code
WHERE
  NOT t.n_stays IS NULL
