/* One row per procedure in the encounters from which the first reference project named drivers of cost. */
MODEL (
  name reproduction.reproduced_procedure,
  kind VIEW,
  grain procedure_event_key,
  description 'Procedures in encounters of a class and type for which nothing was paid, and whether each is the one that was named.'
);

SELECT
  f.procedure_event_key,
  f.source_system,
  f.patient_durable_key,
  f.organization_key,
  f.payer_key,
  f.age_band_key,
  f.class_key,
  f.start_date_key,
  driver.metric_code,
  CASE WHEN driver.procedure_description = d.procedure_description THEN 1 ELSE 0 END AS is_reproduced_procedure
FROM star.fact_procedure AS f
INNER JOIN star.dim_procedure AS d
  ON d.procedure_key = f.procedure_key
INNER JOIN star.fact_encounter AS e
  ON e.encounter_key = f.encounter_key AND e.is_zero_paid = 1
INNER JOIN star.dim_encounter_type AS type
  ON type.type_key = e.type_key
INNER JOIN reproduction.reproduced_driver AS driver
  ON driver.class_code = e.class_code
  AND driver.encounter_type = type.type_description
