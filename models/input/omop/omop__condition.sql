/* One row per condition of an OMOP feed, or observation that tells of one. */
MODEL (
  name input.omop__condition,
  kind EMBEDDED,
  grain (source_system, condition_id)
);

SELECT
  source_system,
  condition_occurrence_id AS condition_id,
  person_id AS patient_id,
  visit_occurrence_id AS encounter_id,
  condition_code_system AS code_system,
  condition_code AS code,
  condition_name AS text,
  onset_date,
  abated_date,
  CASE WHEN role = 'secondary' THEN 2 ELSE 1 END AS rank,
  role,
  0 AS list_length_mismatch
FROM staging.stg_omop__condition_occurrence
UNION ALL
SELECT
  source_system,
  'observation ' || observation_id AS condition_id, /* The two tables number their rows apart. */
  person_id AS patient_id,
  visit_occurrence_id AS encounter_id,
  observation_code_system AS code_system,
  observation_code AS code,
  observation_name AS text,
  observation_date AS onset_date,
  NULL::DATE AS abated_date,
  1 AS rank,
  'condition' AS role,
  0 AS list_length_mismatch
FROM staging.stg_omop__observation
WHERE
  is_finding = 1
