/* One row per definition of a readmission rate. */
MODEL (
  name reproduction.readmission_definition,
  kind SEED (
    path '$root/seeds/reproduction/readmission_definition.csv'
  ),
  columns (
    definition_code TEXT,
    definition_label TEXT,
    unit TEXT,
    min_days INT,
    window_days INT,
    day_basis TEXT,
    counts_planned INT,
    rate_form TEXT,
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
  description 'The readmission rates that are published side by side, from the reproduced ratio to the one nearest to CMS (docs/measures.md#m2-readmission).'
)
