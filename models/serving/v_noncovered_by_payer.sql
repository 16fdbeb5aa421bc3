/* One row per hospital and payer: what no payer covered, split by why (metrics.md, M5). */
MODEL (
  name serving.v_noncovered_by_payer,
  gateway serving,
  dialect mysql,
  kind VIEW,
  grain (source_system, organization_key, payer_key),
  audits (
    unique_grain(columns := (source_system, organization_key, payer_key))
  ),
  description 'Non-covered cost by payer: claim less what the payer paid, in sources that deliver claims. Amounts are in USD and add up to the gap of the source.',
  column_descriptions (
    source_system = 'Source that delivered it.',
    organization_key = 'Hospital; joins dim_organization.',
    organization_label = 'Name of the hospital.',
    payer_key = 'Payer; joins dim_payer.',
    payer_name = 'Name of the payer as delivered.',
    payer_category = 'Category of the payer.',
    n_encounters = 'Encounters of the payer.',
    n_patients = 'Patients with an encounter of the payer; not additive over payers.',
    claim_amount = 'Sum of claims, in USD.',
    payer_paid = 'Sum of what the payer covered, in USD.',
    patient_gap = 'Sum of what was not covered, in USD.',
    uninsured_gap = 'Part of the gap of patients without insurance, in USD.',
    insured_zero_paid_gap = 'Part of the gap where an insurer paid nothing, in USD.',
    partial_gap = 'Part of the gap where an insurer paid some, in USD.',
    unknown_insurance_gap = 'Part of the gap where it is unknown whether the payer is an insurer, in USD.',
    share_of_gap = 'Share of all that was not covered in the source, 0 to 1.'
  )
);

WITH encounter_gap AS (
  SELECT
    e.source_system,
    e.organization_key,
    e.payer_key,
    patient.patient_durable_key,
    e.claim_amount,
    e.payer_paid,
    e.patient_gap,
    CASE
      WHEN p.is_insured IS NULL
      THEN 'unknown'
      WHEN p.is_insured = 0
      THEN 'uninsured'
      WHEN e.payer_paid = 0
      THEN 'insured_zero_paid'
      ELSE 'partial'
    END AS kind_of_gap
  FROM serving.fact_encounter AS e
  INNER JOIN serving.dim_payer AS p
    ON p.payer_key = e.payer_key
  INNER JOIN serving.dim_patient AS patient
    ON patient.patient_key = e.patient_key
  WHERE
    e.cost_basis = 'claim'
), payer_gap AS (
  SELECT
    source_system,
    organization_key,
    payer_key,
    COUNT(*) AS n_encounters,
    COUNT(DISTINCT patient_durable_key) AS n_patients,
    SUM(claim_amount) AS claim_amount,
    SUM(payer_paid) AS payer_paid,
    SUM(patient_gap) AS patient_gap,
    SUM(CASE WHEN kind_of_gap = 'uninsured' THEN patient_gap END) AS uninsured_gap,
    SUM(CASE WHEN kind_of_gap = 'insured_zero_paid' THEN patient_gap END) AS insured_zero_paid_gap,
    SUM(CASE WHEN kind_of_gap = 'partial' THEN patient_gap END) AS partial_gap,
    SUM(CASE WHEN kind_of_gap = 'unknown' THEN patient_gap END) AS unknown_insurance_gap
  FROM encounter_gap
  GROUP BY
    source_system,
    organization_key,
    payer_key
)
SELECT
  g.source_system,
  g.organization_key,
  o.organization_label,
  d.payer_key,
  d.payer_name,
  d.payer_category,
  g.n_encounters,
  g.n_patients,
  g.claim_amount,
  g.payer_paid,
  g.patient_gap,
  g.uninsured_gap,
  g.insured_zero_paid_gap,
  g.partial_gap,
  g.unknown_insurance_gap,
  CAST(g.patient_gap / NULLIF(SUM(g.patient_gap) OVER (PARTITION BY g.source_system), 0) AS DECIMAL(9, 6)) AS share_of_gap
FROM payer_gap AS g
INNER JOIN serving.dim_payer AS d
  ON d.payer_key = g.payer_key
INNER JOIN serving.dim_organization AS o
  ON o.organization_key = g.organization_key
