/* One row per inpatient stay of the patient records: they have days without times. */
MODEL (
  name input.ehr__encounter,
  kind EMBEDDED,
  grain (source_system, encounter_id)
);

SELECT
  source_system,
  encounter_id,
  patient_id,
  'inpatient' AS class_code,
  admit_date::TIMESTAMP AS start_ts,
  discharge_date::TIMESTAMP AS stop_ts,
  0 AS has_time,
  discharge_disposition,
  drg_code,
  CASE WHEN NOT drg_code IS NULL THEN 'MS' END AS drg_system,
  length_of_stay_days AS stated_los_days,
  in_hospital_death AS died_in_stay,
  readmitted_30d AS readmitted_flag,
  days_to_readmission,
  is_icu,
  icu_days,
  charge_amount
FROM staging.stg_ehr__outcomes
