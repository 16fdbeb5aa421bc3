/* One row per source family. */
MODEL (
  name reference.source_system,
  kind SEED (
    path '$root/seeds/source_system.csv'
  ),
  columns (
    source_system TEXT,
    source_label TEXT,
    cost_basis TEXT,
    readmission_basis TEXT,
    basis TEXT
  ),
  grain source_system,
  audits (
    unique_grain(columns := (
      source_system
    )),
    not_null(columns := (
      source_system
    ))
  ),
  description 'The source families, and what can be known from each.',
  column_descriptions (
    source_system = 'Name of the family, as every row carries it.',
    source_label = 'Name for a report.',
    cost_basis = 'claim or charge: what its amounts are.',
    readmission_basis = 'derived: a return is seen in the dates; source_asserted: it is known only by a flag of the feed.',
    basis = 'Why.'
  )
)
