-- One row per source and diagnosis-related group, and one for all.
SELECT
  t.source_system,
  CASE WHEN t.drg_code = 'all' THEN 'all groups' ELSE t.drg_code END AS drg_code,
  t.drg_family,
  t.n_stays AS n,
  t.mean_charge AS value,
  t.charge_ci_low AS ci_low,
  t.charge_ci_high AS ci_high,
  t.coefficient_of_variation,
  t.slope_per_day,
  total.eta_squared,
  total.verdict,
  t.small_cell_flag
FROM serving.v_drg_test AS t
INNER JOIN serving.v_drg_test AS total
  ON total.source_system = t.source_system
  AND total.organization_key = t.organization_key
  AND total.drg_code = 'all'
WHERE
  t.organization_key = -2
ORDER BY
  CASE WHEN t.drg_code = 'all' THEN 1 ELSE 0 END,
  t.drg_code
