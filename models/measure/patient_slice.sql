/* One row per metric version, period, slice and patient: what the patient adds to it. */
MODEL (
  name measure.patient_slice,
  kind EMBEDDED,
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
  description 'The sums by patient of all subjects.'
);

@ALL_SUBJECTS()
