/* One row per person of an OMOP feed; death and address stand in tables of their own. */
MODEL (
  name input.omop__patient,
  kind EMBEDDED,
  grain (source_system, patient_id)
);

WITH death AS (
  SELECT
    source_system,
    person_id,
    MIN(death_date) AS death_date
  FROM staging.stg_omop__death
  GROUP BY
    1,
    2
)
SELECT
  p.source_system,
  p.person_id AS patient_id,
  p.birth_date,
  death.death_date,
  COALESCE(l.is_text_repaired, 0) AS is_text_repaired,
  p.race,
  p.ethnicity,
  p.sex,
  l.city,
  l.county,
  l.state,
  l.zip5,
  l.zip_plus4,
  l.latitude,
  l.longitude
FROM staging.stg_omop__person AS p
LEFT JOIN death
  ON death.source_system = p.source_system AND death.person_id = p.person_id
LEFT JOIN staging.stg_omop__location AS l
  ON l.source_system = p.source_system AND l.location_id = p.location_id
