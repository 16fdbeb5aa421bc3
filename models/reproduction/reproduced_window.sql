/* One row per inpatient encounter, with what was claimed around it: the episodes of the first reference project. */
MODEL (
  name reproduction.reproduced_window,
  kind FULL,
  grain encounter_key,
  audits (
    unique_grain(columns := encounter_key),
    not_null(columns := (encounter_key, n_encounters))
  ),
  description 'The reproduced rule, kept to be compared: every inpatient encounter starts a window of its own, from 3 days before to 30 days after, so that one encounter is summed in many windows.'
);

SELECT
  i.encounter_key,
  i.source_system,
  i.patient_durable_key,
  i.organization_key,
  i.payer_key,
  i.age_band_key,
  i.start_date_key,
  CASE WHEN payer.payer_category = 'Medicare' THEN 1 ELSE 0 END AS is_medicare,
  COUNT(*) AS n_encounters,
  SUM(e.claim_amount) AS claim_total
FROM star.fact_encounter AS i
INNER JOIN star.fact_encounter AS e
  ON e.source_system = i.source_system
  AND e.patient_durable_key = i.patient_durable_key
  AND e.start_ts BETWEEN i.start_ts - INTERVAL '3' DAY AND i.stop_ts + INTERVAL '30' DAY
INNER JOIN star.dim_payer AS payer
  ON payer.payer_key = i.payer_key
WHERE
  i.is_inpatient = 1 AND NOT i.claim_amount IS NULL
GROUP BY
  1,
  2,
  3,
  4,
  5,
  6,
  7,
  8
