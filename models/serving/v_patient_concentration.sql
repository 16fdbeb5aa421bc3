/* One row per quantity, hospital and number of patients at the top: what share of it they hold. */
MODEL (
  name serving.v_patient_concentration,
  gateway serving,
  dialect mysql,
  kind VIEW,
  grain (quantity, source_system, organization_key, top_n),
  audits (
    unique_grain(columns := (quantity, source_system, organization_key, top_n))
  ),
  description 'How few patients hold how much of the events and the costs: the share of the top 1, 5, 10, 25, 50 and 100 patients, and of all who have any.',
  column_descriptions (
    quantity = 'What is summed: encounters, stays, readmissions by definition, claims, noncovered_cost, uninsured_cost, dialysis or cardioversion.',
    measure = 'Former name of quantity, until version 0.3.',
    source_system = 'Source that delivered it.',
    organization_key = 'Hospital; joins dim_organization; -2 for all hospitals of the source.',
    organization_label = 'Name of the hospital, or all hospitals.',
    top_n = 'Number of patients with the most; the largest number is all who have any.',
    n_patients = 'Patients who have any.',
    top_amount = 'Events or USD that the top patients hold.',
    total_amount = 'Events or USD of all patients.',
    share_of_total = 'top_amount / total_amount, 0 to 1.'
  )
);

WITH quantity_total AS (
  SELECT
    quantity,
    source_system,
    organization_key,
    COUNT(*) AS n_patients,
    SUM(amount) AS total_amount
  FROM serving.mart_patient_total
  GROUP BY
    quantity,
    source_system,
    organization_key
), top_size AS (
  @TOP_SIZES()
), quantity_top AS (
  SELECT
    t.quantity,
    t.source_system,
    t.organization_key,
    s.top_n
  FROM quantity_total AS t
  INNER JOIN top_size AS s
    ON s.top_n < t.n_patients
  UNION ALL
  SELECT
    quantity,
    source_system,
    organization_key,
    n_patients
  FROM quantity_total
)
SELECT
  w.quantity,
  w.quantity AS measure,
  w.source_system,
  w.organization_key,
  CASE
    WHEN w.organization_key = -2
    THEN 'all hospitals'
    ELSE MAX(o.organization_label)
  END AS organization_label,
  w.top_n,
  MAX(t.n_patients) AS n_patients,
  SUM(m.amount) AS top_amount,
  MAX(t.total_amount) AS total_amount,
  CAST(SUM(m.amount) / MAX(t.total_amount) AS DECIMAL(9, 6)) AS share_of_total
FROM quantity_top AS w
INNER JOIN quantity_total AS t
  ON t.quantity = w.quantity
  AND t.source_system = w.source_system
  AND t.organization_key = w.organization_key
INNER JOIN serving.mart_patient_total AS m
  ON m.quantity = w.quantity
  AND m.source_system = w.source_system
  AND m.organization_key = w.organization_key
  AND m.patient_rank <= w.top_n
INNER JOIN serving.dim_organization AS o
  ON o.organization_key = w.organization_key
GROUP BY
  w.quantity,
  w.source_system,
  w.organization_key,
  w.top_n
