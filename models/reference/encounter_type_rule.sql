/* One row per SNOMED encounter type that marks a stay as arranged or out of scope. */
MODEL (
  name reference.encounter_type_rule,
  kind SEED (
    path '$root/seeds/encounter_type_rule.csv'
  ),
  columns (
    code TEXT,
    rule TEXT,
    basis TEXT
  ),
  grain code,
  audits (unique_grain(columns := (
      code
    )), not_null(columns := (
      code
  ))),
  description 'Judgement table: encounter types that say a stay is planned, a screening or a detoxification.',
  column_descriptions (
    code = 'SNOMED CT code of the encounter type.',
    rule = 'screening, detox or elective.',
    basis = 'Why the code has the rule.'
  )
)
