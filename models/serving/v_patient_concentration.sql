/* One row per measure, hospital and number of patients at the top: what share of it they hold. */
MODEL (
  name serving.v_patient_concentration,
  gateway serving,
  dialect mysql,
  kind VIEW,
  grain (measure, source_system, organization_key, top_n),
  audits (
    unique_grain(columns := (measure, source_system, organization_key, top_n))
  ),
  description 'How few patients hold how much of the events and the costs: the share of the top 1, 5, 10, 25, 50 and 100 patients, and of all who have any.',
  column_descriptions (
    measure = 'What is summed: encounters, stays, readmissions by definition, claims, non_covered_cost, uninsured_cost, dialysis or cardioversion.',
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

WITH measure_total AS (
  SELECT
    measure,
    source_system,
    organization_key,
    COUNT(*) AS n_patients,
    SUM(amount) AS total_amount
  FROM serving.mart_patient_measure
  GROUP BY
    measure,
    source_system,
    organization_key
), top_size AS (
  @TOP_SIZES()
), measure_top AS (
  SELECT
    t.measure,
    t.source_system,
    t.organization_key,
    s.top_n
  FROM measure_total AS t
  INNER JOIN top_size AS s
    ON s.top_n < t.n_patients
  UNION ALL
  SELECT
    measure,
    source_system,
    organization_key,
    n_patients
  FROM measure_total
)
SELECT
  w.measure,
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
FROM measure_top AS w
INNER JOIN measure_total AS t
  ON t.measure = w.measure
  AND t.source_system = w.source_system
  AND t.organization_key = w.organization_key
INNER JOIN serving.mart_patient_measure AS m
  ON m.measure = w.measure
  AND m.source_system = w.source_system
  AND m.organization_key = w.organization_key
  AND m.patient_rank <= w.top_n
INNER JOIN serving.dim_organization AS o
  ON o.organization_key = w.organization_key
GROUP BY
  w.measure,
  w.source_system,
  w.organization_key,
  w.top_n
