/* One row per prescription of a FHIR export. */
MODEL (
  name input.fhir__medication,
  kind EMBEDDED,
  grain (source_system, medication_id)
);

WITH bill AS (
  SELECT
    source_system,
    medication_request_id,
    SUM(claim_amount) AS total_cost,
    SUM(payer_paid) AS payer_paid
  FROM staging.stg_fhir__bills
  WHERE
    is_pharmacy = 1
  GROUP BY
    1,
    2
)
SELECT
  m.source_system,
  m.medication_request_id AS medication_id,
  m.patient_id,
  m.encounter_id,
  COALESCE(m.code_system, 'TEXT') AS code_system,
  COALESCE(m.medication_code, LOWER(m.medication_name)) AS code,
  COALESCE(m.medication_name, m.medication_code) AS text,
  m.authored_date AS start_date,
  m.dose,
  m.dose_unit,
  m.frequency,
  m.reason_code AS indication_code,
  m.reason_code_system AS indication_code_system,
  m.reason_text AS indication,
  bill.total_cost::DECIMAL(14, 2) AS total_cost,
  bill.payer_paid::DECIMAL(14, 2) AS payer_paid
FROM staging.stg_fhir__medication_requests AS m
LEFT JOIN bill
  ON bill.source_system = m.source_system
  AND bill.medication_request_id = m.medication_request_id
WHERE
  COALESCE(m.intent, 'order') = 'order'
  AND NOT COALESCE(m.status, 'active') IN ('draft', 'cancelled', 'entered-in-error')
  AND NOT COALESCE(m.medication_code, m.medication_name) IS NULL
