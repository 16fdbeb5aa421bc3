/* One row per source and figure that a reference project stated: as stated, by its own rule from these files, and corrected. */
MODEL (
  name serving.v_stated_figures,
  gateway serving,
  dialect mysql,
  kind VIEW,
  grain (source_system, figure_code),
  audits (
    unique_grain(columns := (source_system, figure_code))
  ),
  description 'The figures that the two reference projects stated beside what their own rule gives from the files at hand, and the value that answers the question. Every value but the published one is computed: it is a row of mart_kpi.',
  column_descriptions (
    source_system = 'Source of the family that the project had; the family itself where none was delivered.',
    figure_code = 'Code of the stated figure.',
    figure_order = 'Order in which to show them.',
    project = 'Which reference project stated it: first or second.',
    statement = 'What was stated.',
    unit = 'Unit of the values: share, days, usd or ratio.',
    stated_value = 'Value as stated.',
    reproduced_value = 'What its own rule gives here; NULL where not computable.',
    is_reproduced = '1 where the reproduction, rounded as stated, is the stated value, 0 where not; NULL where not computable.',
    corrected_value = 'Value that answers the question; NULL where not computable.',
    corrected_n = 'Observations behind the corrected value.',
    corrected_n_patients = 'Patients behind it.',
    corrected_ci_low = 'Lower end of its 95 % interval by patient, or of the plain one where there is none; NULL for totals.',
    corrected_ci_high = 'Upper end of the same.',
    corrected_definition = 'What the corrected value says.',
    reason = 'Why the stated figure misleads.',
    not_computable_reason = 'What is lacking where a value is NULL; NULL where both are there.'
  )
);

WITH claim_value AS (
  SELECT
    COALESCE(source.source_system, c.family) AS source_system,
    c.figure_code,
    c.figure_order,
    c.project,
    c.statement,
    c.unit,
    c.stated_value,
    c.stated_decimals,
    c.reason,
    COALESCE(
      c.not_computable_reason,
      reproduced.not_computable_reason,
      corrected.not_computable_reason
    ) AS not_computable_reason,
    reproduced.value AS reproduced_value,
    corrected.value AS corrected_value,
    corrected.n AS corrected_n,
    corrected.n_patients AS corrected_n_patients,
    corrected.interval_low AS corrected_ci_low,
    corrected.interval_high AS corrected_ci_high,
    c.corrected_metric,
    c.corrected_version
  FROM serving.dim_stated_figure AS c
  LEFT JOIN serving.dim_source_system AS source
    ON source.family = c.family
  LEFT JOIN serving.mart_kpi AS reproduced
    ON reproduced.metric_code = c.reproduced_metric
    AND reproduced.definition_version = c.reproduced_version
    AND reproduced.source_system = source.source_system
    AND reproduced.period = 'all'
    AND reproduced.organization_key = -2
    AND reproduced.slice = c.reproduced_slice
    AND reproduced.slice_value = c.reproduced_slice_value
  LEFT JOIN serving.mart_kpi AS corrected
    ON corrected.metric_code = c.corrected_metric
    AND corrected.definition_version = c.corrected_version
    AND corrected.source_system = source.source_system
    AND corrected.period = 'all'
    AND corrected.organization_key = -2
    AND corrected.slice = c.corrected_slice
    AND corrected.slice_value = c.corrected_slice_value
)
SELECT
  v.source_system,
  v.figure_code,
  v.figure_order,
  v.project,
  v.statement,
  v.unit,
  v.stated_value,
  v.reproduced_value,
  CASE
    WHEN v.reproduced_value IS NULL
    THEN NULL
    WHEN ROUND(v.reproduced_value * POWER(10, v.stated_decimals)) = ROUND(v.stated_value * POWER(10, v.stated_decimals))
    THEN 1
    ELSE 0
  END AS is_reproduced,
  v.corrected_value,
  v.corrected_n,
  v.corrected_n_patients,
  v.corrected_ci_low,
  v.corrected_ci_high,
  m.definition AS corrected_definition,
  v.reason,
  CASE
    WHEN v.reproduced_value IS NULL OR v.corrected_value IS NULL
    THEN COALESCE(v.not_computable_reason, 'The files of its source were not delivered.')
  END AS not_computable_reason
FROM claim_value AS v
LEFT JOIN serving.dim_metric AS m
  ON m.metric_code = v.corrected_metric AND m.definition_version = v.corrected_version
