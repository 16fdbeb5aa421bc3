/* One row per source, hospital and slice of insurance: length of stay, mortality and charges (metrics.md, M11 and M12). */
MODEL (
  name mart.mart_insurance_outcomes,
  kind FULL,
  grain (source_system, organization_key, slice, slice_value),
  audits (
    no_fan_out(
      measure := n_stays,
      source := mart.mart_readmission_risk,
      source_measure := 6,
      source_filter := los_band <> 'open'
    ),
    unique_grain(columns := (source_system, organization_key, slice, slice_value)),
    not_null(columns := (source_system, organization_key, slice, slice_value))
  ),
  description 'Closed stays by insurance, of each hospital and of all of a source. An insurance that is not recorded is Unknown, never uninsured. The adjusted charge is what the slice would be charged with the mix of groups (DRG), lengths of stay and ages of all stays of the source. A lower charge is no discount: what was billed and what was paid are not both known. Where the interval of a difference holds 0, no difference is shown.',
  column_descriptions (
    source_system = 'Source of the stays.',
    organization_key = 'Hospital; joins dim_organization; -2 for all hospitals of the source.',
    organization_label = 'Name of the hospital, or all hospitals.',
    slice = 'all, insured (by whether there is insurance) or payer.',
    slice_value = 'Value of the slice.',
    n_stays = 'Closed stays.',
    mean_los_days = 'Mean length in days, at least 1 a stay.',
    los_ci_low = 'Lower end of its 95 % interval (Student t on the log scale, above 1 day).',
    los_ci_high = 'Upper end of the same.',
    n_deaths = 'Deaths in the stay.',
    mortality = 'Share that died in the stay, 0 to 1.',
    mortality_ci_low = 'Lower end of the 95 % Wilson interval.',
    mortality_ci_high = 'Upper end of the 95 % Wilson interval.',
    n_charged = 'Stays with charges.',
    mean_charge = 'Mean charge, in USD; NULL in sources that deliver claims.',
    charge_ci_low = 'Lower end of its 95 % interval (Student t on the log scale).',
    charge_ci_high = 'Upper end of the same.',
    median_charge = 'Median charge, in USD.',
    adjusted_charge = 'Mean charge directly standardised to the groups, lengths and ages of all stays of the source, in USD.',
    adjusted_ci_low = 'Lower end of its 95 % interval (Student t on the log scale).',
    adjusted_ci_high = 'Upper end of the same.',
    standard_share = 'Share of all stays whose group, length and age the slice has: the adjusted charge speaks for these.',
    lower_charge_share = 'In slice insured: 1 less the adjusted charge of the row divided by that of Insured; NULL where the 95 % interval of the difference holds 0 (normal).',
    small_cell_flag = '1 below 30 stays, 11 patients, 5 deaths or 5 survivors, else 0.'
  )
);

WITH stay AS (
  SELECT
    r.source_system,
    r.organization_key,
    r.organization_label,
    p.patient_durable_key,
    r.payer_name,
    r.insured_label,
    r.los_days_cms,
    r.died_in_stay,
    r.charge_amount,
    r.drg_key || '/' || r.los_band || '/' || r.age_group AS kind_of_stay
  FROM mart.mart_readmission_risk AS r
  INNER JOIN star.fact_inpatient_stay AS s
    ON s.stay_key = r.stay_key
  INNER JOIN star.dim_patient AS p
    ON p.patient_key = s.patient_key
  WHERE
    r.los_band <> 'open'
), hospital_stay AS (
  /* One row per stay for its hospital, and one for all hospitals of its source. */
  SELECT
    *
  FROM stay
  UNION ALL
  SELECT
    source_system,
    -2 AS organization_key,
    'all hospitals' AS organization_label,
    patient_durable_key,
    payer_name,
    insured_label,
    los_days_cms,
    died_in_stay,
    charge_amount,
    kind_of_stay
  FROM stay
), sliced AS (
  SELECT
    source_system,
    organization_key,
    organization_label,
    'all' AS slice,
    'all stays' AS slice_value,
    patient_durable_key,
    los_days_cms,
    died_in_stay,
    charge_amount,
    kind_of_stay
  FROM hospital_stay
  UNION ALL
  SELECT
    source_system,
    organization_key,
    organization_label,
    'insured',
    insured_label,
    patient_durable_key,
    los_days_cms,
    died_in_stay,
    charge_amount,
    kind_of_stay
  FROM hospital_stay
  UNION ALL
  SELECT
    source_system,
    organization_key,
    organization_label,
    'payer',
    payer_name,
    patient_durable_key,
    los_days_cms,
    died_in_stay,
    charge_amount,
    kind_of_stay
  FROM hospital_stay
), outcome AS (
  SELECT
    source_system,
    organization_key,
    organization_label,
    slice,
    slice_value,
    COUNT(*) AS n,
    COUNT(DISTINCT patient_durable_key) AS n_patients,
    @STUDENT_T(COUNT(*) - 1) AS t,
    @STUDENT_T(COUNT(charge_amount) - 1) AS charge_t,
    AVG(los_days_cms) AS mean_los,
    STDDEV_SAMP(los_days_cms) / SQRT(COUNT(*)) AS se_los,
    SUM(died_in_stay) AS deaths,
    COUNT(charge_amount) AS n_charged,
    AVG(charge_amount) AS mean_charge,
    MEDIAN(charge_amount) AS median_charge,
    STDDEV_SAMP(charge_amount) / SQRT(NULLIF(COUNT(charge_amount), 0)) AS se_charge
  FROM sliced
  GROUP BY
    source_system,
    organization_key,
    organization_label,
    slice,
    slice_value
), standard AS (
  SELECT
    source_system,
    kind_of_stay,
    COUNT(*) / SUM(COUNT(*)) OVER (PARTITION BY source_system) AS weight
  FROM stay
  WHERE
    NOT charge_amount IS NULL
  GROUP BY
    source_system,
    kind_of_stay
), kind_charge AS (
  SELECT
    source_system,
    organization_key,
    slice,
    slice_value,
    kind_of_stay,
    AVG(charge_amount) AS mean_charge,
    COALESCE(VARIANCE(charge_amount), 0) / COUNT(*) AS variance_of_mean
  FROM sliced
  WHERE
    NOT charge_amount IS NULL
  GROUP BY
    source_system,
    organization_key,
    slice,
    slice_value,
    kind_of_stay
), adjusted AS (
  SELECT
    k.source_system,
    k.organization_key,
    k.slice,
    k.slice_value,
    SUM(s.weight) AS standard_share,
    SUM(s.weight * k.mean_charge) / SUM(s.weight) AS charge,
    SQRT(SUM(s.weight * s.weight * k.variance_of_mean)) / SUM(s.weight) AS se
  FROM kind_charge AS k
  INNER JOIN standard AS s
    ON s.source_system = k.source_system AND s.kind_of_stay = k.kind_of_stay
  GROUP BY
    k.source_system,
    k.organization_key,
    k.slice,
    k.slice_value
)
SELECT
  o.source_system::TEXT AS source_system,
  o.organization_key::BIGINT AS organization_key,
  o.organization_label::TEXT AS organization_label,
  o.slice::TEXT AS slice,
  o.slice_value::TEXT AS slice_value,
  o.n::BIGINT AS n_stays,
  o.mean_los::DECIMAL(12, 4) AS mean_los_days,
  @LOG_LOW(o.mean_los, o.se_los, 1, o.t)::DECIMAL(12, 4) AS los_ci_low,
  @LOG_HIGH(o.mean_los, o.se_los, 1, o.t)::DECIMAL(12, 4) AS los_ci_high,
  o.deaths::BIGINT AS n_deaths,
  CAST(o.deaths / o.n AS DECIMAL(9, 6)) AS mortality,
  @WILSON_LOW(o.deaths, o.n)::DECIMAL(9, 6) AS mortality_ci_low,
  @WILSON_HIGH(o.deaths, o.n)::DECIMAL(9, 6) AS mortality_ci_high,
  o.n_charged::BIGINT AS n_charged,
  o.mean_charge::DECIMAL(14, 2) AS mean_charge,
  @LOG_LOW(o.mean_charge, o.se_charge, 0, o.charge_t)::DECIMAL(14, 2) AS charge_ci_low,
  @LOG_HIGH(o.mean_charge, o.se_charge, 0, o.charge_t)::DECIMAL(14, 2) AS charge_ci_high,
  o.median_charge::DECIMAL(14, 2) AS median_charge,
  a.charge::DECIMAL(14, 2) AS adjusted_charge,
  @LOG_LOW(a.charge, a.se, 0, o.charge_t)::DECIMAL(14, 2) AS adjusted_ci_low,
  @LOG_HIGH(a.charge, a.se, 0, o.charge_t)::DECIMAL(14, 2) AS adjusted_ci_high,
  a.standard_share::DECIMAL(9, 6) AS standard_share,
  CASE
    WHEN o.slice = 'insured'
    AND @NORMAL_LOW(ABS(a.charge - insured.charge), SQRT(a.se * a.se + insured.se * insured.se)) > 0
    THEN 1 - a.charge / insured.charge
  END::DECIMAL(9, 6) AS lower_charge_share,
  @SMALL_CELL(o.n, o.n_patients, o.deaths, o.n, 'proportion')::SMALLINT AS small_cell_flag
FROM outcome AS o
LEFT JOIN adjusted AS a
  ON a.source_system = o.source_system
  AND a.organization_key = o.organization_key
  AND a.slice = o.slice
  AND a.slice_value = o.slice_value
LEFT JOIN adjusted AS insured
  ON insured.source_system = o.source_system
  AND insured.organization_key = o.organization_key
  AND insured.slice = 'insured'
  AND insured.slice_value = 'Insured'
