/* One row per reason that the first reference project named. */
MODEL (
  name reference.published_reason,
  kind SEED (
    path '$root/seeds/published_reason.csv'
  ),
  columns (
    code TEXT,
    description TEXT,
    basis TEXT
  ),
  grain code,
  audits (unique_grain(columns := (
      code
    )), not_null(columns := (
      code
  ))),
  description 'The four reasons to which the first reference project attributed 86 % of readmissions.',
  column_descriptions (
    code = 'SNOMED CT code of the reason.',
    description = 'Name of the reason as published.',
    basis = 'Where the reason is named.'
  )
)
