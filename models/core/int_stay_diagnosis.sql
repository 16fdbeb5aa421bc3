/* One row per stay and diagnosis known of its patient by the day of admission. */
MODEL (
  name core.int_stay_diagnosis,
  kind FULL,
  grain (source_system, stay_id, code_system, code),
  audits (
    unique_grain(columns := (source_system, stay_id, code_system, code)),
    not_null(columns := (source_system, stay_id, code_system, code, role))
  ),
  description 'Diagnoses as of admission: what became known later is left out, so that nothing leaks from the future into a score. Of a stay without a day, the diagnoses that its encounters carry.'
);

SELECT
  s.source_system,
  s.stay_id,
  d.code_system,
  d.code,
  MIN(d.onset_date) AS onset_date,
  ARG_MIN(d.role, (d.onset_date, d.place)) AS role,
  ARG_MIN(d.place, (d.onset_date, d.place)) AS place
FROM core.int_merged_stay AS s
INNER JOIN core.int_patient_diagnosis AS d
  ON d.source_system = s.source_system
  AND d.patient_id = s.patient_id
  AND d.onset_date <= s.admit_ts::DATE
WHERE
  s.merge_rule = 'same_day'
GROUP BY
  1,
  2,
  3,
  4
UNION ALL
SELECT
  e.source_system,
  e.stay_id,
  d.code_system,
  d.code,
  NULL AS onset_date,
  MIN(d.role) AS role,
  MIN(d.rank) AS place
FROM core.int_stay_encounter AS e
INNER JOIN input.condition AS d
  ON d.source_system = e.source_system AND d.encounter_id = e.encounter_id
WHERE
  e.merge_rule = 'same_day' AND e.start_ts IS NULL
GROUP BY
  1,
  2,
  3,
  4
