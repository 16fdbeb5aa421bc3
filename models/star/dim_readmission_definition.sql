/* One row per definition of a readmission rate. */
MODEL (
  name star.dim_readmission_definition,
  kind FULL,
  grain definition_code,
  audits (
    unique_grain(columns := definition_code),
    not_null(columns := (definition_code, definition_label, unit, measure, counted_as, note))
  ),
  description 'The readmission rates published side by side, and what each counts.',
  column_descriptions (
    definition_code = 'Code of the definition, R0 to R8; a variant of one is named after it.',
    definition_label = 'Name of the rate.',
    unit = 'What an index admission is: encounter, same_day or next_day stay.',
    window_days = 'Days after discharge in which a return counts; NULL for any.',
    measure = 'share of index admissions, share_of_all admissions that have a flag, ratio to the other admissions, or patient_share of the patients with an index admission.',
    counted_as = 'Definition whose rows in fact_readmission the rate counts.',
    basis = 'derived: from dates; source_asserted: by a flag of the feed.',
    note = 'What the rate counts.'
  )
);

SELECT
  definition_code::TEXT AS definition_code,
  definition_label::TEXT AS definition_label,
  unit::TEXT AS unit,
  window_days::INT AS window_days,
  measure::TEXT AS measure,
  counted_as::TEXT AS counted_as,
  basis::TEXT AS basis,
  note::TEXT AS note
FROM reference.readmission_definition
