/* One row per admission and unit of counting: each inpatient encounter, each same-day stay, each next-day stay. */
MODEL (
  name core.int_admission,
  kind FULL,
  grain (unit, source_system, admission_id),
  audits (
    unique_grain(columns := (unit, source_system, admission_id)),
    not_null(
      columns := (
        unit,
        source_system,
        admission_id,
        patient_id,
        is_open,
        is_undated,
        is_planned,
        is_hospice,
        is_transferred_out,
        is_transferred_in,
        has_30d_followup,
        died_by_discharge
      )
    )
  ),
  description 'Admissions as the readmission definitions count them, each with the next one of the same patient and unit. The reproduced rules (unit encounter) leave hospice and screening out before they look for the next. A stay that is followed on the same or the next day by one at another organization is a transfer: the patient was handed on, not readmitted. An admission without a day has no next one.'
);

WITH unit_of_counting AS (
  SELECT
    'encounter' AS unit,
    source_system,
    patient_id,
    organization_id,
    encounter_id AS admission_id,
    start_ts AS admit_ts,
    stop_ts AS discharge_ts,
    CASE WHEN stop_ts IS NULL AND NOT start_ts IS NULL THEN 1 ELSE 0 END AS is_open,
    age_years,
    discharge_disposition,
    died_in_stay,
    readmitted_flag,
    days_to_readmission,
    is_oncology_tx,
    is_hospice_care,
    is_surgery,
    is_cancer,
    is_hospice,
    is_screening,
    is_detox,
    planned_rule,
    is_planned,
    GREATEST(is_hospice, is_screening) AS is_passed_over
  FROM core.int_inpatient_encounter
  UNION ALL
  SELECT
    merge_rule AS unit,
    source_system,
    patient_id,
    organization_id,
    stay_id AS admission_id,
    admit_ts,
    discharge_ts,
    is_open,
    age_years,
    discharge_disposition,
    died_in_stay,
    readmitted_flag,
    days_to_readmission,
    is_oncology_tx,
    is_hospice_care,
    is_surgery,
    is_cancer,
    is_hospice,
    is_screening,
    is_detox,
    planned_rule,
    is_planned,
    0 AS is_passed_over
  FROM core.int_merged_stay
), followed_admission AS (
  SELECT
    *,
    CASE WHEN admit_ts IS NULL THEN 1 ELSE 0 END AS is_undated,
    LEAD(admission_id) OVER next_admission AS next_admission_id,
    LEAD(organization_id) OVER next_admission AS next_organization_id,
    LEAD(admit_ts) OVER next_admission AS next_admit_ts,
    LEAD(is_planned) OVER next_admission AS next_is_planned,
    LEAD(planned_rule) OVER next_admission AS next_planned_rule,
    LEAD(GREATEST(is_hospice, is_hospice_care)) OVER next_admission AS next_is_hospice,
    LAG(organization_id) OVER next_admission AS earlier_organization_id,
    LAG(discharge_ts) OVER next_admission AS earlier_discharge_ts
  FROM unit_of_counting
  WINDOW next_admission AS (
    PARTITION BY unit, source_system, patient_id, is_passed_over, CASE WHEN admit_ts IS NULL THEN admission_id END
    ORDER BY admit_ts, discharge_ts, admission_id
  )
)
SELECT
  a.*,
  DATE_DIFF('DAY', a.discharge_ts::DATE, a.next_admit_ts::DATE) AS calendar_days_to_next,
  TRUNC(DATE_DIFF('SECOND', a.discharge_ts, a.next_admit_ts) / 86400.0) /* Complete 24-hour periods, cut towards zero: what MySQL's TIMESTAMPDIFF(DAY) returns. */::INT AS complete_days_to_next,
  CASE
    WHEN DATE_DIFF('DAY', a.discharge_ts::DATE, a.next_admit_ts::DATE) <= 1
    AND a.next_organization_id <> a.organization_id
    THEN 1
    ELSE 0
  END AS is_transferred_out,
  CASE
    WHEN DATE_DIFF('DAY', a.earlier_discharge_ts::DATE, a.admit_ts::DATE) <= 1
    AND a.earlier_organization_id <> a.organization_id
    THEN 1
    ELSE 0
  END AS is_transferred_in,
  CASE
    WHEN p.death_date <= a.discharge_ts::DATE OR a.died_in_stay = 1
    THEN 1
    ELSE 0
  END AS died_by_discharge,
  CASE
    WHEN DATE_DIFF('DAY', a.discharge_ts::DATE, observed.observed_until::DATE) >= 30
    THEN 1
    ELSE 0
  END AS has_30d_followup
FROM followed_admission AS a
INNER JOIN core.int_observed_period AS observed
  ON observed.source_system = a.source_system
LEFT JOIN core.int_patient AS p
  ON p.source_system = a.source_system AND p.patient_id = a.patient_id
