/* One row per benchmark and version of a metric. */
MODEL (
  name reference.benchmark,
  kind SEED (
    path '$root/seeds/benchmark.csv'
  ),
  columns (
    benchmark_code TEXT,
    metric_code TEXT,
    definition_version TEXT,
    benchmark_value DECIMAL(18, 6),
    source TEXT,
    is_comparable SMALLINT,
    note TEXT
  ),
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
)
