/* One row per stay of the clinic's extract. */
MODEL (
  name input.clinic__encounter,
  kind EMBEDDED,
  grain (source_system, encounter_id)
);

SELECT
  source_system,
  stay_id AS encounter_id,
  patient_id,
  insurance AS payer_id,
  'inpatient' AS class_code,
  0 AS has_time,
  record_number::INT AS sequence,
  discharge_disposition,
  stated_los_days,
  died_in_stay,
  readmitted_flag,
  charge_amount
FROM staging.stg_clinic__stays
