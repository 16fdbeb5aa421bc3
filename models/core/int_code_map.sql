/* One row per feed, column and delivered value that the warehouse has another word for. */
MODEL (
  name core.int_code_map,
  kind VIEW,
  grain (source_system, column_name, delivered_value),
  description 'reference.code_map, feed by feed: what the family says goes before what any says.'
);

SELECT
  f.source_system,
  m.column_name,
  m.delivered_value,
  ARG_MIN(m.value, CASE WHEN m.family = 'any' THEN 1 ELSE 0 END)::TEXT AS value
FROM core.int_feed AS f
INNER JOIN reference.code_map AS m
  ON m.family IN (f.family, 'any')
GROUP BY
  1,
  2,
  3
