AUDIT (
  name every_metric_is_answered
);

/* Each listed metric has a value, or a row that says why not, for each source: none is passed over in silence. */
SELECT
  m.metric_code,
  m.definition_version,
  o.source_system
FROM reference.metric AS m
CROSS JOIN core.int_observed_period AS o
LEFT JOIN @this_model AS k
  ON k.metric_code = m.metric_code
  AND k.definition_version = m.definition_version
  AND k.source_system = o.source_system
  AND k.period = 'all'
  AND k.organization_key = -2
  AND k.slice = 'all'
WHERE
  k.metric_code IS NULL
