/* One row per metric version and encounter that it observes. */
MODEL (
  name measure.encounter_observation,
  kind FULL,
  grain (metric_code, definition_version, observed_key),
  audits (
    unique_grain(columns := (metric_code, definition_version, observed_key)),
    not_null(
      columns := (
        metric_code,
        definition_version,
        observed_key,
        patient_key,
        numerator,
        denominator
      )
    )
  ),
  description 'What each encounter adds to cost, to the gap that payers leave, and to the published figures on encounters.'
);

WITH readmitted_patient AS (
  SELECT DISTINCT
    s.patient_key
  FROM star.fact_readmission AS r
  INNER JOIN measure.stay_subject AS s
    ON s.stay_key = r.stay_key
  WHERE
    r.definition_code = 'R1' AND r.is_readmission = 1
), judged_encounter AS (
  SELECT
    e.*,
    CASE
      WHEN e.is_insured = 0
      THEN 'uninsured'
      WHEN e.is_insured = 1 AND e.payer_paid = 0
      THEN 'insured_zero_paid'
      WHEN e.is_insured = 1
      THEN 'partial'
    END AS kind_of_gap,
    CASE WHEN e.class_code = 'ambulatory' THEN 1 ELSE 0 END AS is_ambulatory,
    CASE
      WHEN NOT readmitted.patient_key IS NULL AND e.reason_diagnosis_key >= 0
      THEN CASE WHEN named.code IS NULL THEN 0 ELSE 1 END
    END AS is_named_reason
  FROM measure.encounter_subject AS e
  LEFT JOIN readmitted_patient AS readmitted
    ON readmitted.patient_key = e.patient_key
  LEFT JOIN reference.published_reason AS named
    ON named.code_system = e.reason_code_system AND named.code = e.reason_code
), counted_encounter AS (
  /* A reason's percentage, rounded as published and spread over its encounters, so that they add up to it. */
  SELECT
    *,
    CASE
      WHEN is_named_reason = 1
      THEN ROUND(
        100.0 * COUNT(is_named_reason) OVER (PARTITION BY source_system, reason_code) / COUNT(is_named_reason) OVER (PARTITION BY source_system)
      ) / 100 / COUNT(is_named_reason) OVER (PARTITION BY source_system, reason_code)
    END AS rounded_share
  FROM judged_encounter
)
SELECT
  m.metric_code,
  m.definition_version,
  e.encounter_key AS observed_key,
  e.source_system,
  e.organization_label,
  e.patient_key,
  e.start_date AS observed_date,
  e.payer_category,
  e.payer_name,
  e.medicare_group,
  e.age_band,
  e.encounter_class,
  m.numerator,
  m.denominator
FROM counted_encounter AS e
CROSS JOIN LATERAL (
  VALUES
    ('encounters', 'count', 1::DECIMAL(24, 10), 1::DECIMAL(24, 10)),
    ('tcoc', 'total', e.claim_amount, 1),
    ('claim_per_encounter', 'mean', e.claim_amount, 1),
    ('noncovered_cost', 'total', e.patient_gap, 1),
    ('noncovered_cost', e.kind_of_gap, e.patient_gap, 1),
    (
      'noncovered_share',
      'uninsured',
      CASE WHEN e.kind_of_gap = 'uninsured' THEN e.patient_gap ELSE 0 END,
      e.patient_gap
    ),
    (
      'noncovered_share',
      'insured_zero_paid',
      CASE WHEN e.kind_of_gap = 'insured_zero_paid' THEN e.patient_gap ELSE 0 END,
      e.patient_gap
    ),
    (
      'noncovered_share',
      'partial',
      CASE WHEN e.kind_of_gap = 'partial' THEN e.patient_gap ELSE 0 END,
      e.patient_gap
    ),
    ('noncovered_rate', 'claim', e.patient_gap, e.claim_amount),
    (
      'zero_paid_claims',
      'published',
      CASE WHEN e.payer_paid = 0 THEN e.claim_amount END,
      1
    ),
    (
      'zero_paid_share',
      'published',
      CASE WHEN e.payer_paid = 0 THEN e.claim_amount ELSE 0 END,
      e.claim_amount
    ),
    (
      'ambulatory_share',
      'zero_paid_encounters',
      CASE WHEN e.payer_paid = 0 THEN e.is_ambulatory END,
      1
    ),
    ('ambulatory_share', 'all_encounters', e.is_ambulatory, 1),
    (
      'ambulatory_share',
      'noncovered_cost',
      e.is_ambulatory * e.patient_gap,
      e.patient_gap
    ),
    (
      'alos',
      'published',
      CASE WHEN e.is_acute_inpatient = 1 THEN e.complete_days END,
      1
    ),
    (
      'alos',
      'midnights_unmerged',
      CASE WHEN e.is_acute_inpatient = 1 THEN e.midnights END,
      1
    ),
    (
      'alos',
      'elapsed_unmerged',
      CASE WHEN e.is_acute_inpatient = 1 THEN e.duration_min / 1440.0 END,
      1
    ),
    ('named_reason_share', 'published', e.is_named_reason, 1),
    ('named_reason_share', 'published_rounded', e.rounded_share, 1)
) AS m(metric_code, definition_version, numerator, denominator)
WHERE
  NOT m.definition_version IS NULL
  AND NOT m.numerator IS NULL
  AND NOT m.denominator IS NULL
