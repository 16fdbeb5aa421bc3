/* One row per benchmark and version of a metric. */
MODEL (
  name star.dim_benchmark,
  kind FULL,
  grain (metric_code, definition_version),
  audits (
    unique_grain(columns := (metric_code, definition_version)),
    not_null(
      columns := (
        metric_code,
        definition_version,
        benchmark_code,
        benchmark_value,
        source,
        is_comparable,
        note
      )
    )
  ),
  description 'Values that others published, to be shown beside ours, and whether they may be compared.',
  column_descriptions (
    benchmark_code = 'Code of the benchmark.',
    metric_code = 'Metric it is shown beside.',
    definition_version = 'Version of the metric.',
    benchmark_value = 'Value of the benchmark.',
    source = 'Where the value comes from.',
    is_comparable = '1 where it counts the same thing in the same kind of population, else 0.',
    note = 'Why it is comparable or not.'
  )
);

SELECT
  benchmark_code::TEXT AS benchmark_code,
  metric_code::TEXT AS metric_code,
  definition_version::TEXT AS definition_version,
  benchmark_value::DECIMAL(18, 6) AS benchmark_value,
  source::TEXT AS source,
  is_comparable::SMALLINT AS is_comparable,
  note::TEXT AS note
FROM reference.benchmark
