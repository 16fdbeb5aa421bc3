/* One row per source, cell of the scenario and Charlson band: how many came back (docs/measures.md#m14-readmission-scenarios). */
MODEL (
  name serving.@view_name,
  gateway serving,
  dialect mysql,
  kind VIEW,
  grain (source_system, cell, cci_band),
  blueprints (
    (view_name := v_scenario_a, scenario := 'age_band'),
    (view_name := v_scenario_b, scenario := 'abnormal_results'),
    (view_name := v_scenario_c, scenario := 'age_and_abnormal_results')
  ),
  audits (
    unique_grain(columns := (source_system, cell, cci_band))
  ),
  description 'Readmission by scenario: A by decade of age, B by abnormal results within the stay, C by age group and number of abnormal results. The dead are left out, and planned sessions where the source identifies them; a stay without flagged results is a cell of its own in B and C, not one without abnormal results. cci_band all, and each band, as comorbidity is the obvious confounder.',
  column_descriptions (
    source_system = 'Source of the stays.',
    definition_code = 'Definition of the readmission, R6 (from dates, planned sessions left out) or R8 (flag of the feed).',
    cell = 'Value of the scenario.',
    cci_band = 'Charlson band, or all.',
    n_index = 'Index stays in the cell.',
    n_readmissions = 'Index stays followed by a readmission.',
    rate = 'Share readmitted, 0 to 1.',
    ci_low = 'Lower end of the 95 % Wilson interval.',
    ci_high = 'Upper end of the 95 % Wilson interval.',
    risk_difference = 'Rate of the cell less that of the other cells of the same cci_band; a cell without others has no row.',
    difference_ci_low = 'Lower end of its 95 % interval (Newcombe).',
    difference_ci_high = 'Upper end of its 95 % interval (Newcombe).',
    cells_tried = 'Cells of the source in the same cci_band: the more are tried, the sooner one stands out by chance.',
    small_cell_flag = 'That of mart_kpi.'
  )
);

WITH cell_kpi AS (
  SELECT
    source_system,
    definition_version AS definition_code,
    slice_value AS cell,
    CASE
      WHEN slice = @scenario
      THEN 'all'
      ELSE REPLACE(slice, CONCAT(@scenario, ' in cci_band '), '')
    END AS cci_band,
    numerator AS n_readmissions,
    denominator AS n_index,
    value AS risk_difference,
    interval_low,
    interval_high,
    small_cell_flag
  FROM serving.mart_kpi
  WHERE
    metric_code = 'readmission_difference'
    AND (
      slice = @scenario OR slice LIKE CONCAT(@scenario, ' in cci_band %')
    )
)
SELECT
  source_system,
  definition_code,
  cell,
  cci_band::TEXT AS cci_band,
  n_index::BIGINT AS n_index,
  n_readmissions::BIGINT AS n_readmissions,
  CAST(n_readmissions / NULLIF(n_index, 0) AS DECIMAL(9, 6)) AS rate,
  @WILSON_LOW(n_readmissions, n_index)::DECIMAL(9, 6) AS ci_low,
  @WILSON_HIGH(n_readmissions, n_index)::DECIMAL(9, 6) AS ci_high,
  risk_difference::DECIMAL(9, 6) AS risk_difference,
  interval_low::DECIMAL(9, 6) AS difference_ci_low,
  interval_high::DECIMAL(9, 6) AS difference_ci_high,
  COUNT(*) OVER (PARTITION BY source_system, definition_code, cci_band) AS cells_tried,
  small_cell_flag
FROM cell_kpi
