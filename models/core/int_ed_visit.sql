/* One row per encounter in the emergency department, with the admission it ends in and the next visit. */
MODEL (
  name core.int_ed_visit,
  kind FULL,
  grain (source_system, encounter_id),
  audits (
    unique_grain(columns := (source_system, encounter_id)),
    not_null(columns := (source_system, encounter_id, has_30d_followup, died_by_stop)),
    forall(criteria := (
      days_to_next_ed_visit >= 0
    ))
  ),
  description 'Emergency visits. One ends in an admission where an inpatient encounter of the patient starts during it or within 24 hours of its end; the next visit is the next one that does not. NULL where the days are not known.'
);

WITH ed_visit AS (
  SELECT
    e.source_system,
    e.patient_id,
    e.encounter_id,
    e.start_ts,
    e.stop_ts,
    e.died_in_stay
  FROM core.int_encounter AS e
  INNER JOIN reference.encounter_class AS class
    ON class.class_code = e.class_code AND class.class_group = 'emergency'
), admitted_visit AS (
  SELECT
    v.source_system,
    v.encounter_id
  FROM ed_visit AS v
  INNER JOIN core.int_inpatient_encounter AS i
    ON i.source_system = v.source_system
    AND i.patient_id = v.patient_id
    AND i.start_ts BETWEEN v.start_ts AND v.stop_ts + INTERVAL '24' HOUR
  GROUP BY
    1,
    2
), judged_visit AS (
  SELECT
    v.*,
    CASE
      WHEN v.stop_ts IS NULL
      THEN NULL
      WHEN NOT a.encounter_id IS NULL
      THEN 1
      ELSE 0
    END AS ends_in_admission
  FROM ed_visit AS v
  LEFT JOIN admitted_visit AS a
    ON a.source_system = v.source_system AND a.encounter_id = v.encounter_id
), followed_visit AS (
  SELECT
    *,
    MIN(CASE WHEN ends_in_admission = 0 THEN start_ts END) OVER (
      PARTITION BY source_system, patient_id
      ORDER BY start_ts, stop_ts, encounter_id
      ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING
    ) AS next_start_ts
  FROM judged_visit
)
SELECT
  v.source_system,
  v.encounter_id,
  v.ends_in_admission,
  CASE
    WHEN v.next_start_ts < v.stop_ts
    THEN 0
    ELSE DATE_DIFF('DAY', v.stop_ts::DATE, v.next_start_ts::DATE)
  END AS days_to_next_ed_visit,
  CASE
    WHEN DATE_DIFF('DAY', v.stop_ts::DATE, observed.observed_until::DATE) >= 30
    THEN 1
    ELSE 0
  END AS has_30d_followup,
  CASE WHEN p.death_date <= v.stop_ts::DATE OR v.died_in_stay = 1 THEN 1 ELSE 0 END AS died_by_stop
FROM followed_visit AS v
INNER JOIN core.int_observed_period AS observed
  ON observed.source_system = v.source_system
LEFT JOIN core.int_patient AS p
  ON p.source_system = v.source_system AND p.patient_id = v.patient_id
