-- One row per source, year and encounter class.
WITH year_class AS (
  SELECT
    e.source_system,
    d.year_label AS year,
    c.class_label AS class,
    COUNT(*) AS n_encounters,
    COUNT(DISTINCT p.patient_durable_key) AS n_patients
  FROM serving.fact_encounter AS e
  INNER JOIN serving.dim_date AS d
    ON d.date_key = e.start_date_key
  INNER JOIN serving.dim_encounter_class AS c
    ON c.class_key = e.class_key
  INNER JOIN serving.dim_patient AS p
    ON p.patient_key = e.patient_key
  GROUP BY
    e.source_system,
    d.year_label,
    c.class_label
)
SELECT
  y.source_system,
  y.year,
  y.class,
  y.n_encounters,
  y.n_patients,
  k.is_partial_period
FROM year_class AS y
INNER JOIN serving.mart_kpi AS k
  ON k.source_system = y.source_system
  AND k.slice = 'all' AND k.period_type = 'year' AND k.organization_key = -2
  AND k.period = y.year
  AND k.metric_code = 'encounters'
ORDER BY
  y.source_system,
  y.year,
  y.class
