/* One row per patient, diagnosis and day it is known from; a condition on a list of problems may begin more than once. */
MODEL (
  name core.int_patient_diagnosis,
  kind FULL,
  grain (source_system, patient_id, code_system, code, onset_date),
  audits (
    unique_grain(columns := (source_system, patient_id, code_system, code, onset_date)),
    not_null(
      columns := (source_system, patient_id, code_system, code, role, is_length_mismatch)
    )
  ),
  description 'What is known of the diagnoses of each patient: conditions with each of their beginnings; reasons of encounters and diagnoses of visits from the first day they are named. A marker of no diagnosis stands only where the patient has no other.'
);

WITH known_diagnosis AS (
  SELECT
    source_system,
    patient_id,
    code_system,
    code,
    onset_date,
    abated_date,
    encounter_id,
    rank AS place,
    role,
    list_length_mismatch AS is_length_mismatch
  FROM input.condition
  WHERE
    role = 'condition'
  UNION ALL
  SELECT
    source_system,
    patient_id,
    reason_code_system AS code_system,
    reason_code AS code,
    MIN(start_ts)::DATE AS onset_date,
    NULL AS abated_date,
    ARG_MIN(encounter_id, start_ts) AS encounter_id,
    2 AS place,
    'reason' AS role,
    0 AS is_length_mismatch
  FROM core.int_encounter
  WHERE
    NOT reason_code IS NULL
  GROUP BY
    1,
    2,
    3,
    4
  UNION ALL
  SELECT
    source_system,
    patient_id,
    code_system,
    code,
    MIN(onset_date) AS onset_date,
    NULL AS abated_date,
    ARG_MIN(encounter_id, (onset_date, condition_id)) AS encounter_id,
    ARG_MIN(rank, (onset_date, condition_id)) AS place,
    ARG_MIN(role, (onset_date, condition_id)) AS role,
    MAX(list_length_mismatch) AS is_length_mismatch
  FROM input.condition
  WHERE
    role <> 'condition'
  GROUP BY
    1,
    2,
    3,
    4
), chosen_diagnosis AS (
  /* A reason that is also a condition of the same day is that condition. */
  SELECT
    *,
    ROW_NUMBER() OVER (
      PARTITION BY source_system, patient_id, code_system, code, onset_date
      ORDER BY place, encounter_id
    ) AS choice,
    MIN(CASE WHEN code_system = 'none' THEN 1 ELSE 0 END) OVER (PARTITION BY source_system, patient_id) AS has_only_markers,
    ROW_NUMBER() OVER (
      PARTITION BY source_system, patient_id, code_system
      ORDER BY onset_date, place, code
    ) AS place_in_system
  FROM known_diagnosis
)
SELECT
  source_system,
  patient_id,
  code_system,
  code,
  onset_date,
  abated_date,
  encounter_id,
  place,
  role,
  is_length_mismatch
FROM chosen_diagnosis
WHERE
  choice = 1
  AND (
    code_system <> 'none' OR (
      has_only_markers = 1 AND place_in_system = 1
    )
  )
