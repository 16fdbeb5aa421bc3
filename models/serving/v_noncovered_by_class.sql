/* One row per hospital and encounter class: what no payer covered, split by why (metrics.md, M5). */
MODEL (
  name serving.v_noncovered_by_class,
  gateway serving,
  dialect mysql,
  kind VIEW,
  grain (source_system, organization_key, class_code),
  audits (
    unique_grain(columns := (source_system, organization_key, class_code))
  ),
  description 'Non-covered cost by encounter class: claim less what the payer paid. Amounts are in USD and add up to the gap of the source.',
  column_descriptions (
    source_system = 'Source that delivered it.',
    organization_key = 'Hospital; joins dim_organization.',
    organization_label = 'Name of the hospital.',
    class_code = 'Encounter class.',
    class_label = 'Label of the class.',
    n_encounters = 'Encounters of the class.',
    n_patients = 'Patients with an encounter of the class; not additive over classes.',
    patient_gap = 'Sum of what was not covered, in USD.',
    uninsured_gap = 'Part of the gap of patients without insurance, in USD.',
    insured_zero_paid_gap = 'Part of the gap where an insurer paid nothing, in USD.',
    partial_gap = 'Part of the gap where an insurer paid some, in USD.',
    share_of_gap = 'Share of all that was not covered, 0 to 1.'
  )
);

WITH class_gap AS (
  SELECT
    e.source_system,
    e.organization_key,
    e.class_key,
    COUNT(*) AS n_encounters,
    COUNT(DISTINCT patient.patient_durable_key) AS n_patients,
    SUM(e.patient_gap) AS patient_gap,
    SUM(CASE WHEN p.is_insured = 0 THEN e.patient_gap END) AS uninsured_gap,
    SUM(CASE WHEN p.is_insured = 1 AND e.payer_paid = 0 THEN e.patient_gap END) AS insured_zero_paid_gap,
    SUM(CASE WHEN p.is_insured = 1 AND e.payer_paid <> 0 THEN e.patient_gap END) AS partial_gap
  FROM serving.fact_encounter AS e
  INNER JOIN serving.dim_payer AS p
    ON p.payer_key = e.payer_key
  INNER JOIN serving.dim_patient AS patient
    ON patient.patient_key = e.patient_key
  WHERE
    NOT e.patient_gap IS NULL
  GROUP BY
    e.source_system,
    e.organization_key,
    e.class_key
)
SELECT
  g.source_system,
  g.organization_key,
  o.organization_label,
  d.class_code,
  d.class_label,
  g.n_encounters,
  g.n_patients,
  g.patient_gap,
  g.uninsured_gap,
  g.insured_zero_paid_gap,
  g.partial_gap,
  CAST(g.patient_gap / NULLIF(SUM(g.patient_gap) OVER (PARTITION BY g.source_system), 0) AS DECIMAL(9, 6)) AS share_of_gap
FROM class_gap AS g
INNER JOIN serving.dim_encounter_class AS d
  ON d.class_key = g.class_key
INNER JOIN serving.dim_organization AS o
  ON o.organization_key = g.organization_key
