/* One row per metric version of a subject, period, slice and patient: what the patient adds to it. */
MODEL (
  name measure.@{subject}_slice,
  kind FULL,
  grain (
    metric_code,
    definition_version,
    source_system,
    period,
    organization_key,
    slice,
    slice_value,
    patient_key
  ),
  audits (
    unique_grain(
      columns := (
        metric_code,
        definition_version,
        source_system,
        period,
        organization_key,
        slice,
        slice_value,
        patient_key
      )
    ),
    not_null(
      columns := (
        metric_code,
        definition_version,
        source_system,
        period,
        organization_key,
        slice,
        slice_value,
        patient_key
      )
    ),
    slices_lose_nothing(observation := measure.@{subject}_observation)
  ),
  description 'The patient is the independent unit: sums by patient are what intervals are made from. A metric that counts patients takes each once, with the sum, the largest or the mean of the rows.',
  blueprints @metric_subjects()
);

WITH patient_sum AS (
  @SLICES_OF(@subject, @slices)
)
SELECT
  metric_code,
  definition_version,
  source_system,
  period_type,
  period,
  organization_key,
  slice,
  slice_value,
  patient_durable_key AS patient_key,
  CASE WHEN by_patient = '' THEN n_rows ELSE 1 END AS n,
  CASE
    WHEN by_patient = 'max'
    THEN largest
    WHEN by_patient = 'mean'
    THEN (
      numerator / n_rows
    )::DECIMAL(38, 10)
    ELSE numerator
  END::DECIMAL(38, 10) AS numerator, /* No branch is a DOUBLE, through which a sum of money would lose its last digits. */
  CASE WHEN by_patient = '' THEN denominator ELSE 1 END::DECIMAL(38, 10) AS denominator,
  CASE
    WHEN by_patient = ''
    THEN sum_of_squares
    WHEN by_patient = 'max'
    THEN largest::DOUBLE * largest::DOUBLE
    WHEN by_patient = 'mean'
    THEN POWER(numerator::DOUBLE / n_rows, 2)
    ELSE POWER(numerator::DOUBLE, 2)
  END AS sum_of_squares
FROM patient_sum
WHERE
  NOT period IS NULL
