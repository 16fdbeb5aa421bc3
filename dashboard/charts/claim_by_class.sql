-- One row per source and encounter class.
WITH class_cost AS (
  SELECT
    source_system,
    class_label,
    SUM(claim_amount) AS claim_amount,
    SUM(share_of_claims) AS share_of_claims
  FROM serving.v_cost_by_class
  GROUP BY
    source_system,
    class_label
)
SELECT
  k.source_system,
  k.slice_value AS class,
  k.value,
  k.interval_low AS ci_low,
  k.interval_high AS ci_high,
  k.n,
  k.n_patients,
  k.small_cell_flag,
  c.claim_amount,
  c.share_of_claims,
  m.definition
FROM serving.mart_kpi AS k
INNER JOIN serving.dim_metric AS m
  ON m.metric_code = k.metric_code AND m.definition_version = k.definition_version
INNER JOIN class_cost AS c
  ON c.source_system = k.source_system AND c.class_label = k.slice_value
WHERE
  k.metric_code = 'claim_per_encounter'
  AND k.definition_version = 'mean'
  AND k.period = 'all'
  AND k.organization_key = -2
  AND k.slice = 'encounter_class'
ORDER BY
  k.value DESC
