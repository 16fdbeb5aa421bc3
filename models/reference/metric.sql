/* One row per version of a metric. */
MODEL (
  name reference.metric,
  kind FULL,
  grain (metric_code, definition_version),
  audits (
    unique_grain(columns := (metric_code, definition_version)),
    not_null(columns := (metric_code, definition_version))
  ),
  description 'The metrics declared: ours, and those of the reference projects where they are reproduced.',
  column_descriptions (
    metric_code = 'Code of the metric.',
    definition_version = 'Version of its definition.',
    module = 'Group of metrics it belongs to, M1 to M16.',
    metric_label = 'Name of the metric as a report shows it.',
    is_default = '1 for the version to show first, else 0.',
    subject = 'Of which fact it is: encounter, stay, admission, episode or procedure; others are of the reproduction.',
    kind = 'How it is summed up: proportion, mean, ratio, total, median, geometric_mean or standardized_ratio; adjusted_mean, difference and test are computed in models of their own.',
    numerator = 'SQL over the columns of its fact: what a row adds above the line. Where people are counted, an aggregate over the rows of one patient.',
    denominator = 'The same below the line; NULL for 1.',
    filter = 'SQL condition of the rows that are observed; NULL for all.',
    counted_by = 'Which of the days of the fact puts an observation into a year and month.',
    counted_per = 'patient where an observation is a patient; NULL where it is a row.',
    unit = 'Unit of the value: share, days, usd, ratio or count.',
    basis = 'derived from dates and amounts, source_asserted by a flag of the feed, or not_computable.',
    requires = 'What a feed must deliver for it (mart_capability), in words with blanks between.',
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
);

@WITH_REPRODUCTION(reference.own_metric, reproduction.metric)
