-- One row per source, quantity and number of patients at the top.
SELECT
  source_system,
  REPLACE(REPLACE(quantity, 'noncovered', 'non-covered'), '_', ' ') AS quantity,
  top_n,
  CASE WHEN top_n = 1 THEN '1 patient' WHEN top_n = 10 THEN '10 patients' ELSE '100 patients' END AS top_patients,
  n_patients,
  top_amount,
  total_amount,
  share_of_total,
  MAX(CASE WHEN top_n = 10 THEN share_of_total END) OVER (PARTITION BY source_system, quantity) AS top_10_share
FROM serving.v_patient_concentration
WHERE
  organization_key = -2
  AND top_n IN (1, 10, 100)
  AND n_patients > 10
  AND NOT quantity IN ('readmissions R1', 'readmissions R2', 'readmissions R4')
ORDER BY
  source_system,
  top_10_share DESC,
  quantity,
  top_n
