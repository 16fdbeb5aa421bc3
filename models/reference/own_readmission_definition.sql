/* One row per definition of a readmission rate. */
MODEL (
  name reference.own_readmission_definition,
  kind SEED (
    path '$root/seeds/readmission_definition.csv'
  ),
  columns (
    definition_code TEXT,
    definition_label TEXT,
    unit TEXT,
    min_days INT,
    window_days INT,
    day_basis TEXT,
    counts_planned INT,
    measure TEXT,
    counted_as TEXT,
    basis TEXT,
    note TEXT
  ),
  grain definition_code,
  audits (
    unique_grain(columns := (
      definition_code
    )),
    not_null(columns := (
      definition_code
    ))
  ),
  description 'The readmission rates that are published side by side, from the published ratio to the one nearest to CMS (docs/measures.md#m2-readmission).',
  column_descriptions (
    definition_code = 'R0 to R8; a variant has the code of its definition and what it keeps.',
    definition_label = 'Name of the rate.',
    unit = 'What an index admission is: encounter, same_day or next_day (the merge rule of core.int_merged_stay).',
    min_days = 'Fewest days after discharge at which a return counts.',
    window_days = 'Most days after discharge at which a return counts; NULL for any.',
    day_basis = 'calendar_days, complete_24_hours as TIMESTAMPDIFF(DAY) counts, or source: the days the feed gives.',
    counts_planned = '1 where a planned or hospice return counts, else 0.',
    measure = 'share of index admissions, ratio to the other admissions, or patient_share of the patients with an index admission.',
    counted_as = 'The definition whose rows in star.fact_readmission are counted.',
    basis = 'derived or source_asserted: the sources it can be counted in (reference.source_system).',
    note = 'What the rate counts.'
  )
)
