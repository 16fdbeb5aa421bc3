/* One row per prescription. */
MODEL (
  name star.fact_medication,
  kind FULL,
  grain medication_event_key,
  depends_on (star.dim_date, star.dim_organization),
  audits (
    unique_grain(columns := medication_event_key),
    not_null(
      columns := (
        medication_event_key,
        patient_key,
        encounter_key,
        organization_key,
        medication_key,
        start_date_key,
        stop_date_key
      )
    ),
    references_resolve(model_col := patient_key, parent := star.dim_patient, parent_col := patient_key),
    references_resolve(
      model_col := organization_key,
      parent := star.dim_organization,
      parent_col := organization_key
    ),
    references_resolve(
      model_col := medication_key,
      parent := star.dim_medication,
      parent_col := medication_key
    ),
    references_resolve(model_col := start_date_key, parent := star.dim_date, parent_col := date_key),
    references_resolve(model_col := stop_date_key, parent := star.dim_date, parent_col := date_key),
    no_fan_out(summed := 1, source := input.medication, source_summed := 1),
    no_fan_out(summed := total_cost, source := input.medication, source_summed := total_cost),
    nulls_preserved(model_col := adherence_pct, source_col := adherence_pct, source := input.medication)
  ),
  description 'Prescriptions; what a source does not deliver of them is NULL.',
  column_descriptions (
    medication_event_key = 'Key of the prescription, from its number in the delivery: no source has an id of its own.',
    source_system = 'Source that delivered the prescription.',
    patient_key = 'Patient; joins dim_patient.',
    encounter_key = 'Encounter of the prescription, -2 in the patient records, which have none; joins fact_encounter.',
    organization_key = 'Organization of its encounter, else the only one of the source; -1 where that is not known; joins dim_organization.',
    medication_key = 'Medication; joins dim_medication.',
    start_date_key = 'Day it starts, -1 where not recorded; joins dim_date.',
    stop_date_key = 'Day it ends, 99991231 where it goes on or is not recorded; joins dim_date.',
    duration_days = 'Days as delivered; NULL where not recorded.',
    dose = 'Dose as delivered; NULL where not recorded.',
    dose_unit = 'Unit of the dose.',
    frequency = 'How often, as delivered.',
    indication = 'What for, as delivered; NULL where not recorded.',
    is_generic = '1 for a generic, 0 for a brand; NULL where not recorded.',
    adherence_pct = 'Adherence in per cent, as delivered; NULL where not recorded.',
    dispenses = 'Times dispensed; NULL where not recorded.',
    base_cost = 'Cost of one dispense, in USD; NULL where the source has no costs.',
    total_cost = 'Cost of all dispenses, in USD; NULL where the source has no costs.',
    payer_paid = 'What the payer covered of one dispense, in USD; NULL where the source has no costs.'
  )
);

SELECT
  @SURROGATE_KEY(m.source_system, m.medication_id) AS medication_event_key,
  m.source_system::TEXT AS source_system,
  @MEMBER_KEY(patient.patient_key, m.patient_id)::BIGINT AS patient_key,
  CASE
    WHEN linked.is_delivered = 0
    THEN -2
    ELSE @MEMBER_KEY(encounter.encounter_key, m.encounter_id)
  END::BIGINT AS encounter_key,
  COALESCE(
    encounter.organization_key,
    @SURROGATE_KEY(feed.source_system, feed.sole_organization_id),
    -1
  )::BIGINT AS organization_key,
  @MEMBER_KEY(medication.medication_key, m.code)::BIGINT AS medication_key,
  @DATE_KEY(m.start_date, -1)::INT AS start_date_key,
  @DATE_KEY(m.stop_date, 99991231)::INT AS stop_date_key,
  m.duration_days::INT AS duration_days,
  m.dose::DECIMAL(18, 6) AS dose,
  m.dose_unit::TEXT AS dose_unit,
  m.frequency::TEXT AS frequency,
  m.indication::TEXT AS indication,
  m.is_generic::SMALLINT AS is_generic,
  m.adherence_pct::DECIMAL(9, 4) AS adherence_pct,
  m.dispenses::INT AS dispenses,
  m.base_cost::DECIMAL(14, 2) AS base_cost,
  m.total_cost::DECIMAL(14, 2) AS total_cost,
  m.payer_paid::DECIMAL(14, 2) AS payer_paid
FROM input.medication AS m
INNER JOIN core.int_feed AS feed
  ON feed.source_system = m.source_system
INNER JOIN core.int_capability AS linked
  ON linked.source_system = m.source_system
  AND linked.capability = 'medication_encounters'
LEFT JOIN star.dim_patient AS patient
  ON patient.source_system = m.source_system
  AND patient.patient_id = m.patient_id
  AND @VERSION_DAY(m.start_date) BETWEEN patient.valid_from AND patient.valid_to
LEFT JOIN star.fact_encounter AS encounter
  ON encounter.source_system = m.source_system
  AND encounter.encounter_id = m.encounter_id
LEFT JOIN star.dim_medication AS medication
  ON medication.code_system = m.code_system
  AND medication.medication_code = m.code
  AND medication.medication_name = m.text
