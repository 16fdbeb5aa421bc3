-- One row per source and definition of a readmission rate that its files allow.
SELECT
  l.source_system,
  l.definition_code,
  l.definition_label,
  l.value,
  l.ci_low,
  l.ci_high,
  k.interval_low,
  k.interval_high,
  l.numerator,
  l.denominator,
  k.n_patients,
  k.small_cell_flag,
  CASE WHEN d.rate_form = 'ratio' THEN 'ratio' ELSE 'share' END AS rate_form,
  l.note
FROM serving.v_readmission_ladder AS l
INNER JOIN serving.dim_readmission_definition AS d
  ON d.definition_code = l.definition_code
INNER JOIN serving.mart_kpi AS k
  ON k.source_system = l.source_system
  AND k.metric_code = 'readmission'
  AND k.definition_version = l.definition_code
  AND k.period = 'all'
  AND k.organization_key = -2
  AND k.slice = 'all'
WHERE
  NOT l.value IS NULL
ORDER BY
  l.source_system,
  l.definition_code
