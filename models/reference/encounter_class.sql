/* One row per encounter class that is known. */
MODEL (
  name reference.encounter_class,
  kind SEED (
    path '$root/seeds/encounter_class.csv'
  ),
  columns (
    class_code TEXT,
    class_label TEXT,
    class_group TEXT,
    is_acute_inpatient INT,
    is_followup_visit INT,
    basis TEXT
  ),
  grain class_code,
  audits (unique_grain(columns := (
      class_code
    )), not_null(columns := (
      class_code
  ))),
  description 'Encounter classes and the group they belong to.',
  column_descriptions (
    class_code = 'Code as the source writes it.',
    class_label = 'Label of the class.',
    class_group = 'inpatient, emergency, urgent, outpatient, ambulatory, wellness, virtual or other.',
    is_acute_inpatient = '1 where an encounter of the class may be part of an inpatient stay.',
    is_followup_visit = '1 where an encounter of the class after a stay is a visit to follow it up, else 0.',
    basis = 'Where the code comes from.'
  )
)
