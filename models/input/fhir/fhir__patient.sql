/* One row per patient of a FHIR export. */
MODEL (
  name input.fhir__patient,
  kind EMBEDDED,
  grain (source_system, patient_id)
);

SELECT
  source_system,
  patient_id,
  birth_date,
  death_date,
  birth_place,
  name_prefix,
  first_name,
  middle_name,
  last_name,
  name_suffix,
  is_text_repaired,
  marital_status,
  race,
  ethnicity,
  sex,
  city,
  county,
  state,
  zip5,
  zip_plus4,
  latitude,
  longitude
FROM staging.stg_fhir__patients
