/* One row per feed and version of a metric, with what the feed does not deliver of what it requires. */
MODEL (
  name core.int_metric_input,
  kind FULL,
  grain (source_system, metric_code, definition_version),
  audits (
    unique_grain(columns := (source_system, metric_code, definition_version)),
    not_null(columns := (source_system, metric_code, definition_version, is_computable))
  ),
  description 'Which metrics a feed can answer (seeds/metric.csv, requires), and which inputs are missing for the others.'
);

SELECT
  c.source_system,
  m.metric_code,
  m.definition_version,
  MIN(CASE WHEN m.basis = 'not_computable' THEN 0 ELSE c.is_delivered END) AS is_computable,
  LISTAGG(CASE WHEN c.is_delivered = 0 THEN c.sentence END, '; '
  ORDER BY
    c.capability) AS missing_input
FROM reference.metric AS m
INNER JOIN core.int_capability AS c
  ON ' ' || m.requires || ' ' LIKE '% ' || c.capability || ' %'
GROUP BY
  1,
  2,
  3
