/* One row per text that says there is no diagnosis. */
MODEL (
  name reference.no_diagnosis_marker,
  kind SEED (
    path '$root/seeds/no_diagnosis_marker.csv',
    csv_settings (keep_default_na = FALSE)
  ),
  columns (
    marker TEXT,
    basis TEXT
  ),
  grain marker,
  audits (unique_grain(columns := (
      marker
    )), not_null(columns := (
      marker
  ))),
  description 'Texts in a list of diagnoses that say "none": not the same as an empty list, which says nothing.',
  column_descriptions (marker = 'Text, in lower case.', basis = 'Why it is here.')
)
