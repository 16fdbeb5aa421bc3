/* One row per encounter of a FHIR export that has begun. */
MODEL (
  name input.fhir__encounter,
  kind EMBEDDED,
  grain (source_system, encounter_id)
);

WITH department AS (
  SELECT
    source_system,
    organization_id,
    MIN(part_of_id) AS hospital_id
  FROM staging.stg_fhir__organizations
  WHERE
    organization_type IN ('dept', 'team')
  GROUP BY
    1,
    2
), bill AS (
  SELECT
    source_system,
    encounter_id,
    ARG_MAX(payer_id, claim_amount) AS payer_id,
    SUM(claim_amount) AS claim_amount,
    SUM(payer_paid) AS payer_paid
  FROM staging.stg_fhir__bills
  WHERE
    is_pharmacy = 0
  GROUP BY
    1,
    2
)
SELECT
  e.source_system,
  e.encounter_id,
  e.patient_id,
  COALESCE(department.hospital_id, e.service_provider_id) AS organization_id, /* A department is part of the hospital that a stay is in. */
  e.practitioner_id,
  bill.payer_id,
  e.class_code,
  e.type_code,
  e.type_code_system,
  e.type_text,
  e.reason_code,
  e.reason_code_system,
  e.reason_text,
  e.start_ts,
  e.stop_ts,
  e.start_ts_utc,
  e.stop_ts_utc,
  e.has_time,
  e.admit_source,
  e.discharge_disposition,
  bill.claim_amount::DECIMAL(14, 2) AS claim_amount,
  bill.payer_paid::DECIMAL(14, 2) AS payer_paid
FROM staging.stg_fhir__encounters AS e
LEFT JOIN department
  ON department.source_system = e.source_system
  AND department.organization_id = e.service_provider_id
LEFT JOIN bill
  ON bill.source_system = e.source_system AND bill.encounter_id = e.encounter_id
WHERE
  NOT COALESCE(e.status, 'unknown') IN ('planned', 'cancelled', 'entered-in-error')
