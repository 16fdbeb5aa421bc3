-- One row per source: what it tells of, and of which time.
SELECT
  e.source_system,
  COUNT(*) AS n_encounters,
  COUNT(DISTINCT p.patient_durable_key) AS n_patients,
  MIN(d.full_date) AS first_day,
  MAX(d.full_date) AS last_day
FROM serving.fact_encounter AS e
INNER JOIN serving.dim_patient AS p
  ON p.patient_key = e.patient_key
INNER JOIN serving.dim_date AS d
  ON d.date_key = e.start_date_key AND d.is_sentinel = 0
GROUP BY
  e.source_system
ORDER BY
  e.source_system DESC
