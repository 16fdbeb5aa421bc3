/* One row per inpatient encounter, with what was claimed around it: the episodes of the first reference project. */
MODEL (
  name core.int_published_episode,
  kind FULL,
  grain (source_system, encounter_id),
  audits (
    unique_grain(columns := (source_system, encounter_id)),
    not_null(columns := (source_system, encounter_id, n_encounters))
  ),
  description 'The published rule, kept to be compared: every inpatient encounter starts a window of its own, from 3 days before to 30 days after, so that one encounter is summed in many windows.'
);

SELECT
  i.source_system,
  i.patient_id,
  i.encounter_id,
  i.payer_id,
  i.start_ts,
  COUNT(*) AS n_encounters,
  SUM(e.claim_amount) AS claim_total
FROM core.int_encounter AS i
INNER JOIN core.int_encounter AS e
  ON e.source_system = i.source_system
  AND e.patient_id = i.patient_id
  AND e.start_ts BETWEEN i.start_ts - INTERVAL '3' DAY AND i.stop_ts + INTERVAL '30' DAY
INNER JOIN reference.encounter_class AS class
  ON class.class_code = i.class_code AND class.is_acute_inpatient = 1
WHERE
  NOT i.claim_amount IS NULL
GROUP BY
  1,
  2,
  3,
  4,
  5
