/* One row per reason that the first reference project named. */
MODEL (
  name reproduction.reproduced_reason,
  kind SEED (
    path '$root/seeds/reproduction/reproduced_reason.csv'
  ),
  columns (
    code_system TEXT,
    code TEXT,
    description TEXT,
    basis TEXT
  ),
  grain (code_system, code),
  audits (
    unique_grain(columns := (code_system, code)),
    not_null(columns := (code_system, code))
  ),
  description 'The four reasons to which the first reference project attributed 86 % of readmissions.',
  column_descriptions (
    code_system = 'Code system of the code.',
    code = 'Code of the reason.',
    description = 'Name of the reason as stated.',
    basis = 'Where the reason is named.'
  )
)
