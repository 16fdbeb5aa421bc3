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
    is_default INT,
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
  description 'The metrics of the two published projects, by their own rules.',
  column_descriptions (
    metric_code = 'Code of the metric.',
    definition_version = 'Version of its definition.',
    module = 'Group of metrics it belongs to, M1 to M16.',
    metric_label = 'Name of the metric as a report shows it.',
    is_default = '1 for the version to show first, else 0.',
    subject = 'Of which fact it is (seeds/metric_subject.csv).',
    kind = 'How it is summed up: proportion, mean, ratio, total, median, geometric_mean or standardized_ratio; adjusted_mean, difference and test are computed in models of their own.',
    numerator = 'SQL over the columns of the subject: what a row adds above the line. Where people are counted, an aggregate over the rows of one patient.',
    denominator = 'The same below the line; empty for 1.',
    filter = 'SQL condition of the rows that are observed; empty for all.',
    counted_by = 'Which of the days of the subject puts an observation into a year and month.',
    counted_per = 'patient where an observation is a patient; empty where it is a row.',
    unit = 'Unit of the value: share, days, usd, ratio or count.',
    basis = 'derived from dates and amounts, source_asserted by a flag of the feed, or not_computable.',
    requires = 'What a feed must deliver (seeds/capability.csv), in words with blanks between.',
    followup_days = 'Days of follow-up after that day that the value needs.',
    lowest = 'No value and no end of an interval is below it.',
    population = 'Of whom or what it is: a tile says it under the value.',
    definition = 'What the value says, in plain words.',
    numerator_rule = 'What is summed above the line.',
    denominator_rule = 'What is summed below the line.',
    caveat = 'What the value does not say.',
    not_computable_reason = 'Why no value can be had; NULL where one can.',
    tile = 'Pages of the dashboard that show it first, each with its place there; NULL for none.'
  )
)
