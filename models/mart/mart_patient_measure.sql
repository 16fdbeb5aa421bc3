/* One row per measure, hospital and patient who has any of it there, ranked from the most. */
MODEL (
  name mart.mart_patient_measure,
  kind FULL,
  grain (measure, organization_key, patient_key),
  audits (
    unique_grain(columns := (measure, organization_key, patient_key)),
    unique_grain(columns := (measure, source_system, organization_key, patient_rank)),
    not_null(
      columns := (measure, source_system, organization_key, patient_key, patient_rank, amount)
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
  description 'Who the events and the costs belong to: many events may be few patients.',
  column_descriptions (
    measure = 'What is summed: encounters, stays, readmissions by definition, claims, non_covered_cost, uninsured_cost, dialysis or cardioversion.',
    source_system = 'Source that delivered it.',
    organization_key = 'Hospital; joins dim_organization; -2 for all hospitals of the source.',
    patient_key = 'Patient, the same in every version; joins dim_patient on patient_durable_key.',
    patient_rank = 'Place of the patient by amount, from 1; patients with equal amounts are ordered by their key.',
    amount = 'Events, or USD for costs, of the patient.'
  )
);

WITH encounter_of_patient AS (
  SELECT
    e.source_system,
    e.organization_key,
    p.patient_durable_key AS patient_key,
    e.claim_amount,
    e.patient_gap,
    payer.is_insured
  FROM star.fact_encounter AS e
  INNER JOIN star.dim_patient AS p
    ON p.patient_key = e.patient_key
  INNER JOIN star.dim_payer AS payer
    ON payer.payer_key = e.payer_key
), measured AS (
  SELECT
    'encounters' AS measure,
    source_system,
    organization_key,
    patient_key,
    COUNT(*)::DECIMAL(18, 2) AS amount
  FROM encounter_of_patient
  GROUP BY
    2,
    3,
    4
  UNION ALL
  SELECT
    'claims',
    source_system,
    organization_key,
    patient_key,
    SUM(claim_amount)
  FROM encounter_of_patient
  GROUP BY
    2,
    3,
    4
  UNION ALL
  SELECT
    'non_covered_cost',
    source_system,
    organization_key,
    patient_key,
    SUM(patient_gap)
  FROM encounter_of_patient
  GROUP BY
    2,
    3,
    4
  UNION ALL
  SELECT
    'uninsured_cost',
    source_system,
    organization_key,
    patient_key,
    SUM(patient_gap)
  FROM encounter_of_patient
  WHERE
    is_insured = 0
  GROUP BY
    2,
    3,
    4
  UNION ALL
  SELECT
    'stays',
    s.source_system,
    s.organization_key,
    p.patient_durable_key,
    COUNT(*)
  FROM star.fact_inpatient_stay AS s
  INNER JOIN star.dim_patient AS p
    ON p.patient_key = s.patient_key
  GROUP BY
    2,
    3,
    4
  UNION ALL
  SELECT
    'readmissions ' || r.definition_code,
    s.source_system,
    s.organization_key,
    p.patient_durable_key,
    SUM(r.is_readmission)
  FROM star.fact_readmission AS r
  INNER JOIN star.fact_inpatient_stay AS s
    ON s.stay_key = r.stay_key
  INNER JOIN star.dim_patient AS p
    ON p.patient_key = s.patient_key
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
    p.patient_durable_key,
    COUNT(*)
  FROM star.fact_procedure AS f
  INNER JOIN star.dim_procedure AS d
    ON d.procedure_key = f.procedure_key
    AND (
      d.is_dialysis = 1 OR d.procedure_family = 'cardioversion'
    )
  INNER JOIN star.dim_patient AS p
    ON p.patient_key = f.patient_key
  GROUP BY
    1,
    2,
    3,
    4
), of_hospital AS (
  /* One row per measure, patient and hospital, and one for all hospitals of the source. */
  SELECT
    measure,
    source_system,
    organization_key,
    patient_key,
    amount
  FROM measured
  UNION ALL
  SELECT
    measure,
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
  measure::TEXT AS measure,
  source_system::TEXT AS source_system,
  organization_key::BIGINT AS organization_key,
  patient_key::BIGINT AS patient_key,
  ROW_NUMBER() OVER (
    PARTITION BY measure, source_system, organization_key
    ORDER BY amount DESC, patient_key
  )::INT AS patient_rank,
  amount::DECIMAL(18, 2) AS amount
FROM of_hospital
WHERE
  amount > 0
