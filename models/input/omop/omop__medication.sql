/* One row per prescription, dispense or administration of a drug of an OMOP feed. */
MODEL (
  name input.omop__medication,
  kind EMBEDDED,
  grain (source_system, medication_id)
);

SELECT
  d.source_system,
  d.drug_exposure_id AS medication_id,
  d.person_id AS patient_id,
  d.visit_occurrence_id AS encounter_id,
  d.drug_code_system AS code_system,
  d.drug_code AS code,
  d.drug_name AS text,
  d.start_date,
  d.stop_date,
  d.days_supply AS duration_days,
  d.sig AS frequency,
  c.amount AS total_cost,
  c.payer_paid
FROM staging.stg_omop__drug_exposure AS d
LEFT JOIN staging.stg_omop__event_cost AS c
  ON c.source_system = d.source_system
  AND c.cost_domain = 'drug'
  AND c.event_id = d.drug_exposure_id
