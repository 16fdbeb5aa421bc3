/* One row per row that any family delivers of the input table: the grain is its key within the feed. */
MODEL (
  name input.@table_name,
  kind VIEW,
  grain @grain,
  audits (unique_grain(columns := @grain), not_null(columns := @required)),
  description 'All families in one shape (seeds/input_column.csv): a column that a family lacks is NULL, a table that no family has is empty.',
  column_descriptions @descriptions,
  blueprints @input_tables()
);

@UNION_OF_FAMILIES(@table_name, @families, @columns)
