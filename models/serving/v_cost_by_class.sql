/* One row per hospital and encounter class: encounters, patients and what was claimed (docs/measures.md#m8-cost-by-class-and-procedure). */
MODEL (
  name serving.v_cost_by_class,
  gateway serving,
  dialect mysql,
  kind VIEW,
  grain (source_system, organization_key, class_code),
  audits (
    unique_grain(columns := (source_system, organization_key, class_code))
  ),
  description 'Claims by hospital and encounter class, of sources that deliver claims. Amounts are in USD and add up to the total claim of the source.',
  column_descriptions (
    source_system = 'Source that delivered it.',
    organization_key = 'Hospital; joins dim_organization.',
    organization_label = 'Name of the hospital.',
    class_code = 'Encounter class.',
    class_label = 'Label of the class.',
    n_encounters = 'Encounters of the class.',
    n_patients = 'Patients with an encounter of the class; not additive over classes.',
    claim_amount = 'Sum of claims, in USD.',
    mean_claim_amount = 'Mean claim of an encounter, in USD.',
    noncovered_cost = 'Sum of what no payer covered, in USD.',
    patient_gap = 'Former name of noncovered_cost, until version 0.3.',
    share_of_claims = 'Share of all claims of the source, 0 to 1.',
    share_of_gap = 'Share of all that no payer covered in the source, 0 to 1.'
  )
);

WITH class_cost AS (
  SELECT
    source_system,
    organization_key,
    class_key,
    SUM(CASE WHEN metric_code = 'encounters' AND definition_version = 'count' THEN n END) AS n_encounters,
    SUM(
      CASE WHEN metric_code = 'tcoc' AND definition_version = 'total' THEN numerator END
    ) AS claim_amount,
    SUM(
      CASE
        WHEN metric_code = 'noncovered_cost' AND definition_version = 'total'
        THEN numerator
      END
    ) AS noncovered_cost,
    SUM(
      CASE
        WHEN metric_code = 'claim_per_encounter' AND definition_version = 'mean'
        THEN numerator
      END
    ) / NULLIF(
      SUM(
        CASE
          WHEN metric_code = 'claim_per_encounter' AND definition_version = 'mean'
          THEN denominator
        END
      ),
      0
    ) AS mean_claim_amount
  FROM serving.mart_kpi_additive
  WHERE
    metric_code IN ('claim_per_encounter', 'encounters', 'noncovered_cost', 'tcoc')
  GROUP BY
    source_system,
    organization_key,
    class_key
), class_patient AS (
  SELECT
    source_system,
    organization_key,
    class_key,
    COUNT(DISTINCT patient_durable_key) AS n_patients
  FROM serving.fact_encounter
  GROUP BY
    source_system,
    organization_key,
    class_key
)
SELECT
  c.source_system,
  c.organization_key,
  o.organization_label,
  d.class_code,
  d.class_label,
  c.n_encounters::BIGINT AS n_encounters,
  p.n_patients,
  c.claim_amount::DECIMAL(20, 2) AS claim_amount,
  c.mean_claim_amount::DECIMAL(14, 2) AS mean_claim_amount,
  c.noncovered_cost::DECIMAL(20, 2) AS noncovered_cost,
  c.noncovered_cost::DECIMAL(20, 2) AS patient_gap,
  CAST(c.claim_amount / NULLIF(SUM(c.claim_amount) OVER (PARTITION BY c.source_system), 0) AS DECIMAL(9, 6)) AS share_of_claims,
  CAST(c.noncovered_cost / NULLIF(SUM(c.noncovered_cost) OVER (PARTITION BY c.source_system), 0) AS DECIMAL(9, 6)) AS share_of_gap
FROM class_cost AS c
INNER JOIN class_patient AS p
  ON p.source_system = c.source_system
  AND p.organization_key = c.organization_key
  AND p.class_key = c.class_key
INNER JOIN serving.dim_encounter_class AS d
  ON d.class_key = c.class_key
INNER JOIN serving.dim_organization AS o
  ON o.organization_key = c.organization_key
WHERE
  NOT c.claim_amount IS NULL
