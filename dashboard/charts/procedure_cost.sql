-- One row per measure of cost and procedure, the twelve dearest.
WITH measured AS (
  SELECT
    'claims of their encounters, divided' AS measure,
    procedure_description,
    allocated_claim_total AS amount,
    share_of_allocated_claim AS share,
    n_procedures,
    n_patients,
    top_10_patient_share
  FROM serving.v_procedure_cost
  UNION ALL
  SELECT
    'list price',
    procedure_description,
    list_price_total,
    share_of_list_price,
    n_procedures,
    n_patients,
    top_10_patient_share
  FROM serving.v_procedure_cost
), ranked AS (
  SELECT
    m.*,
    ROW_NUMBER() OVER (PARTITION BY m.measure ORDER BY m.amount DESC, m.procedure_description) AS cost_rank
  FROM measured AS m
  WHERE
    m.amount > 0
)
SELECT
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
  measure,
  cost_rank
