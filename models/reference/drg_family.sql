/* One row per diagnosis-related group that has a family. */
MODEL (
  name reference.drg_family,
  kind SEED (
    path '$root/seeds/drg_family.csv'
  ),
  columns (
    drg_code TEXT,
    drg_family TEXT,
    basis TEXT
  ),
  grain drg_code,
  audits (unique_grain(columns := (
      drg_code
    )), not_null(columns := (
      drg_code
  ))),
  description 'What a diagnosis-related group is about, in our own words.',
  column_descriptions (
    drg_code = 'Code of the group, three digits.',
    drg_family = 'What the group is about.',
    basis = 'Where it comes from.'
  )
)
