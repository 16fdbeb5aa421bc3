-- One row per way to split, payer or encounter class, and kind of gap.
WITH gap AS (
  SELECT
    'payer' AS split_by,
    CASE WHEN payer_category = 'Self-pay/Uninsured' THEN 'No insurance' ELSE payer_name END AS name,
    n_encounters,
    n_patients,
    patient_gap,
    share_of_gap,
    uninsured_gap,
    insured_zero_paid_gap,
    partial_gap,
    unknown_insurance_gap
  FROM serving.v_noncovered_by_payer
  UNION ALL
  SELECT
    'encounter class',
    class_label,
    n_encounters,
    n_patients,
    patient_gap,
    share_of_gap,
    uninsured_gap,
    insured_zero_paid_gap,
    partial_gap,
    NULL
  FROM serving.v_noncovered_by_class
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
  split_by,
  name,
  kind,
  amount,
  patient_gap,
  share_of_gap,
  n_encounters,
  n_patients
FROM kind_gap
WHERE
  amount > 0
ORDER BY
  split_by DESC,
  patient_gap DESC,
  name,
  amount DESC
