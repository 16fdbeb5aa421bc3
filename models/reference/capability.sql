/* One row per capability: something that a feed may deliver or not. */
MODEL (
  name reference.capability,
  kind SEED (
    path '$root/seeds/capability.csv'
  ),
  columns (
    capability TEXT,
    sentence TEXT
  ),
  grain capability,
  audits (
    unique_grain(columns := (
      capability
    )),
    not_null(columns := (capability, sentence))
  ),
  description 'What the metrics may require of a feed (seeds/metric.csv, requires). What shows that it is delivered stands in seeds/capability_evidence.csv.',
  column_descriptions (
    capability = 'Code of the capability.',
    sentence = 'What it is, as a message names it.'
  )
)
