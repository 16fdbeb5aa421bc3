/* One row per hospital and diagnosis, with the whole charges of the stays that have it: do not total (docs/measures.md#m15-cost-by-diagnosis). */
MODEL (
  name serving.v_charge_by_diagnosis_impact,
  gateway serving,
  dialect mysql,
  kind VIEW,
  grain (source_system, organization_key, diagnosis_key),
  audits (
    unique_grain(columns := (source_system, organization_key, diagnosis_key))
  ),
  description 'Impact: what the stays with a diagnosis were charged, whole. A stay stands under each of its diagnoses, so the rows do not add up: do not total.',
  column_descriptions (
    source_system = 'Source that delivered it.',
    organization_key = 'Hospital; joins dim_organization.',
    organization_label = 'Name of the hospital.',
    diagnosis_key = 'Diagnosis, -1 where a stay has none; joins dim_diagnosis.',
    code_system = 'Code system of the code.',
    code = 'Code of the diagnosis.',
    description = 'Text as delivered.',
    n_stays = 'Stays with the diagnosis; not additive.',
    impact_charge = 'Charges of these stays, in USD; not additive.',
    mean_charge = 'Mean charge of these stays, in USD.',
    charge_ci_low = 'Lower end of its 95 % interval (Student t on the log scale); NULL below 2 stays.',
    charge_ci_high = 'Upper end of the same.',
    small_cell_flag = '1 below 30 stays or 11 patients, else 0.',
    label = 'impact: do not total'
  )
);

WITH impact AS (
  SELECT
    s.source_system,
    s.organization_key,
    COALESCE(b.diagnosis_key, -1) AS diagnosis_key,
    COUNT(*) AS n_stays,
    COUNT(DISTINCT p.patient_durable_key) AS n_patients,
    @STUDENT_T(COUNT(*) - 1) AS t,
    SUM(s.charge_amount) AS impact_charge,
    AVG(s.charge_amount) AS mean_charge,
    STDDEV_SAMP(s.charge_amount) / SQRT(COUNT(*)) AS standard_error
  FROM serving.fact_inpatient_stay AS s
  INNER JOIN serving.dim_patient AS p
    ON p.patient_key = s.patient_key
  LEFT JOIN serving.bridge_stay_diagnosis AS b
    ON b.stay_key = s.stay_key
  WHERE
    NOT s.charge_amount IS NULL
  GROUP BY
    1,
    2,
    3
)
SELECT
  i.source_system,
  i.organization_key,
  o.organization_label,
  d.diagnosis_key,
  d.code_system,
  d.code,
  d.description,
  i.n_stays,
  i.impact_charge,
  i.mean_charge::DECIMAL(14, 2) AS mean_charge,
  @LOG_LOW(i.mean_charge, i.standard_error, 0, i.t)::DECIMAL(14, 2) AS charge_ci_low,
  @LOG_HIGH(i.mean_charge, i.standard_error, 0, i.t)::DECIMAL(14, 2) AS charge_ci_high,
  @SMALL_CELL(i.n_stays, i.n_patients, NULL, NULL, 'mean') AS small_cell_flag,
  'impact: do not total' AS label
FROM impact AS i
INNER JOIN serving.dim_diagnosis AS d
  ON d.diagnosis_key = i.diagnosis_key
INNER JOIN serving.dim_organization AS o
  ON o.organization_key = i.organization_key
