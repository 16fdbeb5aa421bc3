-- One row per scenario, source, cell and Charlson band.
WITH cell_rate AS (
  SELECT 'A: age at admission' AS scenario, a.* FROM serving.v_scenario_a AS a
  UNION ALL
  SELECT 'B: results within the stay', b.* FROM serving.v_scenario_b AS b
  UNION ALL
  SELECT 'C: age group and number of abnormal results', c.* FROM serving.v_scenario_c AS c
)
SELECT
  r.scenario,
  r.source_system,
  r.cci_band AS charlson,
  r.cell,
  r.rate,
  r.ci_low,
  r.ci_high,
  r.n_index,
  r.n_readmissions,
  r.risk_difference,
  r.cells_tried,
  r.small_cell_flag,
  d.definition_label
FROM cell_rate AS r
INNER JOIN serving.dim_readmission_definition AS d
  ON d.definition_code = r.definition_code
ORDER BY
  r.scenario,
  CASE r.cci_band WHEN 'all' THEN 0 WHEN 'unknown' THEN 2 ELSE 1 END,
  r.cci_band,
  CASE WHEN r.cell LIKE 'Unknown%' THEN 1 ELSE 0 END,
  r.cell,
  r.source_system
