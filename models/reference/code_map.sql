/* One row per column of the input tables, family and delivered value that the warehouse has another word for. */
MODEL (
  name reference.code_map,
  kind SEED (
    path '$root/seeds/code_map.csv',
    csv_settings (keep_default_na = FALSE)
  ),
  columns (
    column_name TEXT,
    family TEXT,
    delivered_value TEXT,
    value TEXT,
    basis TEXT
  ),
  grain (column_name, family, delivered_value),
  audits (
    unique_grain(columns := (column_name, family, delivered_value)),
    not_null(columns := (column_name, family, delivered_value, value)),
    accepted_values(
      "column" := column_name,
      is_in := ('class_code', 'discharge_disposition', 'age_band_label')
    )
  ),
  description 'What a family says in the words of the warehouse. A value without a row here stays as it is, and mart_data_quality counts it where nothing knows it.',
  column_descriptions (
    column_name = 'Column of input.encounter or input.patient.',
    family = 'Family that says so; any for a standard that several follow. A row of the family itself goes first.',
    delivered_value = 'Value as delivered, in lower case.',
    value = 'Word of the warehouse.',
    basis = 'Where the mapping comes from.'
  )
)
