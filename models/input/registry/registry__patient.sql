/* One row per person of a registry: it has bands of age, and no days of birth. */
MODEL (
  name input.registry__patient,
  kind EMBEDDED,
  grain (source_system, patient_id)
);

SELECT
  source_system,
  person_id AS patient_id,
  age_band AS age_band_label,
  0 AS is_text_repaired,
  sex
FROM staging.stg_registry__persons
