/* What MySQL holds: one row per row of the model it copies. seeds/published_table.csv lists all that is published. */
MODEL (
  name serving.@table_name,
  gateway serving,
  kind CUSTOM (
    materialization publish,
    materialization_properties (primary_key = @primary_key, indexes = @indexes)
  ),
  grain @primary_key,
  blueprints @published_tables()
);

SELECT
  *,
  @FORMER_COLUMNS(@table_name)
FROM warehouse.@copies
