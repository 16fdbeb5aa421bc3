/* One row per charge, payment, adjustment or transfer of a claim of the Synthea export. */
MODEL (
  name staging.stg_synthea__claims_transactions,
  kind VIEW,
  grain (source_system, transaction_id),
  depends_on (
    quarantine.synthea__claims_transactions
  ),
  audits (
    unique_grain(columns := (source_system, transaction_id)),
    rows_preserved(
      source := raw.synthea__claims_transactions,
      quarantine := quarantine.synthea__claims_transactions
    ),
    not_null(columns := (source_system, transaction_id, patient_id))
  ),
  description 'Transactions of claims as delivered, typed and cleaned; nothing dropped but what quarantine holds.'
);

SELECT
  source_system,
  @IDENTIFIER(id) AS transaction_id,
  @IDENTIFIER(claimid) AS claim_id,
  @IDENTIFIER(patientid) AS patient_id,
  @IDENTIFIER(appointmentid) AS encounter_id, /* The appointment is the encounter. */
  @INTEGER_CODE(chargeid) AS charge_id,
  LOWER(TRIM(type)) AS transaction_type,
  amount::DECIMAL(14, 2) AS amount,
  LOWER(TRIM(method)) AS payment_method,
  @UTC_TIME(fromdate) AS from_ts_utc,
  @UTC_TIME(todate) AS to_ts_utc,
  @IDENTIFIER(placeofservice) AS organization_id, /* The place of service is the organization. */
  @INTEGER_CODE(procedurecode) AS item_code, /* Of an encounter, procedure, immunization or medication alike: the file does not say of which code system. */
  TRIM(modifier1) AS modifier_1,
  TRIM(modifier2) AS modifier_2,
  diagnosisref1::BIGINT AS diagnosis_place_1,
  diagnosisref2::BIGINT AS diagnosis_place_2,
  diagnosisref3::BIGINT AS diagnosis_place_3,
  diagnosisref4::BIGINT AS diagnosis_place_4,
  units::DOUBLE AS units,
  @IDENTIFIER(departmentid) AS department_id,
  TRIM(notes) AS notes,
  unitamount::DECIMAL(14, 2) AS unit_amount,
  @INTEGER_CODE(transferoutid) AS transfer_out_id,
  TRIM(transfertype) AS transfer_type,
  payments::DECIMAL(14, 2) AS payments,
  adjustments::DECIMAL(14, 2) AS adjustments,
  transfers::DECIMAL(14, 2) AS transfers,
  outstanding::DECIMAL(14, 2) AS outstanding,
  TRIM(linenote) AS line_note,
  @IDENTIFIER(patientinsuranceid) AS patient_insurance_id,
  @INTEGER_CODE(feescheduleid) AS fee_schedule_id,
  @IDENTIFIER(providerid) AS provider_id,
  @IDENTIFIER(supervisingproviderid) AS supervising_provider_id
FROM raw.synthea__claims_transactions
WHERE
  violation IS NULL
