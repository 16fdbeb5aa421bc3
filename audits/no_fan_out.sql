AUDIT (
  name no_fan_out,
  defaults (
    source_filter = TRUE
  )
);

/* A measure's sum is that of its source: no join above has doubled or dropped a row. NULLs are left out of the sum on either side. */
SELECT
  model.total AS model_total,
  source.total AS source_total
FROM (
  SELECT
    SUM(@summed) AS total
  FROM @this_model
) AS model
CROSS JOIN (
  SELECT
    SUM(@source_summed) AS total
  FROM @source
  WHERE
    @source_filter
) AS source
WHERE
  model.total IS DISTINCT FROM source.total
