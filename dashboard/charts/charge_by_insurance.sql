-- One row per source, payer and way to average the charges.
SELECT
  source_system,
  slice_value AS payer,
  'mean charge' AS statistic,
  mean_charge AS value,
  charge_ci_low AS ci_low,
  charge_ci_high AS ci_high,
  n_charged AS n,
  standard_share,
  CASE WHEN n_charged < 30 THEN 1 ELSE 0 END AS small_cell_flag
FROM serving.v_insurance_outcomes
WHERE
  organization_key = -2 AND slice = 'payer' AND NOT mean_charge IS NULL
UNION ALL
SELECT
  source_system,
  slice_value,
  'adjusted for group, days and age',
  adjusted_charge,
  adjusted_ci_low,
  adjusted_ci_high,
  n_charged,
  standard_share,
  CASE WHEN n_charged < 30 THEN 1 ELSE 0 END
FROM serving.v_insurance_outcomes
WHERE
  organization_key = -2 AND slice = 'payer' AND NOT adjusted_charge IS NULL
ORDER BY
  payer,
  statistic DESC
