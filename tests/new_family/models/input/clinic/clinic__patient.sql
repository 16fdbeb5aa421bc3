/* One row per patient of the clinic's extract: the stays say who they are. */
MODEL (
  name input.clinic__patient,
  kind EMBEDDED,
  grain (source_system, patient_id)
);

SELECT
  source_system,
  patient_id,
  MAX(age_band_label) AS age_band_label,
  0 AS is_text_repaired
FROM staging.stg_clinic__stays
GROUP BY
  1,
  2
