/* What MySQL holds: one row per row of the star or mart table it copies. This list is all that is published. */
MODEL (
  name serving.@table_name,
  gateway serving,
  kind CUSTOM (
    materialization publish,
    materialization_properties (primary_key = @primary_key, indexes = @indexes)
  ),
  grain @primary_key,
  blueprints (
    (
      table_name := dim_published_claim,
      primary_key := (
        claim_code
      ),
      indexes := (
        claim_order
      )
    )
  )
);

SELECT
  *
FROM @published_source(@table_name)
