/* One row per closed inpatient stay, with the first emergency visit after it. */
MODEL (
  name core.int_ed_return,
  kind FULL,
  grain (source_system, stay_id),
  audits (
    unique_grain(columns := (source_system, stay_id)),
    not_null(columns := (source_system, stay_id)),
    forall(criteria := (
      days_to_ed_visit >= 0
    ))
  ),
  description 'Returns to the emergency department. They are not readmissions (CMS), so they have a rate of their own; a visit that ends in an admission counts here too.'
);

WITH emergency_visit AS (
  SELECT
    e.source_system,
    e.patient_id,
    e.encounter_id,
    e.start_ts
  FROM core.int_encounter AS e
  INNER JOIN reference.encounter_class AS class
    ON class.class_code = e.class_code AND class.class_group = 'emergency'
), visit_after_stay AS (
  SELECT
    s.source_system,
    s.stay_id,
    ARG_MIN(v.encounter_id, (v.start_ts, v.encounter_id)) AS ed_encounter_id,
    MIN(v.start_ts) AS ed_start_ts
  FROM core.int_merged_stay AS s
  INNER JOIN emergency_visit AS v
    ON v.source_system = s.source_system
    AND v.patient_id = s.patient_id
    AND v.start_ts >= s.discharge_ts
  WHERE
    s.merge_rule = 'same_day'
  GROUP BY
    1,
    2
)
SELECT
  s.source_system,
  s.stay_id,
  s.discharge_ts,
  v.ed_encounter_id,
  DATE_DIFF('DAY', s.discharge_ts, v.ed_start_ts) AS days_to_ed_visit
FROM core.int_merged_stay AS s
LEFT JOIN visit_after_stay AS v
  ON v.source_system = s.source_system AND v.stay_id = s.stay_id
WHERE
  s.merge_rule = 'same_day' AND s.is_open = 0
