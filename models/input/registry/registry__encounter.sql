/* One row per stay of a registry: it has an order and a length, and no days. */
MODEL (
  name input.registry__encounter,
  kind EMBEDDED,
  grain (source_system, encounter_id)
);

WITH word AS (
  SELECT
    delivered_value,
    value
  FROM reference.code_map
  WHERE
    column_name = 'discharge_disposition' AND family = 'registry'
)
SELECT
  s.source_system,
  s.person_id || '-' || s.stay_number::TEXT AS encounter_id,
  s.person_id AS patient_id,
  'inpatient' AS class_code,
  0 AS has_time,
  s.stay_number::INT AS sequence,
  s.discharge_code AS discharge_disposition,
  s.stated_los_days,
  CASE WHEN word.value = 'expired' THEN 1 WHEN NOT word.value IS NULL THEN 0 END AS died_in_stay, /* A code that the list lacks does not tell. */
  s.readmitted_flag,
  s.charge_amount
FROM staging.stg_registry__stays AS s
LEFT JOIN word
  ON word.delivered_value = LOWER(s.discharge_code)
