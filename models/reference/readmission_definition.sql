/* One row per definition of a readmission rate. */
MODEL (
  name reference.readmission_definition,
  kind FULL,
  grain definition_code,
  audits (
    unique_grain(columns := definition_code),
    not_null(
      columns := (definition_code, definition_label, unit, rate_form, counted_as, note)
    )
  ),
  description 'The readmission rates that are published side by side, from the reproduced ratio to the one nearest to CMS (docs/measures.md#m2-readmission).',
  column_descriptions (
    definition_code = 'Code of the definition, R0 to R8; a variant of one is named after it.',
    definition_label = 'Name of the rate.',
    unit = 'What an index admission is: encounter, same_day or next_day stay.',
    min_days = 'Fewest days after discharge at which a return counts.',
    window_days = 'Days after discharge in which a return counts; NULL for any.',
    day_basis = 'calendar_days, complete_24_hours as TIMESTAMPDIFF(DAY) counts, or source: the days the feed gives.',
    counts_planned = '1 where a planned or hospice return counts, else 0.',
    rate_form = 'share of index admissions, share_of_all admissions that have a flag, ratio to the other admissions, or patient_share of the patients with an index admission.',
    counted_as = 'Definition whose rows in fact_readmission the rate counts.',
    basis = 'derived: from dates; source_asserted: by a flag of the feed.',
    note = 'What the rate counts.'
  )
);

@WITH_REPRODUCTION(reference.own_readmission_definition, reproduction.readmission_definition)
