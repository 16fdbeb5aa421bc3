/* One row per procedure of an OMOP feed that names its visit. */
MODEL (
  name input.omop__procedure,
  kind EMBEDDED,
  grain (source_system, procedure_id)
);

SELECT
  p.source_system,
  p.procedure_occurrence_id AS procedure_id,
  p.person_id AS patient_id,
  p.visit_occurrence_id AS encounter_id,
  1 AS ordinal,
  p.procedure_code_system AS code_system,
  p.procedure_code AS code,
  p.procedure_name AS text,
  p.start_ts,
  p.stop_ts,
  c.amount AS base_cost
FROM staging.stg_omop__procedure_occurrence AS p
LEFT JOIN staging.stg_omop__event_cost AS c
  ON c.source_system = p.source_system
  AND c.cost_domain = 'procedure'
  AND c.event_id = p.procedure_occurrence_id
WHERE
  NOT p.visit_occurrence_id IS NULL
