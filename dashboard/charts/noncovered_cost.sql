-- One row per source, way to split, payer or encounter class, and kind of gap. Patients may come to several hospitals.
WITH payer_patient AS (
  SELECT
    e.source_system,
    e.payer_key,
    COUNT(DISTINCT p.patient_durable_key) AS n_patients
  FROM serving.fact_encounter AS e
  INNER JOIN serving.dim_patient AS p
    ON p.patient_key = e.patient_key
  GROUP BY
    e.source_system,
    e.payer_key
), class_patient AS (
  SELECT
    e.source_system,
    c.class_code,
    COUNT(DISTINCT p.patient_durable_key) AS n_patients
  FROM serving.fact_encounter AS e
  INNER JOIN serving.dim_encounter_class AS c
    ON c.class_key = e.class_key
  INNER JOIN serving.dim_patient AS p
    ON p.patient_key = e.patient_key
  GROUP BY
    e.source_system,
    c.class_code
), gap AS (
  SELECT
    v.source_system,
    'payer' AS split_by,
    CASE WHEN v.payer_category = 'Self-pay/Uninsured' THEN 'No insurance' ELSE v.payer_name END AS name,
    SUM(v.n_encounters) AS n_encounters,
    MAX(p.n_patients) AS n_patients,
    SUM(v.noncovered_cost) AS noncovered_cost,
    SUM(v.share_of_gap) AS share_of_gap,
    SUM(v.uninsured_gap) AS uninsured_gap,
    SUM(v.insured_zero_paid_gap) AS insured_zero_paid_gap,
    SUM(v.partial_gap) AS partial_gap,
    SUM(v.unknown_insurance_gap) AS unknown_insurance_gap
  FROM serving.v_noncovered_by_payer AS v
  INNER JOIN payer_patient AS p
    ON p.source_system = v.source_system AND p.payer_key = v.payer_key
  GROUP BY
    v.source_system,
    v.payer_key,
    v.payer_category,
    v.payer_name
  UNION ALL
  SELECT
    v.source_system,
    'encounter class',
    v.class_label,
    SUM(v.n_encounters),
    MAX(p.n_patients),
    SUM(v.noncovered_cost),
    SUM(v.share_of_gap),
    SUM(v.uninsured_gap),
    SUM(v.insured_zero_paid_gap),
    SUM(v.partial_gap),
    SUM(v.unknown_insurance_gap)
  FROM serving.v_noncovered_by_class AS v
  INNER JOIN class_patient AS p
    ON p.source_system = v.source_system AND p.class_code = v.class_code
  GROUP BY
    v.source_system,
    v.class_code,
    v.class_label
), kind_gap AS (
  SELECT g.*, 'no insurance' AS kind, g.uninsured_gap AS amount FROM gap AS g
  UNION ALL
  SELECT g.*, 'insurer paid nothing', g.insured_zero_paid_gap FROM gap AS g
  UNION ALL
  SELECT g.*, 'insurer paid some', g.partial_gap FROM gap AS g
  UNION ALL
  SELECT g.*, 'insurance unknown', g.unknown_insurance_gap FROM gap AS g
)
SELECT
  source_system,
  split_by,
  name,
  kind,
  amount,
  noncovered_cost,
  share_of_gap,
  n_encounters,
  n_patients
FROM kind_gap
WHERE
  amount > 0
ORDER BY
  source_system,
  split_by DESC,
  noncovered_cost DESC,
  name,
  amount DESC
