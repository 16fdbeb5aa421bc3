AUDIT (
  name nulls_preserved,
  defaults (allowed = FALSE, source_filter = TRUE)
);

/* A NULL in the source stays a NULL and nothing else becomes one: both counts must agree. `allowed` marks the model rows whose NULL is a listed rule (an invalid ZIP), which the source column still shows. */
SELECT
  model.null_count AS model_nulls,
  source.null_count AS source_nulls
FROM (
  SELECT
    COUNT(*) AS null_count
  FROM @this_model
  WHERE
    @model_col IS NULL AND NOT (
      @allowed
    )
) AS model
CROSS JOIN (
  SELECT
    COUNT(*) AS null_count
  FROM @source
  WHERE
    @source_col IS NULL AND @source_filter
) AS source
WHERE
  model.null_count <> source.null_count
