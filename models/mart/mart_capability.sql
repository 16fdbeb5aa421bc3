/* One row per feed and capability: whether the feed delivers it. */
MODEL (
  name mart.mart_capability,
  kind FULL,
  grain (source_system, capability),
  audits (
    unique_grain(columns := (source_system, capability)),
    not_null(columns := (source_system, capability, sentence, evidence_rows, is_delivered))
  ),
  description 'What each feed delivers in its current delivery, counted from its rows. A metric that requires what a feed does not deliver is not_computable for it, and mart_kpi names the missing input.',
  column_descriptions (
    source_system = 'Feed.',
    capability = 'Code of the capability; metrics require it (dim_metric, requires).',
    sentence = 'What it is.',
    evidence_rows = 'Number of rows, or of values, that show it.',
    is_delivered = '1 where there is at least one, else 0.'
  )
);

SELECT
  source_system::TEXT AS source_system,
  capability::TEXT AS capability,
  sentence::TEXT AS sentence,
  evidence_rows::BIGINT AS evidence_rows,
  is_delivered::SMALLINT AS is_delivered
FROM core.int_capability
