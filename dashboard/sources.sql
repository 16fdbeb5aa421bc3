-- One row per source, the largest first: what it holds, and from which time.
SELECT
  s.source_system,
  s.source_label,
  COUNT(e.encounter_key) AS n_encounters,
  COUNT(DISTINCT p.patient_durable_key) AS n_patients,
  MIN(d.full_date) AS first_day,
  MAX(d.full_date) AS last_day
FROM serving.dim_source_system AS s
LEFT JOIN serving.fact_encounter AS e
  ON e.source_system = s.source_system
LEFT JOIN serving.dim_patient AS p
  ON p.patient_key = e.patient_key
LEFT JOIN serving.dim_date AS d
  ON d.date_key = e.start_date_key AND d.is_sentinel = 0
GROUP BY
  s.source_system,
  s.source_label
ORDER BY
  n_encounters DESC,
  s.source_system
