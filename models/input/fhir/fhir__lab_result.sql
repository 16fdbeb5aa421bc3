/* One row per laboratory result of a FHIR export: an observation, or a part of one. */
MODEL (
  name input.fhir__lab_result,
  kind EMBEDDED,
  grain (source_system, result_id)
);

WITH result AS (
  SELECT
    source_system,
    record_number * 2 AS result_id, /* Even numbers are observations, odd ones their parts. */
    status,
    is_laboratory,
    patient_id,
    encounter_id,
    observed_date,
    code_system,
    test_code,
    test_name,
    unit,
    value_num,
    value_text,
    reference_low,
    reference_high,
    flag
  FROM staging.stg_fhir__observations
  WHERE
    has_components = 0
    OR NOT value_num IS NULL
    OR NOT value_text IS NULL /* A panel has its values in its parts. */
  UNION ALL
  SELECT
    source_system,
    record_number * 2 + 1 AS result_id,
    status,
    is_laboratory,
    patient_id,
    encounter_id,
    observed_date,
    code_system,
    test_code,
    test_name,
    unit,
    value_num,
    value_text,
    reference_low,
    reference_high,
    flag
  FROM staging.stg_fhir__observation_components
)
SELECT
  r.source_system,
  r.result_id,
  r.patient_id,
  r.encounter_id,
  r.observed_date AS result_date,
  COALESCE(r.code_system, 'TEXT') AS code_system,
  COALESCE(r.test_code, LOWER(r.test_name)) AS code,
  COALESCE(r.test_name, r.test_code) AS text,
  COALESCE(r.unit, '(no unit)') AS unit,
  r.value_num,
  r.value_text,
  r.reference_low,
  r.reference_high,
  r.flag,
  CASE
    WHEN r.flag IN ('A', 'AA', 'H', 'HH', 'HU', 'L', 'LL', 'LU')
    THEN 1
    WHEN r.flag = 'N'
    THEN 0
  END AS is_abnormal /* HL7 v3 ObservationInterpretation; other flags, as those of resistance to a drug, say neither. */
FROM result AS r
WHERE
  r.is_laboratory = 1
  AND NOT COALESCE(r.status, 'final') IN ('registered', 'cancelled', 'entered-in-error')
  AND NOT COALESCE(r.test_code, r.test_name) IS NULL
