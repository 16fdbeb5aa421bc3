/* One row per date that a system writes for no date. */
MODEL (
  name reference.fill_date,
  kind SEED (
    path '$root/seeds/fill_date.csv'
  ),
  columns (
    fill_date DATE,
    basis TEXT
  ),
  grain fill_date,
  audits (unique_grain(columns := (
      fill_date
    )), not_null(columns := (
      fill_date
  ))),
  description 'Dates that are a NULL that somebody filled: no staging model may hold one.',
  column_descriptions (fill_date = 'Day.', basis = 'What writes it.')
)
