/* One row per claim of a FHIR export with what was paid of it, and per explanation of benefit of a claim that was not delivered. */
MODEL (
  name staging.stg_fhir__bills,
  kind FULL,
  grain (source_system, bill_id),
  audits (
    unique_grain(columns := (source_system, bill_id)),
    not_null(columns := (source_system, bill_id, is_pharmacy))
  ),
  description 'Claims, and what their explanations of benefit say that payers paid: several explanations of one claim add up. An explanation whose claim is not delivered says what was claimed itself. Claims for an estimate or an authorization, and what was cancelled, drafted or entered in error, are no bills. Days are those of the encounter, never those of the bill.'
);

WITH claim AS (
  SELECT
    *
  FROM staging.stg_fhir__claims
  WHERE
    COALESCE(use_code, 'claim') = 'claim'
    AND NOT COALESCE(status, 'active') IN ('cancelled', 'draft', 'entered-in-error')
), explanation AS (
  SELECT
    *
  FROM staging.stg_fhir__explanations_of_benefit
  WHERE
    COALESCE(use_code, 'claim') = 'claim'
    AND NOT COALESCE(status, 'active') IN ('cancelled', 'draft', 'entered-in-error')
), payment AS (
  SELECT
    source_system,
    claim_id,
    MAX(encounter_id) AS encounter_id,
    SUM(paid_amount) AS payer_paid,
    MAX(payer_id) AS payer_id
  FROM explanation
  WHERE
    NOT claim_id IS NULL
  GROUP BY
    1,
    2
)
SELECT
  c.source_system,
  'Claim/' || c.claim_id AS bill_id,
  c.is_pharmacy,
  COALESCE(c.encounter_id, p.encounter_id) AS encounter_id,
  c.medication_request_id,
  COALESCE(c.payer_id, p.payer_id) AS payer_id,
  c.total_amount AS claim_amount,
  p.payer_paid
FROM claim AS c
LEFT JOIN payment AS p
  ON p.source_system = c.source_system AND p.claim_id = c.claim_id
UNION ALL
SELECT
  e.source_system,
  'ExplanationOfBenefit/' || e.explanation_id AS bill_id,
  e.is_pharmacy,
  e.encounter_id,
  e.medication_request_id,
  e.payer_id,
  e.submitted_amount AS claim_amount,
  e.paid_amount AS payer_paid
FROM explanation AS e
LEFT JOIN staging.stg_fhir__claims AS delivered
  ON delivered.source_system = e.source_system AND delivered.claim_id = e.claim_id
WHERE
  delivered.claim_id IS NULL
