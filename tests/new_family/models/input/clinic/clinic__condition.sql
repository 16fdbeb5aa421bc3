/* One row per stay of the clinic's extract that has a diagnosis. */
MODEL (
  name input.clinic__condition,
  kind EMBEDDED,
  grain (source_system, condition_id)
);

SELECT
  source_system,
  stay_id AS condition_id,
  patient_id,
  stay_id AS encounter_id,
  'ICD-9-CM' AS code_system,
  diagnosis_code AS code,
  1 AS rank,
  'primary' AS role,
  0 AS list_length_mismatch
FROM staging.stg_clinic__stays
WHERE
  NOT diagnosis_code IS NULL
