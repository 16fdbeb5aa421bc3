/* One row per patient, diagnosis and day it is first known; in Synthea exports a condition may begin more than once. */
MODEL (
  name core.int_patient_diagnosis,
  kind FULL,
  grain (source_system, patient_id, code_system, code, onset_date),
  audits (
    unique_grain(columns := (source_system, patient_id, code_system, code, onset_date)),
    not_null(
      columns := (
        source_system,
        patient_id,
        code_system,
        code,
        onset_date,
        role,
        is_length_mismatch
      )
    )
  ),
  description 'What is known of the diagnoses of each patient: conditions and reasons of encounters of a Synthea export, the lists of visits of the patient records. A marker of no diagnosis stands only where the patient has no other.'
);

WITH known_diagnosis AS (
  SELECT
    source_system,
    patient_id,
    'SNOMED CT' AS code_system,
    condition_code AS code,
    onset_date,
    abated_date,
    encounter_id,
    1 AS place,
    'condition' AS role,
    0 AS is_length_mismatch
  FROM staging.stg_synthea__conditions
  UNION ALL
  SELECT
    source_system,
    patient_id,
    'SNOMED CT' AS code_system,
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
    'ehr' AS source_system,
    patient_id,
    code_system,
    code,
    MIN(visit_date) AS onset_date,
    NULL AS abated_date,
    NULL AS encounter_id,
    ARG_MIN(list_position, (visit_date, record_number)) AS place,
    ARG_MIN(role, (visit_date, record_number)) AS role,
    MAX(is_length_mismatch) AS is_length_mismatch
  FROM core.int_visit_diagnosis
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
