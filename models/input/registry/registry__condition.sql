/* One row per diagnosis of a stay of a registry. */
MODEL (
  name input.registry__condition,
  kind EMBEDDED,
  grain (source_system, condition_id)
);

SELECT
  source_system,
  person_id || '-' || stay_number::TEXT || '-' || diagnosis_number::TEXT AS condition_id,
  person_id AS patient_id,
  person_id || '-' || stay_number::TEXT AS encounter_id,
  'Registry' AS code_system,
  diagnosis_code AS code,
  diagnosis_number::INT AS rank,
  CASE WHEN diagnosis_number = 1 THEN 'primary' ELSE 'secondary' END AS role,
  0 AS list_length_mismatch
FROM staging.stg_registry__diagnoses
