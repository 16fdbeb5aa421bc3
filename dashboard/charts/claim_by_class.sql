-- One row per encounter class.
SELECT
  k.slice_value AS class,
  k.value,
  k.clustered_ci_low AS ci_low,
  k.clustered_ci_high AS ci_high,
  k.n,
  k.n_patients,
  k.small_cell_flag,
  c.claim_amount,
  c.share_of_claims,
  m.definition
FROM serving.mart_kpi AS k
INNER JOIN serving.dim_metric AS m
  ON m.metric_code = k.metric_code AND m.definition_version = k.definition_version
INNER JOIN serving.v_cost_by_class AS c
  ON c.class_label = k.slice_value
WHERE
  k.metric_code = 'claim_per_encounter'
  AND k.definition_version = 'mean'
  AND k.slice = 'encounter_class'
ORDER BY
  k.value DESC
