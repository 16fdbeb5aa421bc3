/* One row per inpatient stay, with what it can be sliced by. */
MODEL (
  name measure.stay_subject,
  kind FULL,
  grain stay_key,
  audits (
    unique_grain(columns := stay_key),
    not_null(columns := (stay_key, patient_key, payer_category, age_band, kind_of_stay)),
    no_fan_out(measure := 1, source := star.fact_inpatient_stay, source_measure := 1)
  ),
  description 'Stays with the labels of their slices.'
);

SELECT
  s.stay_key,
  s.source_system,
  organization.organization_label,
  p.patient_durable_key AS patient_key,
  s.admit_ts::DATE AS admit_date,
  s.discharge_ts::DATE AS discharge_date,
  p.death_date,
  payer.payer_category,
  payer.payer_name,
  CASE WHEN payer.payer_category = 'Medicare' THEN 'Medicare' ELSE 'other payers' END AS medicare_group,
  age.band_label AS age_band,
  CASE
    WHEN s.is_hospice = 1
    THEN 'hospice'
    WHEN s.is_detox = 1
    THEN 'detoxification'
    WHEN s.is_oncology_tx = 1
    THEN 'cancer treatment'
    WHEN s.is_screening = 1
    THEN 'screening'
    WHEN s.is_planned = 1
    THEN 'elective'
    ELSE 'acute'
  END AS kind_of_stay,
  s.is_open,
  s.los_days_cms,
  s.los_midnights,
  s.los_hours,
  CASE
    WHEN p.death_date BETWEEN s.admit_ts::DATE AND s.discharge_ts::DATE
    THEN 1
    ELSE 0
  END AS died_by_date,
  s.src_died_in_stay,
  s.has_30d_followup,
  s.src_readmitted_30d,
  s.charge_amount,
  s.cci_1987,
  s.cci_quan_2011,
  s.cci_1987_age_adjusted,
  s.cci_band
FROM star.fact_inpatient_stay AS s
INNER JOIN star.dim_patient AS p
  ON p.patient_key = s.patient_key
INNER JOIN star.dim_payer AS payer
  ON payer.payer_key = s.payer_key
INNER JOIN star.dim_age_band AS age
  ON age.age_band_key = s.age_band_key
INNER JOIN star.dim_organization AS organization
  ON organization.organization_key = s.organization_key
