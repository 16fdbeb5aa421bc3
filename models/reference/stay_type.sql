/* One row per kind of inpatient stay. */
MODEL (
  name reference.stay_type,
  kind SEED (
    path '$root/seeds/stay_type.csv'
  ),
  columns (
    stay_type_key INT,
    stay_type TEXT,
    meaning TEXT
  ),
  grain stay_type_key,
  audits (
    unique_grain(columns := stay_type_key),
    not_null(columns := (stay_type_key, stay_type, meaning))
  ),
  description 'Kinds of inpatient stay; a stay is of the first that fits.',
  column_descriptions (
    stay_type_key = 'Key of the kind, and its place in the order in which they are tried.',
    stay_type = 'Name of the kind.',
    meaning = 'What makes a stay one of the kind.'
  )
)
