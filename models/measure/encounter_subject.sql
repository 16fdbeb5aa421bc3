/* One row per encounter, with what it can be sliced by. */
MODEL (
  name measure.encounter_subject,
  kind FULL,
  grain encounter_key,
  audits (
    unique_grain(columns := encounter_key),
    not_null(
      columns := (encounter_key, patient_key, payer_category, age_band, encounter_class)
    ),
    no_fan_out(measure := 1, source := star.fact_encounter, source_measure := 1),
    no_fan_out(
      measure := claim_amount,
      source := star.fact_encounter,
      source_measure := claim_amount
    )
  ),
  description 'Encounters with the labels of their slices.'
);

SELECT
  e.encounter_key,
  e.source_system,
  organization.organization_label,
  p.patient_durable_key AS patient_key,
  e.start_ts::DATE AS start_date,
  e.stop_ts::DATE AS stop_date,
  payer.payer_category,
  payer.payer_name,
  payer.is_insured,
  CASE WHEN payer.payer_category = 'Medicare' THEN 'Medicare' ELSE 'other payers' END AS medicare_group,
  age.band_label AS age_band,
  class.class_code,
  class.class_label AS encounter_class,
  class.is_acute_inpatient,
  type.type_description AS encounter_type,
  reason.code_system AS reason_code_system,
  reason.code AS reason_code,
  e.reason_diagnosis_key,
  e.midnights,
  e.complete_days,
  e.duration_min,
  e.claim_amount,
  e.payer_paid,
  e.patient_gap
FROM star.fact_encounter AS e
INNER JOIN star.dim_patient AS p
  ON p.patient_key = e.patient_key
INNER JOIN star.dim_payer AS payer
  ON payer.payer_key = e.payer_key
INNER JOIN star.dim_organization AS organization
  ON organization.organization_key = e.organization_key
INNER JOIN star.dim_age_band AS age
  ON age.age_band_key = e.age_band_key
INNER JOIN star.dim_encounter_class AS class
  ON class.class_key = e.class_key
INNER JOIN star.dim_encounter_type AS type
  ON type.type_key = e.type_key
INNER JOIN star.dim_diagnosis AS reason
  ON reason.diagnosis_key = e.reason_diagnosis_key
