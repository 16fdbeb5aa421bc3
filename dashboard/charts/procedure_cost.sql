-- One row per source, basis of cost and procedure, the twelve dearest.
WITH patient_cost AS (
  SELECT
    f.source_system,
    d.procedure_description,
    p.patient_durable_key,
    SUM(f.base_cost) AS list_price
  FROM serving.fact_procedure AS f
  INNER JOIN serving.dim_procedure AS d
    ON d.procedure_key = f.procedure_key
  INNER JOIN serving.dim_patient AS p
    ON p.patient_key = f.patient_key
  GROUP BY
    f.source_system,
    d.procedure_description,
    p.patient_durable_key
), ranked_patient AS (
  SELECT
    c.*,
    ROW_NUMBER() OVER (
      PARTITION BY c.source_system, c.procedure_description
      ORDER BY c.list_price DESC, c.patient_durable_key
    ) AS patient_rank
  FROM patient_cost AS c
), held_by_few AS (
  SELECT
    source_system,
    procedure_description,
    SUM(CASE WHEN patient_rank <= 10 THEN list_price END) / NULLIF(SUM(list_price), 0) AS top_10_patient_share
  FROM ranked_patient
  GROUP BY
    source_system,
    procedure_description
), ranked AS (
  SELECT
    k.source_system,
    k.definition_version,
    k.slice_value,
    k.value,
    k.value / SUM(k.value) OVER (PARTITION BY k.source_system, k.definition_version) AS share,
    k.n,
    k.n_patients,
    k.small_cell_flag,
    ROW_NUMBER() OVER (
      PARTITION BY k.source_system, k.definition_version
      ORDER BY k.value DESC, k.slice_value
    ) AS cost_rank
  FROM serving.mart_kpi AS k
  WHERE
    k.metric_code = 'procedure_cost'
    AND k.period = 'all'
    AND k.organization_key = -2
    AND k.slice = 'procedure'
    AND k.value > 0
)
SELECT
  r.source_system,
  CASE WHEN r.definition_version = 'list_price' THEN 'list price' ELSE 'claims of their encounters, divided' END AS basis,
  REPLACE(r.slice_value, ' (procedure)', '') AS name,
  r.value AS amount,
  r.share,
  r.n AS n_procedures,
  r.n_patients,
  h.top_10_patient_share,
  r.small_cell_flag
FROM ranked AS r
LEFT JOIN held_by_few AS h
  ON h.source_system = r.source_system
  AND h.procedure_description = r.slice_value
WHERE
  r.cost_rank <= 12
ORDER BY
  r.source_system,
  basis,
  r.cost_rank
