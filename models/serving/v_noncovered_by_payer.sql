/* One row per hospital and payer: what no payer covered, split by why (docs/measures.md#m5-non-covered-cost). */
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
    noncovered_cost = 'Sum of what was not covered, in USD.',
    patient_gap = 'Former name of noncovered_cost, until version 0.3.',
    uninsured_gap = 'Part of the gap of patients without insurance, in USD.',
    insured_zero_paid_gap = 'Part of the gap where an insurer paid nothing, in USD.',
    partial_gap = 'Part of the gap where an insurer paid some, in USD.',
    unknown_insurance_gap = 'Part of the gap where it is unknown whether the payer is an insurer, in USD.',
    share_of_gap = 'Share of all that was not covered in the source, 0 to 1.'
  )
);

WITH payer_cost AS (
  SELECT
    source_system,
    organization_key,
    payer_key,
    SUM(CASE WHEN metric_code = 'encounters' AND definition_version = 'count' THEN n END) AS n_encounters,
    SUM(
      CASE WHEN metric_code = 'tcoc' AND definition_version = 'total' THEN numerator END
    ) AS claim_amount,
    SUM(
      CASE
        WHEN metric_code = 'payer_paid' AND definition_version = 'total'
        THEN numerator
      END
    ) AS payer_paid,
    SUM(
      CASE
        WHEN metric_code = 'noncovered_cost' AND definition_version = 'total'
        THEN numerator
      END
    ) AS noncovered_cost,
    SUM(
      CASE
        WHEN metric_code = 'noncovered_cost' AND definition_version = 'uninsured'
        THEN numerator
      END
    ) AS uninsured_gap,
    SUM(
      CASE
        WHEN metric_code = 'noncovered_cost' AND definition_version = 'insured_zero_paid'
        THEN numerator
      END
    ) AS insured_zero_paid_gap,
    SUM(
      CASE
        WHEN metric_code = 'noncovered_cost' AND definition_version = 'partial'
        THEN numerator
      END
    ) AS partial_gap,
    SUM(
      CASE
        WHEN metric_code = 'noncovered_cost' AND definition_version = 'unknown_insurance'
        THEN numerator
      END
    ) AS unknown_insurance_gap
  FROM serving.mart_kpi_additive
  WHERE
    metric_code IN ('encounters', 'noncovered_cost', 'payer_paid', 'tcoc')
  GROUP BY
    source_system,
    organization_key,
    payer_key
), payer_patient AS (
  SELECT
    source_system,
    organization_key,
    payer_key,
    COUNT(DISTINCT patient_durable_key) AS n_patients
  FROM serving.fact_encounter
  GROUP BY
    source_system,
    organization_key,
    payer_key
)
SELECT
  c.source_system,
  c.organization_key,
  o.organization_label,
  d.payer_key,
  d.payer_name,
  d.payer_category,
  c.n_encounters::BIGINT AS n_encounters,
  p.n_patients,
  c.claim_amount::DECIMAL(20, 2) AS claim_amount,
  c.payer_paid::DECIMAL(20, 2) AS payer_paid,
  c.noncovered_cost::DECIMAL(20, 2) AS noncovered_cost,
  c.noncovered_cost::DECIMAL(20, 2) AS patient_gap,
  c.uninsured_gap::DECIMAL(20, 2) AS uninsured_gap,
  c.insured_zero_paid_gap::DECIMAL(20, 2) AS insured_zero_paid_gap,
  c.partial_gap::DECIMAL(20, 2) AS partial_gap,
  c.unknown_insurance_gap::DECIMAL(20, 2) AS unknown_insurance_gap,
  CAST(c.noncovered_cost / NULLIF(SUM(c.noncovered_cost) OVER (PARTITION BY c.source_system), 0) AS DECIMAL(9, 6)) AS share_of_gap
FROM payer_cost AS c
INNER JOIN payer_patient AS p
  ON p.source_system = c.source_system
  AND p.organization_key = c.organization_key
  AND p.payer_key = c.payer_key
INNER JOIN serving.dim_payer AS d
  ON d.payer_key = c.payer_key
INNER JOIN serving.dim_organization AS o
  ON o.organization_key = c.organization_key
WHERE
  NOT c.claim_amount IS NULL
