/* One row per metric version and patient that it observes. */
MODEL (
  name measure.patient_observation,
  kind FULL,
  grain (metric_code, definition_version, observed_key),
  audits (
    unique_grain(columns := (metric_code, definition_version, observed_key)),
    not_null(
      columns := (
        metric_code,
        definition_version,
        observed_key,
        patient_key,
        numerator,
        denominator
      )
    )
  ),
  description 'What each patient adds to the metrics that count people.'
);

WITH patient_cost AS (
  SELECT
    source_system,
    patient_key,
    SUM(claim_amount) AS claim_amount,
    (
      DATE_DIFF('DAY', MIN(start_date), GREATEST(MAX(start_date), MAX(stop_date))) + 1
    ) / 365.25 AS years_of_contact
  FROM measure.encounter_subject
  WHERE
    NOT claim_amount IS NULL
  GROUP BY
    1,
    2
), readmitted_patient AS (
  SELECT
    source_system,
    patient_key,
    MAX(numerator) AS is_readmitted
  FROM measure.readmission_observation
  WHERE
    metric_code = 'readmission' AND definition_version = 'R1'
  GROUP BY
    1,
    2
), published_patient AS (
  SELECT
    metric_code,
    source_system,
    patient_key,
    MAX(numerator) AS has_procedure
  FROM measure.procedure_observation
  WHERE
    definition_version = 'published'
  GROUP BY
    1,
    2,
    3
)
SELECT
  'tcoc' AS metric_code,
  'per_patient' AS definition_version,
  patient_key AS observed_key,
  source_system,
  patient_key,
  claim_amount::DECIMAL(24, 10) AS numerator,
  1::DECIMAL(24, 10) AS denominator
FROM patient_cost
UNION ALL
SELECT
  'tcoc',
  'per_patient_year',
  patient_key,
  source_system,
  patient_key,
  claim_amount,
  years_of_contact
FROM patient_cost
UNION ALL
SELECT
  'readmission',
  'R7',
  patient_key,
  source_system,
  patient_key,
  is_readmitted,
  1
FROM readmitted_patient
UNION ALL
SELECT
  metric_code,
  'patients',
  patient_key,
  source_system,
  patient_key,
  has_procedure,
  1
FROM published_patient
