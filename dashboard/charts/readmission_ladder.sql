-- One row per definition of a readmission rate that these files allow.
SELECT
  l.definition_code,
  l.definition_label,
  l.value,
  l.ci_low,
  l.ci_high,
  k.clustered_ci_low,
  k.clustered_ci_high,
  l.numerator,
  l.denominator,
  k.n_patients,
  k.small_cell_flag,
  CASE WHEN d.measure = 'ratio' THEN 'ratio' ELSE 'share' END AS measure,
  l.note
FROM serving.v_readmission_ladder AS l
INNER JOIN serving.dim_readmission_definition AS d
  ON d.definition_code = l.definition_code
INNER JOIN serving.mart_kpi AS k
  ON k.metric_code = 'readmission'
  AND k.definition_version = l.definition_code
  AND k.slice = 'all'
  AND NOT k.value IS NULL
ORDER BY
  l.definition_code
