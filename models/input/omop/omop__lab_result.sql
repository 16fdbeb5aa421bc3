/* One row per laboratory result of an OMOP feed. */
MODEL (
  name input.omop__lab_result,
  kind EMBEDDED,
  grain (source_system, result_id)
);

SELECT
  source_system,
  measurement_id AS result_id,
  person_id AS patient_id,
  visit_occurrence_id AS encounter_id,
  measurement_date AS result_date,
  measurement_code_system AS code_system,
  measurement_code AS code,
  measurement_name AS text,
  COALESCE(unit, '(no unit)') AS unit,
  value_num,
  value_text,
  reference_low,
  reference_high
FROM staging.stg_omop__measurement
WHERE
  is_laboratory_result = 1
