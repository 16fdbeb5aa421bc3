/* One row per encounter class. */
MODEL (
  name star.dim_encounter_class,
  kind FULL,
  grain class_key,
  audits (
    unique_grain(columns := class_key),
    unique_grain(columns := class_code),
    not_null(columns := (class_key, class_code, class_label, class_group, is_acute_inpatient)),
    has_unknown_members(key_col := class_key)
  ),
  description 'Encounter classes: those of reference.encounter_class, and any other that was delivered, as it was written.',
  column_descriptions (
    class_key = 'Key of the class.',
    class_code = 'Code of the class.',
    class_label = 'Label of the class.',
    class_group = 'inpatient, emergency, urgent, outpatient, ambulatory, wellness, virtual, other or unknown.',
    is_acute_inpatient = '1 where an encounter of the class may be part of an inpatient stay, else 0.'
  )
);

WITH class AS (
  SELECT
    class_code
  FROM reference.encounter_class
  UNION
  SELECT
    class_code
  FROM core.int_encounter
  WHERE
    NOT class_code IS NULL
)
SELECT
  @SURROGATE_KEY(class.class_code) AS class_key,
  class.class_code::TEXT AS class_code,
  COALESCE(known.class_label, class.class_code)::TEXT AS class_label,
  COALESCE(known.class_group, 'other')::TEXT AS class_group,
  COALESCE(known.is_acute_inpatient, 0)::SMALLINT AS is_acute_inpatient
FROM class
LEFT JOIN reference.encounter_class AS known
  ON known.class_code = class.class_code
UNION ALL
SELECT
  member_key,
  member_code,
  member_label,
  'unknown',
  0
FROM reference.unknown_member
