/* One row per version of a metric. */
MODEL (
  name reference.metric,
  kind EMBEDDED,
  grain (metric_code, definition_version),
  description 'The metrics declared: ours, and those of the published projects where they are reproduced.'
);

@WITH_REPRODUCTION(reference.own_metric, reproduction.metric)
