/* One row per metric version, source, hospital (or all) and slice of what is not a sum over the rows of one fact. */
MODEL (
  name measure.computed_estimate,
  kind EMBEDDED,
  grain (
    metric_code,
    definition_version,
    source_system,
    organization_key,
    slice,
    slice_value
  ),
  description 'Adjusted charges, the test of diagnosis-related groups, differences of readmission rates, charges by diagnosis and failing checks, each as a row of mart_kpi.'
);

WITH charge AS (
  /* One row per source, hospital and slice, with the logarithm of its charge over that of the insured. */
  SELECT
    *,
    LN(value / insured_value) AS log_ratio,
    SQRT(POWER(error / value, 2) + POWER(insured_error / insured_value, 2)) AS log_error
  FROM measure.adjusted_charge
), group_test AS (
  SELECT
    t.*,
    CASE WHEN t.drg_code = 'all' THEN 'all' ELSE 'drg' END AS slice
  FROM measure.drg_test AS t
), difference AS (
  SELECT
    *,
    CASE
      WHEN cci_band = 'all'
      THEN scenario
      ELSE scenario || ' in cci_band ' || cci_band
    END AS slice,
    cell AS slice_value
  FROM measure.risk_difference
), diagnosis_stay AS (
  /* One row per stay with a charge and diagnosis known at its admission; a stay without one is Unknown. */
  SELECT
    s.source_system,
    s.stay_key,
    s.patient_durable_key,
    s.charge_amount,
    CASE WHEN b.stay_key IS NULL THEN 'Unknown' ELSE d.code_system || ' ' || d.code END AS diagnosis,
    COALESCE(b.weighting_factor, 1) AS weight
  FROM star.fact_inpatient_stay AS s
  LEFT JOIN star.bridge_stay_diagnosis AS b
    ON b.stay_key = s.stay_key
  LEFT JOIN star.dim_diagnosis AS d
    ON d.diagnosis_key = b.diagnosis_key
  WHERE
    NOT s.charge_amount IS NULL
), diagnosis_charge AS (
  SELECT
    source_system,
    CASE WHEN GROUPING(diagnosis) = 0 THEN 'diagnosis' ELSE 'all' END AS slice,
    CASE WHEN GROUPING(diagnosis) = 0 THEN diagnosis ELSE 'all' END AS slice_value,
    COUNT(DISTINCT stay_key) AS n,
    COUNT(DISTINCT patient_durable_key) AS n_patients,
    SUM(charge_amount * weight) AS weighted,
    SUM(charge_amount) AS impact
  FROM diagnosis_stay
  GROUP BY
    GROUPING SETS (
      (
        source_system
      ),
      (source_system, diagnosis)
    )
), failing_check AS (
  SELECT
    source_system,
    CASE WHEN GROUPING(check_name) = 0 THEN 'check' ELSE 'all' END AS slice,
    CASE
      WHEN GROUPING(check_name) = 0
      THEN source_table || ': ' || check_name
      ELSE 'all'
    END AS slice_value,
    CASE
      WHEN GROUPING(check_name) = 0
      THEN SUM(n_failing)
      ELSE COUNT(CASE WHEN n_failing > 0 THEN 1 END)
    END AS n_failing,
    CASE WHEN GROUPING(check_name) = 0 THEN SUM(n_checked) ELSE COUNT(*) END AS n_checked
  FROM mart.mart_data_quality
  GROUP BY
    GROUPING SETS (
      (
        source_system
      ),
      (source_system, source_table, check_name)
    )
)
SELECT
  'charge_per_stay' AS metric_code,
  'adjusted' AS definition_version,
  source_system,
  organization_key,
  slice,
  slice_value,
  value * standard_share AS numerator,
  standard_share AS denominator,
  value,
  n,
  n_patients,
  @NORMAL_LOW(value, error) AS ci_low,
  @NORMAL_HIGH(value, error) AS ci_high,
  'normal, of strata' AS ci_method
FROM charge
UNION ALL
SELECT
  'lower_charge_share',
  'adjusted',
  source_system,
  organization_key,
  slice,
  slice_value,
  NULL,
  NULL,
  1 - EXP(log_ratio),
  n,
  n_patients,
  1 - EXP(@NORMAL_HIGH(log_ratio, log_error)),
  1 - EXP(@NORMAL_LOW(log_ratio, log_error)),
  'normal, of the logarithm of the ratio'
FROM charge
WHERE
  slice = 'insured' AND slice_value <> 'Insured'
UNION ALL
SELECT
  'drg_test',
  v.definition_version,
  g.source_system,
  g.organization_key,
  g.slice,
  g.drg_code,
  NULL,
  NULL,
  CASE v.definition_version
    WHEN 'eta_squared'
    THEN g.eta_squared
    WHEN 'omega_squared'
    THEN g.omega_squared
    WHEN 'f_statistic'
    THEN g.f_statistic
    WHEN 'coefficient_of_variation'
    THEN g.coefficient_of_variation
    WHEN 'charge_per_day'
    THEN g.slope_per_day
    WHEN 'correlation_los'
    THEN g.correlation_los
    WHEN 'icu_difference'
    THEN g.icu_difference
    WHEN 'modal_share'
    THEN g.modal_share
  END,
  CASE
    WHEN v.definition_version = 'icu_difference'
    THEN g.n_icu + g.n_no_icu
    ELSE g.n
  END,
  g.n_patients,
  CASE v.definition_version
    WHEN 'charge_per_day'
    THEN @NORMAL_LOW(g.slope_per_day, g.slope_error)
    WHEN 'icu_difference'
    THEN @NORMAL_LOW(g.icu_difference, g.icu_error)
  END,
  CASE v.definition_version
    WHEN 'charge_per_day'
    THEN @NORMAL_HIGH(g.slope_per_day, g.slope_error)
    WHEN 'icu_difference'
    THEN @NORMAL_HIGH(g.icu_difference, g.icu_error)
  END,
  CASE v.definition_version
    WHEN 'charge_per_day'
    THEN 'normal, of the slope'
    WHEN 'icu_difference'
    THEN 'normal, of the difference'
  END
FROM group_test AS g
INNER JOIN reference.metric AS v
  ON v.metric_code = 'drg_test'
UNION ALL
SELECT
  'readmission_difference',
  definition_code,
  source_system,
  -2,
  slice,
  slice_value,
  n_readmissions,
  n,
  n_readmissions::DOUBLE / n - n_readmissions_rest::DOUBLE / NULLIF(n_rest, 0),
  n,
  n_patients,
  @NEWCOMBE_LOW(n_readmissions::DOUBLE, n::DOUBLE, n_readmissions_rest::DOUBLE, n_rest::DOUBLE),
  @NEWCOMBE_HIGH(n_readmissions::DOUBLE, n::DOUBLE, n_readmissions_rest::DOUBLE, n_rest::DOUBLE),
  'Newcombe'
FROM difference
UNION ALL
SELECT
  'charge_by_diagnosis',
  'weighted',
  source_system,
  -2,
  slice,
  slice_value,
  weighted,
  NULL,
  weighted,
  n,
  n_patients,
  NULL,
  NULL,
  NULL
FROM diagnosis_charge
UNION ALL
SELECT
  'charge_by_diagnosis',
  'impact',
  source_system,
  -2,
  slice,
  slice_value,
  impact,
  NULL,
  impact,
  n,
  n_patients,
  NULL,
  NULL,
  NULL
FROM diagnosis_charge
WHERE
  slice = 'diagnosis'
UNION ALL
SELECT
  'failing_checks',
  'share',
  source_system,
  -2,
  slice,
  slice_value,
  n_failing,
  n_checked,
  n_failing::DOUBLE / NULLIF(n_checked, 0),
  n_checked,
  NULL,
  NULL,
  NULL,
  NULL
FROM failing_check
