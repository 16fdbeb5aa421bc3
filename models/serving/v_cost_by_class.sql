/* One row per encounter class: encounters, patients and what was claimed (metrics.md, M8). */
MODEL (
  name serving.v_cost_by_class,
  gateway serving,
  dialect mysql,
  kind VIEW,
  grain class_code,
  audits (
    unique_grain(columns := class_code)
  ),
  description 'Claims by encounter class, of sources that deliver claims. Amounts are in USD and add up to the total claim.',
  column_descriptions (
    class_code = 'Encounter class.',
    class_label = 'Label of the class.',
    n_encounters = 'Encounters of the class.',
    n_patients = 'Patients with an encounter of the class; not additive over classes.',
    claim_amount = 'Sum of claims, in USD.',
    mean_claim_amount = 'Mean claim of an encounter, in USD.',
    patient_gap = 'Sum of what no payer covered, in USD.',
    share_of_claims = 'Share of all claims, 0 to 1.',
    share_of_gap = 'Share of all that no payer covered, 0 to 1.'
  )
);

WITH class_cost AS (
  SELECT
    class_key,
    COUNT(*) AS n_encounters,
    COUNT(DISTINCT patient_key) AS n_patients,
    SUM(claim_amount) AS claim_amount,
    AVG(claim_amount) AS mean_claim_amount,
    SUM(patient_gap) AS patient_gap
  FROM serving.fact_encounter
  WHERE
    cost_basis = 'claim'
  GROUP BY
    class_key
)
SELECT
  d.class_code,
  d.class_label,
  c.n_encounters,
  c.n_patients,
  c.claim_amount,
  c.mean_claim_amount::DECIMAL(14, 2) AS mean_claim_amount,
  c.patient_gap,
  CAST(c.claim_amount / NULLIF(SUM(c.claim_amount) OVER (), 0) AS DECIMAL(9, 6)) AS share_of_claims,
  CAST(c.patient_gap / NULLIF(SUM(c.patient_gap) OVER (), 0) AS DECIMAL(9, 6)) AS share_of_gap
FROM class_cost AS c
INNER JOIN serving.dim_encounter_class AS d
  ON d.class_key = c.class_key
