/* One row per feed: the first and the last moment of its records, beyond which nothing can be known. */
MODEL (
  name core.int_observed_period,
  kind FULL,
  grain source_system,
  audits (unique_grain(columns := source_system), not_null(columns := source_system)),
  description 'The span of each feed, from the start of its first encounter to the end of its last; NULL where it delivers no days.'
);

SELECT
  f.source_system,
  MIN(e.start_ts) AS observed_from,
  GREATEST(MAX(e.start_ts), MAX(e.stop_ts)) AS observed_until
FROM core.int_feed AS f
LEFT JOIN core.int_encounter AS e
  ON e.source_system = f.source_system
GROUP BY
  1
