/* One row per version of a metric. */
MODEL (
  name reproduction.metric,
  kind SEED (
    path '$root/seeds/reproduction/metric.csv'
  ),
  columns (
    metric_code TEXT,
    definition_version TEXT,
    module TEXT,
    metric_label TEXT,
    is_default SMALLINT,
    subject TEXT,
    kind TEXT,
    numerator TEXT,
    denominator TEXT,
    filter TEXT,
    counted_by TEXT,
    counted_per TEXT,
    requires TEXT,
    unit TEXT,
    basis TEXT,
    followup_days INT,
    lowest INT,
    population TEXT,
    definition TEXT,
    numerator_rule TEXT,
    denominator_rule TEXT,
    caveat TEXT,
    not_computable_reason TEXT,
    tile TEXT
  ),
  grain (metric_code, definition_version),
  audits (
    unique_grain(columns := (metric_code, definition_version)),
    accepted_values(
      "column" := kind,
      is_in := (
        'proportion',
        'mean',
        'ratio',
        'total',
        'median',
        'geometric_mean',
        'standardized_ratio',
        'adjusted_mean',
        'difference',
        'test'
      )
    ),
    accepted_values("column" := basis, is_in := ('derived', 'source_asserted', 'not_computable')),
    not_null(
      columns := (
        metric_code,
        definition_version,
        module,
        metric_label,
        subject,
        kind,
        unit,
        basis,
        followup_days,
        lowest,
        population,
        definition
      )
    )
  ),
  description 'The metrics of the two reference projects, by their own rules.'
)
