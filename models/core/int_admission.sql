/* One row per admission and unit of counting: each inpatient encounter, each same-day stay, each next-day stay. */
MODEL (
  name core.int_admission,
  kind FULL,
  grain (unit, admission_id),
  audits (
    unique_grain(columns := (unit, admission_id)),
    not_null(
      columns := (
        unit,
        admission_id,
        patient_id,
        admit_ts,
        is_open,
        is_planned,
        is_hospice,
        has_30d_followup,
        died_by_discharge,
        readmission_basis
      )
    )
  ),
  description 'Admissions as the readmission definitions count them, each with the next one of the same patient and unit. The published rules (unit encounter) leave hospice and screening out before they look for the next.'
);

WITH unit_of_counting AS (
  SELECT
    'encounter' AS unit,
    source_system,
    patient_id,
    encounter_id AS admission_id,
    start_ts AS admit_ts,
    stop_ts AS discharge_ts,
    CASE WHEN stop_ts IS NULL THEN 1 ELSE 0 END AS is_open,
    is_oncology_tx,
    is_hospice_care,
    is_cancer,
    is_hospice,
    is_screening,
    is_detox,
    is_planned,
    GREATEST(is_hospice, is_screening) AS is_passed_over
  FROM core.int_inpatient_encounter
  UNION ALL
  SELECT
    merge_rule AS unit,
    source_system,
    patient_id,
    stay_id AS admission_id,
    admit_ts,
    discharge_ts,
    is_open,
    is_oncology_tx,
    is_hospice_care,
    is_cancer,
    is_hospice,
    is_screening,
    is_detox,
    is_planned,
    0 AS is_passed_over
  FROM core.int_merged_stay
), followed_admission AS (
  SELECT
    *,
    LEAD(admission_id) OVER next_admission AS next_admission_id,
    LEAD(admit_ts) OVER next_admission AS next_admit_ts,
    LEAD(is_planned) OVER next_admission AS next_is_planned,
    LEAD(GREATEST(is_hospice, is_hospice_care)) OVER next_admission AS next_is_hospice
  FROM unit_of_counting
  WINDOW next_admission AS (
    PARTITION BY unit, source_system, patient_id, is_passed_over
    ORDER BY admit_ts, discharge_ts, admission_id
  )
)
SELECT
  a.*,
  DATE_DIFF('DAY', a.discharge_ts, a.next_admit_ts) AS calendar_days_to_next,
  TRUNC(DATE_DIFF('SECOND', a.discharge_ts, a.next_admit_ts) / 86400.0) /* Complete 24-hour periods, cut towards zero: what MySQL's TIMESTAMPDIFF(DAY) returns. */::INT AS complete_days_to_next,
  CASE
    WHEN p.death_date <= a.discharge_ts::DATE OR o.in_hospital_death = 1
    THEN 1
    ELSE 0
  END AS died_by_discharge,
  CASE
    WHEN DATE_DIFF('DAY', a.discharge_ts, observed.observed_until) >= 30
    THEN 1
    ELSE 0
  END AS has_30d_followup,
  source.readmission_basis,
  o.readmitted_30d AS source_readmitted_30d,
  o.days_to_readmission AS source_days_to_readmission
FROM followed_admission AS a
INNER JOIN core.int_observed_period AS observed
  ON observed.source_system = a.source_system
INNER JOIN reference.source_system AS source
  ON source.source_system = a.source_system
LEFT JOIN staging.stg_ehr__outcomes AS o
  ON o.source_system = a.source_system AND o.encounter_id = a.admission_id
LEFT JOIN core.int_patient AS p
  ON p.source_system = a.source_system AND p.patient_id = a.patient_id
