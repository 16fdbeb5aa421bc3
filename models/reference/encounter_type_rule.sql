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
    is_checkup INT,
    basis TEXT
  ),
  grain (code_system, code),
  audits (
    unique_grain(columns := (code_system, code)),
    not_null(columns := (code_system, code, rule, is_checkup))
  ),
  description 'Judgement table: encounter types that say a stay is planned, a screening or a detoxification.',
  column_descriptions (
    code_system = 'Code system of the code.',
    code = 'Code of the encounter type.',
    rule = 'screening, detox or elective.',
    is_checkup = '1 where an encounter of this type alone is a check-up and no acute stay, else 0.',
    basis = 'Why the code has the rule.'
  )
)
