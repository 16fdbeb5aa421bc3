/* One row per text pattern that names a clinical fact. */
MODEL (
  name reference.clinical_text_rule,
  kind SEED (
    path '$root/seeds/clinical_text_rule.csv'
  ),
  columns (
    applies_to TEXT,
    pattern TEXT,
    rule TEXT,
    basis TEXT
  ),
  grain (applies_to, pattern),
  audits (
    unique_grain(columns := (applies_to, pattern)),
    not_null(columns := (applies_to, pattern))
  ),
  description 'Judgement table: LIKE patterns, matched without regard to case, on the description of a procedure, an encounter type or a diagnosis.',
  column_descriptions (
    applies_to = 'procedure, encounter_type or diagnosis.',
    pattern = 'LIKE pattern.',
    rule = 'oncology_treatment, hospice, dialysis or cancer.',
    basis = 'Why the pattern has the rule.'
  )
)
