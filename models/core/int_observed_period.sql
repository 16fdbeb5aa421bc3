/* One row per source: the first and the last moment it tells of, beyond which nothing can be known. */
MODEL (
  name core.int_observed_period,
  kind FULL,
  grain source_system,
  audits (
    unique_grain(columns := source_system),
    not_null(columns := (source_system, observed_from, observed_until))
  ),
  description 'The span of each source, from the start of its first encounter to the end of its last.'
);

SELECT
  source_system,
  MIN(start_ts) AS observed_from,
  GREATEST(MAX(start_ts), MAX(stop_ts)) AS observed_until
FROM core.int_encounter
GROUP BY
  1
