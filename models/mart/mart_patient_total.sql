/* One row per quantity, hospital and patient who has any of it there, ranked from the most. */
MODEL (
  name mart.mart_patient_total,
  kind FULL,
  grain (quantity, organization_key, patient_key),
  depends_on (
    star.dim_patient
  ),
  audits (
    unique_grain(columns := (quantity, organization_key, patient_key)),
    unique_grain(columns := (quantity, source_system, organization_key, patient_rank)),
    not_null(
      columns := (quantity, source_system, organization_key, patient_key, patient_rank, amount)
    ),
    references_resolve(
      model_col := patient_key,
      parent := star.dim_patient,
      parent_col := patient_durable_key
    ),
    forall(criteria := (
      amount > 0
    ))
  ),
  description 'Who the events and the costs belong to: many events may come from few patients.',
  column_descriptions (
    quantity = 'What is summed: encounters, stays, readmissions by definition, claims, noncovered_cost, uninsured_cost, dialysis or cardioversion.',
    source_system = 'Source that delivered it.',
    organization_key = 'Hospital; joins dim_organization; -2 for all hospitals of the source.',
    patient_key = 'Patient, the same in every version; joins dim_patient on patient_durable_key.',
    patient_rank = 'Place of the patient by amount, from 1; patients with equal amounts are ordered by their key.',
    amount = 'Events, or USD for costs, of the patient.'
  )
);

WITH measured AS (
  SELECT
    'encounters' AS quantity,
    source_system,
    organization_key,
    patient_durable_key AS patient_key,
    COUNT(*)::DECIMAL(18, 2) AS amount
  FROM star.fact_encounter
  GROUP BY
    2,
    3,
    4
  UNION ALL
  SELECT
    'claims',
    source_system,
    organization_key,
    patient_durable_key,
    SUM(claim_amount)
  FROM star.fact_encounter
  GROUP BY
    2,
    3,
    4
  UNION ALL
  SELECT
    'noncovered_cost',
    source_system,
    organization_key,
    patient_durable_key,
    SUM(noncovered_cost)
  FROM star.fact_encounter
  GROUP BY
    2,
    3,
    4
  UNION ALL
  SELECT
    'uninsured_cost',
    source_system,
    organization_key,
    patient_durable_key,
    SUM(noncovered_cost)
  FROM star.fact_encounter
  WHERE
    gap_reason = 'uninsured'
  GROUP BY
    2,
    3,
    4
  UNION ALL
  SELECT
    'stays',
    source_system,
    organization_key,
    patient_durable_key,
    COUNT(*)
  FROM star.fact_inpatient_stay
  GROUP BY
    2,
    3,
    4
  UNION ALL
  SELECT
    'readmissions ' || definition_code,
    source_system,
    organization_key,
    patient_durable_key,
    SUM(is_readmission)
  FROM star.fact_readmission
  GROUP BY
    1,
    2,
    3,
    4
  UNION ALL
  SELECT
    CASE WHEN d.is_dialysis = 1 THEN 'dialysis' ELSE 'cardioversion' END,
    f.source_system,
    f.organization_key,
    f.patient_durable_key,
    COUNT(*)
  FROM star.fact_procedure AS f
  INNER JOIN star.dim_procedure AS d
    ON d.procedure_key = f.procedure_key
    AND (
      d.is_dialysis = 1 OR d.procedure_family = 'cardioversion'
    )
  GROUP BY
    1,
    2,
    3,
    4
), of_hospital AS (
  /* One row per quantity, patient and hospital, and one for all hospitals of the source. */
  SELECT
    quantity,
    source_system,
    organization_key,
    patient_key,
    amount
  FROM measured
  UNION ALL
  SELECT
    quantity,
    source_system,
    -2,
    patient_key,
    SUM(amount)
  FROM measured
  GROUP BY
    1,
    2,
    4
)
SELECT
  quantity::TEXT AS quantity,
  source_system::TEXT AS source_system,
  organization_key::BIGINT AS organization_key,
  patient_key::BIGINT AS patient_key,
  ROW_NUMBER() OVER (
    PARTITION BY quantity, source_system, organization_key
    ORDER BY amount DESC, patient_key
  )::INT AS patient_rank,
  amount::DECIMAL(18, 2) AS amount
FROM of_hospital
WHERE
  amount > 0
