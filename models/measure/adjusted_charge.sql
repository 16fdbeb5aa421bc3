/* One row per source, hospital (or all) and slice of insurance: the mean charge at the mix of stays of the whole source. */
MODEL (
  name measure.adjusted_charge,
  kind FULL,
  grain (source_system, organization_key, slice, slice_value),
  audits (
    unique_grain(columns := (source_system, organization_key, slice, slice_value)),
    not_null(columns := (source_system, organization_key, slice, slice_value, n, n_patients))
  ),
  description 'Charges of closed stays directly standardised: what the slice would be charged with the groups (DRG), lengths of stay and ages of all stays of the source, over the strata that it has. A lower charge is not a discount: what was billed and what was paid are not both known.'
);

WITH charged_stay AS (
  SELECT
    s.source_system,
    s.organization_key,
    s.patient_durable_key,
    payer.insured_label,
    payer.payer_name,
    s.charge_amount::DOUBLE AS charge,
    s.drg_key,
    los.los_band,
    COALESCE(age_group.band_label, 'Unknown') AS age_group
  FROM star.fact_inpatient_stay AS s
  INNER JOIN star.dim_payer AS payer
    ON payer.payer_key = s.payer_key
  INNER JOIN reference.length_of_stay_band AS los
    ON @IN_BAND(s.los_days_cms, los.min_days, los.max_days)
  LEFT JOIN star.dim_age_band AS age_group
    ON age_group.scheme = 'senior'
    AND s.age_years BETWEEN age_group.min_age AND age_group.max_age
  WHERE
    NOT s.charge_amount IS NULL AND NOT s.los_days_cms IS NULL
), stratum_sum AS (
  SELECT
    source_system,
    CASE WHEN GROUPING(organization_key) = 0 THEN organization_key ELSE -2 END AS organization_key,
    CASE
      WHEN GROUPING(insured_label) = 0
      THEN 'insured'
      WHEN GROUPING(payer_name) = 0
      THEN 'payer'
      ELSE 'all'
    END AS slice,
    CASE
      WHEN GROUPING(insured_label) = 0
      THEN insured_label
      WHEN GROUPING(payer_name) = 0
      THEN payer_name
      ELSE 'all'
    END AS slice_value,
    drg_key,
    los_band,
    age_group,
    COUNT(*) AS n,
    AVG(charge) AS mean_charge,
    COALESCE(VARIANCE(charge), 0) / COUNT(*) AS variance_of_mean /* A single stay in a stratum has no variance to measure; its weight is small. */
  FROM charged_stay
  GROUP BY
    GROUPING SETS (
      (source_system, drg_key, los_band, age_group),
      (source_system, insured_label, drg_key, los_band, age_group),
      (source_system, payer_name, drg_key, los_band, age_group),
      (source_system, organization_key, drg_key, los_band, age_group),
      (source_system, organization_key, insured_label, drg_key, los_band, age_group),
      (source_system, organization_key, payer_name, drg_key, los_band, age_group)
    )
), standard AS (
  /* One row per stratum of a source: its share of all stays. */
  SELECT
    source_system,
    drg_key,
    los_band,
    age_group,
    n::DOUBLE / SUM(n) OVER (PARTITION BY source_system) AS weight
  FROM stratum_sum
  WHERE
    organization_key = -2 AND slice = 'all'
), adjusted AS (
  SELECT
    s.source_system,
    s.organization_key,
    s.slice,
    s.slice_value,
    SUM(s.n) AS n,
    SUM(w.weight) AS standard_share,
    SUM(w.weight * s.mean_charge) / SUM(w.weight) AS value,
    SQRT(SUM(w.weight * w.weight * s.variance_of_mean)) / SUM(w.weight) AS error
  FROM stratum_sum AS s
  INNER JOIN standard AS w
    ON w.source_system = s.source_system
    AND w.drg_key = s.drg_key
    AND w.los_band = s.los_band
    AND w.age_group = s.age_group
  GROUP BY
    1,
    2,
    3,
    4
), charged_patient AS (
  SELECT
    source_system,
    CASE WHEN GROUPING(organization_key) = 0 THEN organization_key ELSE -2 END AS organization_key,
    CASE
      WHEN GROUPING(insured_label) = 0
      THEN 'insured'
      WHEN GROUPING(payer_name) = 0
      THEN 'payer'
      ELSE 'all'
    END AS slice,
    CASE
      WHEN GROUPING(insured_label) = 0
      THEN insured_label
      WHEN GROUPING(payer_name) = 0
      THEN payer_name
      ELSE 'all'
    END AS slice_value,
    COUNT(DISTINCT patient_durable_key) AS n_patients
  FROM charged_stay
  GROUP BY
    GROUPING SETS (
      (
        source_system
      ),
      (source_system, insured_label),
      (source_system, payer_name),
      (source_system, organization_key),
      (source_system, organization_key, insured_label),
      (source_system, organization_key, payer_name)
    )
)
SELECT
  a.source_system,
  a.organization_key,
  a.slice,
  a.slice_value,
  a.n,
  p.n_patients,
  a.standard_share,
  a.value,
  a.error,
  CASE WHEN a.slice = 'insured' THEN insured.value END AS insured_value,
  CASE WHEN a.slice = 'insured' THEN insured.error END AS insured_error
FROM adjusted AS a
INNER JOIN charged_patient AS p
  ON p.source_system = a.source_system
  AND p.organization_key = a.organization_key
  AND p.slice = a.slice
  AND p.slice_value = a.slice_value
LEFT JOIN adjusted AS insured
  ON insured.source_system = a.source_system
  AND insured.organization_key = a.organization_key
  AND insured.slice = 'insured'
  AND insured.slice_value = 'Insured'
