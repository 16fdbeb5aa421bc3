-- One row per source, measure of cost and procedure, the twelve dearest. Patients may have it in several hospitals.
WITH patient_cost AS (
  SELECT
    f.source_system,
    f.procedure_key,
    p.patient_durable_key,
    COUNT(*) AS n_procedures,
    SUM(f.base_cost) AS list_price,
    SUM(f.allocated_claim_cost) AS allocated_claim
  FROM serving.fact_procedure AS f
  INNER JOIN serving.dim_patient AS p
    ON p.patient_key = f.patient_key
  GROUP BY
    f.source_system,
    f.procedure_key,
    p.patient_durable_key
), ranked_patient AS (
  SELECT
    c.*,
    ROW_NUMBER() OVER (
      PARTITION BY c.source_system, c.procedure_key
      ORDER BY c.list_price DESC, c.patient_durable_key
    ) AS patient_rank
  FROM patient_cost AS c
), procedure_cost AS (
  SELECT
    source_system,
    procedure_key,
    SUM(n_procedures) AS n_procedures,
    COUNT(*) AS n_patients,
    SUM(list_price) AS list_price,
    SUM(allocated_claim) AS allocated_claim,
    SUM(CASE WHEN patient_rank <= 10 THEN list_price END) / NULLIF(SUM(list_price), 0) AS top_10_patient_share
  FROM ranked_patient
  GROUP BY
    source_system,
    procedure_key
), measured AS (
  SELECT c.*, 'claims of their encounters, divided' AS measure, c.allocated_claim AS amount FROM procedure_cost AS c
  UNION ALL
  SELECT c.*, 'list price', c.list_price FROM procedure_cost AS c
), ranked AS (
  SELECT
    m.source_system,
    m.measure,
    d.procedure_description,
    m.amount,
    m.amount / SUM(m.amount) OVER (PARTITION BY m.source_system, m.measure) AS share,
    m.n_procedures,
    m.n_patients,
    m.top_10_patient_share,
    ROW_NUMBER() OVER (
      PARTITION BY m.source_system, m.measure
      ORDER BY m.amount DESC, d.procedure_description
    ) AS cost_rank
  FROM measured AS m
  INNER JOIN serving.dim_procedure AS d
    ON d.procedure_key = m.procedure_key
  WHERE
    m.amount > 0
)
SELECT
  source_system,
  measure,
  REPLACE(procedure_description, ' (procedure)', '') AS name,
  amount,
  share,
  n_procedures,
  n_patients,
  top_10_patient_share
FROM ranked
WHERE
  cost_rank <= 12
ORDER BY
  source_system,
  measure,
  cost_rank
