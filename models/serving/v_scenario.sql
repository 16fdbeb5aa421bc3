/* One row per source, cell of the scenario and Charlson band: how many came back (metrics.md, M14). */
MODEL (
  name serving.@view_name,
  gateway serving,
  dialect mysql,
  kind VIEW,
  grain (source_system, cell, cci_band),
  blueprints (
    (view_name := v_scenario_a, cell := age_band),
    (view_name := v_scenario_b, cell := abnormal_label),
    (view_name := v_scenario_c, cell := age_and_abnormal_band)
  ),
  audits (
    unique_grain(columns := (source_system, cell, cci_band))
  ),
  description 'Readmission by scenario: A by decade of age, B by abnormal results within the stay, C by age group and number of abnormal results. The dead are left out; a stay without flagged results is a cell of its own in B and C, not one without abnormal results. cci_band all, and each band, as comorbidity is the obvious confounder.',
  column_descriptions (
    source_system = 'Source of the stays.',
    definition_code = 'Definition of the readmission, R8 (flag of the feed) or R5 (from dates).',
    cell = 'Value of the scenario.',
    cci_band = 'Charlson band, or all.',
    n_index = 'Index stays in the cell.',
    n_readmissions = 'Index stays followed by a readmission.',
    rate = 'Share readmitted, 0 to 1.',
    ci_low = 'Lower end of the 95 % Wilson interval.',
    ci_high = 'Upper end of the 95 % Wilson interval.',
    risk_difference = 'Rate of the cell less that of the other cells of the same cci_band; NULL where there is no other.',
    difference_ci_low = 'Lower end of its 95 % interval (Newcombe); of one comparison, not of all cells_tried.',
    difference_ci_high = 'Upper end of the same.',
    cells_tried = 'Cells of the source in the same cci_band: the more are tried, the sooner one stands out by chance.',
    small_cell_flag = '1 below 30 index stays, 11 patients, 5 readmissions or 5 stays without, else 0.'
  )
);

WITH index_stay AS (
  SELECT
    r.source_system,
    r.definition_code,
    r.@cell AS cell,
    r.cci_band,
    r.is_readmission,
    p.patient_durable_key
  FROM serving.mart_readmission_risk AS r
  INNER JOIN serving.fact_inpatient_stay AS s
    ON s.stay_key = r.stay_key
  INNER JOIN serving.dim_patient AS p
    ON p.patient_key = s.patient_key
  WHERE
    r.is_index = 1
), counted AS (
  SELECT
    source_system,
    definition_code,
    cell,
    'all' AS cci_band,
    COUNT(*) AS n,
    COUNT(DISTINCT patient_durable_key) AS n_patients,
    SUM(is_readmission) AS r
  FROM index_stay
  GROUP BY
    1,
    2,
    3
  UNION ALL
  SELECT
    source_system,
    definition_code,
    cell,
    cci_band,
    COUNT(*) AS n,
    COUNT(DISTINCT patient_durable_key) AS n_patients,
    SUM(is_readmission) AS r
  FROM index_stay
  GROUP BY
    1,
    2,
    3,
    4
), compared AS (
  SELECT
    source_system,
    definition_code,
    cell,
    cci_band,
    n,
    n_patients,
    r,
    SUM(n) OVER (PARTITION BY source_system, cci_band) - n AS n_rest,
    SUM(r) OVER (PARTITION BY source_system, cci_band) - r AS r_rest,
    COUNT(*) OVER (PARTITION BY source_system, cci_band) AS cells_tried
  FROM counted
)
SELECT
  source_system,
  definition_code,
  cell,
  cci_band,
  n::BIGINT AS n_index,
  r::BIGINT AS n_readmissions,
  CAST(r / NULLIF(n, 0) AS DECIMAL(9, 6)) AS rate,
  @WILSON_LOW(r, n)::DECIMAL(9, 6) AS ci_low,
  @WILSON_HIGH(r, n)::DECIMAL(9, 6) AS ci_high,
  CAST(1.0 * r / NULLIF(n, 0) - 1.0 * r_rest / NULLIF(n_rest, 0) AS DECIMAL(9, 6)) AS risk_difference,
  @NEWCOMBE_LOW(r, n, r_rest, n_rest)::DECIMAL(9, 6) AS difference_ci_low,
  @NEWCOMBE_HIGH(r, n, r_rest, n_rest)::DECIMAL(9, 6) AS difference_ci_high,
  cells_tried::BIGINT AS cells_tried,
  @SMALL_CELL(n, n_patients, r, n, 'proportion') AS small_cell_flag
FROM compared
