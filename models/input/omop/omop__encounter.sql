/* One row per visit of an OMOP feed. */
MODEL (
  name input.omop__encounter,
  kind EMBEDDED,
  grain (source_system, encounter_id)
);

WITH word AS (
  SELECT
    column_name,
    delivered_value,
    ARG_MIN(value, CASE WHEN family = 'any' THEN 1 ELSE 0 END) AS value
  FROM reference.code_map
  WHERE
    family IN ('omop', 'any')
  GROUP BY
    1,
    2
)
SELECT
  v.source_system,
  v.visit_occurrence_id AS encounter_id,
  v.person_id AS patient_id,
  v.care_site_id AS organization_id,
  v.provider_id AS practitioner_id,
  v.payer_id,
  LOWER(
    COALESCE(class.delivered_value, v.visit_concept_name, v.visit_source_value, v.visit_concept_id)
  ) AS class_code, /* A concept that code_map has goes by its number, another by its name. */
  v.type_code,
  v.type_code_system,
  v.type_name AS type_text,
  v.reason_code,
  v.reason_code_system,
  v.reason_name AS reason_text,
  v.start_ts,
  v.stop_ts,
  CASE WHEN v.has_time = 1 THEN @HOSPITAL_TIME_IN_UTC(v.start_ts) END AS start_ts_utc,
  CASE WHEN v.has_time = 1 THEN @HOSPITAL_TIME_IN_UTC(v.stop_ts) END AS stop_ts_utc,
  v.has_time,
  v.admitted_from AS admit_source,
  COALESCE(
    concept.delivered_value,
    source.delivered_value,
    v.discharged_to_name,
    v.discharged_to_source_value,
    v.discharged_to_concept_id
  ) AS discharge_disposition,
  v.drg_code,
  CASE WHEN NOT v.drg_code IS NULL THEN 'MS' END AS drg_system,
  CASE
    WHEN COALESCE(concept.value, source.value) = 'expired'
    THEN 1
    WHEN NOT COALESCE(concept.value, source.value) IS NULL
    THEN 0
  END AS died_in_stay,
  v.has_intensive_care AS is_icu,
  v.age_years,
  v.claim_amount,
  v.payer_paid
FROM staging.stg_omop__visit AS v
LEFT JOIN word AS class
  ON class.column_name = 'class_code' AND class.delivered_value = v.visit_concept_id
LEFT JOIN word AS concept
  ON concept.column_name = 'discharge_disposition'
  AND concept.delivered_value = v.discharged_to_concept_id
LEFT JOIN word AS source
  ON source.column_name = 'discharge_disposition'
  AND source.delivered_value = LOWER(v.discharged_to_source_value)
