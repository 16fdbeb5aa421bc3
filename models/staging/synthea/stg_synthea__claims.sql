/* One row per claim of the Synthea export. */
MODEL (
  name staging.stg_synthea__claims,
  kind VIEW,
  grain (source_system, claim_id),
  depends_on (
    quarantine.synthea__claims
  ),
  audits (
    unique_grain(columns := (source_system, claim_id)),
    rows_preserved(source := raw.synthea__claims, quarantine := quarantine.synthea__claims),
    not_null(columns := (source_system, claim_id, patient_id))
  ),
  description 'Claims as delivered, typed and cleaned; nothing dropped but what quarantine holds.'
);

SELECT
  source_system,
  @IDENTIFIER(id) AS claim_id,
  @IDENTIFIER(patientid) AS patient_id,
  @IDENTIFIER(appointmentid) AS encounter_id, /* The appointment is the encounter. */
  @IDENTIFIER(providerid) AS provider_id,
  @IDENTIFIER(referringproviderid) AS referring_provider_id,
  @IDENTIFIER(supervisingproviderid) AS supervising_provider_id,
  @IDENTIFIER(primarypatientinsuranceid) AS primary_payer_id, /* 0 stands for no payer. */
  @IDENTIFIER(secondarypatientinsuranceid) AS secondary_payer_id,
  @IDENTIFIER(departmentid) AS department_id,
  @IDENTIFIER(patientdepartmentid) AS patient_department_id,
  @INTEGER_CODE(diagnosis1) AS diagnosis_code_1,
  @INTEGER_CODE(diagnosis2) AS diagnosis_code_2,
  @INTEGER_CODE(diagnosis3) AS diagnosis_code_3,
  @INTEGER_CODE(diagnosis4) AS diagnosis_code_4,
  @INTEGER_CODE(diagnosis5) AS diagnosis_code_5,
  @INTEGER_CODE(diagnosis6) AS diagnosis_code_6,
  @INTEGER_CODE(diagnosis7) AS diagnosis_code_7,
  @INTEGER_CODE(diagnosis8) AS diagnosis_code_8,
  @UTC_TIME(currentillnessdate) AS illness_ts_utc,
  @UTC_TIME(servicedate) AS service_ts_utc,
  LOWER(TRIM(status1)) AS primary_status,
  LOWER(TRIM(status2)) AS secondary_status,
  LOWER(TRIM(statusp)) AS patient_status,
  outstanding1::DECIMAL(14, 2) AS primary_outstanding,
  outstanding2::DECIMAL(14, 2) AS secondary_outstanding,
  outstandingp::DECIMAL(14, 2) AS patient_outstanding,
  @UTC_TIME(lastbilleddate1) AS primary_billed_ts_utc,
  @UTC_TIME(lastbilleddate2) AS secondary_billed_ts_utc,
  @UTC_TIME(lastbilleddatep) AS patient_billed_ts_utc,
  @INTEGER_CODE(healthcareclaimtypeid1) AS primary_claim_type,
  @INTEGER_CODE(healthcareclaimtypeid2) AS secondary_claim_type
FROM raw.synthea__claims
WHERE
  violation IS NULL
