/* One row per patient and month of enrolment with an insurer: what was claimed in it. */
MODEL (
  name measure.member_month,
  kind FULL,
  grain member_month_key,
  depends_on (
    star.dim_organization
  ),
  audits (
    unique_grain(columns := member_month_key),
    unique_grain(columns := (source_system, patient_durable_key, month_date_key)),
    not_null(
      columns := (
        member_month_key,
        source_system,
        patient_key,
        patient_durable_key,
        organization_key,
        payer_key,
        month_date_key
      )
    )
  ),
  description 'Months on whose first day a patient is enrolled with an insurer, within the time that the source covers; of several insurers the one whose span begins last. No enrolment is with a hospital: organization_key is -1. Claims and drugs are those of the encounters that start in the month, whoever paid; 0 where there is none.'
);

WITH span AS (
  SELECT
    c.source_system,
    c.patient_id,
    payer.payer_key,
    c.valid_from,
    COALESCE(c.valid_to, observed.observed_until::DATE) AS valid_to,
    observed.observed_from,
    observed.observed_until
  FROM input.coverage AS c
  INNER JOIN core.int_observed_period AS observed
    ON observed.source_system = c.source_system
  INNER JOIN star.dim_payer AS payer
    ON payer.source_system = c.source_system
    AND payer.payer_id = c.payer_id
    AND payer.insured_label = 'Insured'
), enrolled_month AS (
  SELECT
    s.source_system,
    s.patient_id,
    s.payer_key,
    d.full_date AS month_start,
    ROW_NUMBER() OVER (
      PARTITION BY s.source_system, s.patient_id, d.full_date
      ORDER BY s.valid_from DESC, s.payer_key
    ) AS span_rank
  FROM span AS s
  INNER JOIN star.dim_date AS d
    ON EXTRACT(DAY FROM d.full_date) = 1
    AND d.full_date BETWEEN s.valid_from AND s.valid_to
    AND d.full_date BETWEEN s.observed_from::DATE AND s.observed_until::DATE
), month_cost AS (
  SELECT
    source_system,
    patient_durable_key,
    FLOOR(start_date_key / 100)::INT AS month_key,
    SUM(claim_amount) AS claim_amount,
    SUM(drug_cost) AS drug_cost
  FROM star.fact_encounter
  WHERE
    start_date_key > 0
  GROUP BY
    1,
    2,
    3
)
SELECT
  @SURROGATE_KEY(m.source_system, m.patient_id || ' ' || m.month_start::TEXT) AS member_month_key,
  m.source_system,
  p.patient_key,
  p.patient_durable_key,
  -1::BIGINT AS organization_key,
  m.payer_key,
  @DATE_KEY(m.month_start, -1)::INT AS month_date_key,
  COALESCE(c.claim_amount, 0) AS claim_amount,
  CASE WHEN drugs.is_delivered = 1 THEN COALESCE(c.drug_cost, 0) END AS drug_cost
FROM enrolled_month AS m
INNER JOIN core.int_capability AS drugs
  ON drugs.source_system = m.source_system AND drugs.capability = 'medication_costs'
INNER JOIN star.dim_patient AS p
  ON p.source_system = m.source_system
  AND p.patient_id = m.patient_id
  AND m.month_start BETWEEN p.valid_from AND p.valid_to
LEFT JOIN month_cost AS c
  ON c.source_system = m.source_system
  AND c.patient_durable_key = p.patient_durable_key
  AND c.month_key = FLOOR(@DATE_KEY(m.month_start, -1) / 100)
WHERE
  m.span_rank = 1
