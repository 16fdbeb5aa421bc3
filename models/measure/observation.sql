/* One row per metric version and row of its subject that it observes. */
MODEL (
  name measure.@{subject}_observation,
  kind VIEW,
  grain (metric_code, definition_version, observed_key),
  description 'What each row of the fact adds to each metric that seeds/metric.csv declares over it, of the feeds that deliver what the metric requires. A row whose numerator or denominator is NULL is not an observation.',
  blueprints @metric_subjects()
);

WITH observation AS (
  @OBSERVATIONS(@relation, @observed_key, @metrics, @slices)
), labelled_observation AS (
  @LABELLED(@slices)
)
SELECT
  o.*,
  CASE
    WHEN o.date_key BETWEEN 1 AND 99991230
    THEN SUBSTRING(o.date_key::TEXT, 1, 4)
  END AS year_label,
  CASE
    WHEN o.date_key BETWEEN 1 AND 99991230
    THEN SUBSTRING(o.date_key::TEXT, 5, 2)
  END AS month_label
FROM labelled_observation AS o
INNER JOIN core.int_metric_input AS input
  ON input.source_system = o.source_system
  AND input.metric_code = o.metric_code
  AND input.definition_version = o.definition_version
  AND input.is_computable = 1
WHERE
  NOT o.numerator IS NULL AND NOT o.denominator IS NULL
