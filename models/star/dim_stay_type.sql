/* One row per kind of inpatient stay. */
MODEL (
  name star.dim_stay_type,
  kind FULL,
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
);

SELECT
  stay_type_key::INT AS stay_type_key,
  stay_type::TEXT AS stay_type,
  meaning::TEXT AS meaning
FROM reference.stay_type
