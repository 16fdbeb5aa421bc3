/* One row per check of data quality that is not of a single column's values. */
MODEL (
  name reference.quality_check,
  kind SEED (
    path '$root/seeds/quality_check.csv'
  ),
  columns (
    check_name TEXT,
    kind_of_check TEXT,
    note TEXT
  ),
  grain check_name,
  audits (
    unique_grain(columns := (
      check_name
    )),
    not_null(columns := (check_name, kind_of_check, note))
  ),
  description 'What the checks of mart_data_quality are about, and what follows from them.',
  column_descriptions (
    check_name = 'Name of the check.',
    kind_of_check = 'conformance, completeness, plausibility or coverage.',
    note = 'What follows from it.'
  )
)
