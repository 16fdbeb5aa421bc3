/* One row per feed that has a name of its own. */
MODEL (
  name reference.source_system,
  kind SEED (
    path '$root/seeds/source_system.csv'
  ),
  columns (
    source_system TEXT,
    family TEXT,
    source_label TEXT,
    hospital_label TEXT,
    basis TEXT
  ),
  grain source_system,
  audits (
    unique_grain(columns := (
      source_system
    )),
    not_null(columns := (source_system, family, source_label))
  ),
  description 'How a report names a feed. A feed that is not here goes by the name it was landed under.',
  column_descriptions (
    source_system = 'Name of the feed, as every row carries it.',
    family = 'Shape of its files.',
    source_label = 'Name for a report.',
    hospital_label = 'What its hospital is called where the files name none.',
    basis = 'Why.'
  )
)
