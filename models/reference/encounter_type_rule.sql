/* One row per encounter type that marks a stay as arranged or out of scope. */
MODEL (
  name reference.encounter_type_rule,
  kind SEED (
    path '$root/seeds/encounter_type_rule.csv'
  ),
  columns (
    code_system TEXT,
    code TEXT,
    rule TEXT,
    basis TEXT
  ),
  grain (code_system, code),
  audits (
    unique_grain(columns := (code_system, code)),
    not_null(columns := (code_system, code))
  ),
  description 'Judgement table: encounter types that say a stay is planned, a screening or a detoxification.',
  column_descriptions (
    code_system = 'Code system of the code.',
    code = 'Code of the encounter type.',
    rule = 'screening, detox or elective.',
    basis = 'Why the code has the rule.'
  )
)
