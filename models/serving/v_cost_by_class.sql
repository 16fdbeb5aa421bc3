/* One row per hospital and encounter class: encounters, patients and what was claimed (metrics.md, M8). */
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
    patient_gap = 'Sum of what no payer covered, in USD.',
    share_of_claims = 'Share of all claims of the source, 0 to 1.',
    share_of_gap = 'Share of all that no payer covered in the source, 0 to 1.'
  )
);

WITH class_cost AS (
  SELECT
    e.source_system,
    e.organization_key,
    e.class_key,
    COUNT(*) AS n_encounters,
    COUNT(DISTINCT p.patient_durable_key) AS n_patients,
    SUM(e.claim_amount) AS claim_amount,
    AVG(e.claim_amount) AS mean_claim_amount,
    SUM(e.patient_gap) AS patient_gap
  FROM serving.fact_encounter AS e
  INNER JOIN serving.dim_patient AS p
    ON p.patient_key = e.patient_key
  WHERE
    e.cost_basis = 'claim'
  GROUP BY
    e.source_system,
    e.organization_key,
    e.class_key
)
SELECT
  c.source_system,
  c.organization_key,
  o.organization_label,
  d.class_code,
  d.class_label,
  c.n_encounters,
  c.n_patients,
  c.claim_amount,
  c.mean_claim_amount::DECIMAL(14, 2) AS mean_claim_amount,
  c.patient_gap,
  CAST(c.claim_amount / NULLIF(SUM(c.claim_amount) OVER (PARTITION BY c.source_system), 0) AS DECIMAL(9, 6)) AS share_of_claims,
  CAST(c.patient_gap / NULLIF(SUM(c.patient_gap) OVER (PARTITION BY c.source_system), 0) AS DECIMAL(9, 6)) AS share_of_gap
FROM class_cost AS c
INNER JOIN serving.dim_encounter_class AS d
  ON d.class_key = c.class_key
INNER JOIN serving.dim_organization AS o
  ON o.organization_key = c.organization_key
