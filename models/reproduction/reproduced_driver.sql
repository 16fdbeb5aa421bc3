/* One row per procedure that the first reference project named as a driver of cost. */
MODEL (
  name reproduction.reproduced_driver,
  kind SEED (
    path '$root/seeds/reproduction/reproduced_driver.csv'
  ),
  columns (
    metric_code TEXT,
    procedure_description TEXT,
    class_code TEXT,
    encounter_type TEXT
  ),
  grain metric_code,
  audits (
    unique_grain(columns := metric_code),
    not_null(columns := (metric_code, procedure_description, class_code, encounter_type))
  ),
  description 'The procedures that were stated as drivers of what nobody paid for, and the encounters in which they were counted.',
  column_descriptions (
    metric_code = 'Metric that counts the procedure.',
    procedure_description = 'Text of the procedure.',
    class_code = 'Class of the encounters.',
    encounter_type = 'Text of the type of the encounters.'
  )
)
