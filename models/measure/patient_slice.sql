/* One row per metric version, slice and patient: what the patient adds to it. */
MODEL (
  name measure.patient_slice,
  kind FULL,
  grain (metric_code, definition_version, source_system, slice, slice_value, patient_key),
  depends_on (
    measure.observation
  ),
  audits (
    unique_grain(
      columns := (metric_code, definition_version, source_system, slice, slice_value, patient_key)
    ),
    not_null(
      columns := (metric_code, definition_version, source_system, slice, slice_value, patient_key)
    ),
    slices_lose_nothing
  ),
  description 'The patient is the independent unit: sums by patient are what intervals are made from.'
);

SELECT
  metric_code,
  definition_version,
  source_system,
  slice,
  slice_value,
  patient_key,
  COUNT(*) AS n,
  SUM(numerator) AS numerator,
  SUM(denominator) AS denominator,
  SUM(numerator::DOUBLE * numerator::DOUBLE) AS sum_of_squares
FROM measure.sliced_observation
GROUP BY
  1,
  2,
  3,
  4,
  5,
  6
