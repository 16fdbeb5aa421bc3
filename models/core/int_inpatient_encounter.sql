/* One row per inpatient encounter, with what its type, procedures and reason say of it. */
MODEL (
  name core.int_inpatient_encounter,
  kind FULL,
  grain (source_system, encounter_id),
  audits (
    unique_grain(columns := (source_system, encounter_id)),
    not_null(
      columns := (
        source_system,
        encounter_id,
        is_oncology_tx,
        is_hospice_care,
        is_surgery,
        is_cancer,
        is_hospice,
        is_checkup,
        is_screening,
        is_detox,
        is_planned
      )
    )
  ),
  description 'Inpatient encounters before merging. A missing reason or procedure is not evidence: its flag is 0, never NULL, so that no filter drops the row. An encounter that ends before it starts is not a stay; star.fact_encounter flags it. planned_rule is the first rule that makes it planned: the algorithm of CMS (the diagnosis is the reason of the encounter, else those of its procedures), then the types that are by appointment.'
);

WITH flagged_encounter AS (
  SELECT
    e.source_system,
    e.encounter_id,
    e.patient_id,
    e.organization_id,
    e.payer_id,
    e.start_ts,
    e.stop_ts,
    e.sequence,
    e.age_years,
    e.age_band_label,
    e.age_basis,
    e.charge_amount,
    e.discharge_disposition,
    e.drg_code,
    e.stated_los_days,
    e.died_in_stay,
    e.readmitted_flag,
    e.days_to_readmission,
    e.is_icu,
    e.icu_days,
    COALESCE(evidence.is_oncology_tx, 0) AS is_oncology_tx,
    COALESCE(evidence.is_hospice_care, 0) AS is_hospice_care,
    COALESCE(evidence.is_surgery, 0) AS is_surgery,
    COALESCE(reason.is_cancer, 0) AS is_cancer,
    COALESCE(t.is_hospice, 0) AS is_hospice,
    COALESCE(t.is_checkup, 0) AS is_checkup,
    CASE WHEN t.planned_rule = 'screening' THEN 1 ELSE 0 END AS is_screening,
    CASE WHEN t.planned_rule = 'detox' THEN 1 ELSE 0 END AS is_detox,
    CASE
      WHEN evidence.is_always_planned = 1
      THEN 'always planned procedure'
      WHEN CASE
        WHEN e.reason_code IS NULL
        THEN evidence.has_planned_reason
        ELSE ccs.is_always_planned
      END = 1
      THEN 'always planned diagnosis'
      WHEN evidence.is_potentially_planned = 1
      AND COALESCE(
        CASE WHEN e.reason_code IS NULL THEN evidence.has_acute_reason ELSE ccs.is_acute END,
        0
      ) = 0
      THEN 'potentially planned procedure without acute diagnosis'
      WHEN t.planned_rule IN ('elective', 'screening')
      THEN 'elective type'
    END AS planned_rule
  FROM core.int_encounter AS e
  INNER JOIN reference.encounter_class AS class
    ON class.class_code = e.class_code AND class.is_acute_inpatient = 1
  LEFT JOIN core.int_encounter_procedure AS evidence
    ON evidence.source_system = e.source_system
    AND evidence.encounter_id = e.encounter_id
  LEFT JOIN core.int_encounter_type AS t
    ON t.code_system = e.type_code_system
    AND t.type_code = e.type_code
    AND t.type_description = COALESCE(e.type_text, '(no description)')
  LEFT JOIN core.int_diagnosis AS reason
    ON reason.code_system = e.reason_code_system AND reason.code = e.reason_code
  LEFT JOIN core.int_ccs_diagnosis AS ccs
    ON ccs.code_system = e.reason_code_system AND ccs.code = e.reason_code
  WHERE
    e.is_negative_duration = 0
)
SELECT
  source_system,
  encounter_id,
  patient_id,
  organization_id,
  payer_id,
  start_ts,
  stop_ts,
  sequence,
  age_years,
  age_band_label,
  age_basis,
  charge_amount,
  discharge_disposition,
  drg_code,
  stated_los_days,
  died_in_stay,
  readmitted_flag,
  days_to_readmission,
  is_icu,
  icu_days,
  is_oncology_tx,
  is_hospice_care,
  is_surgery,
  is_cancer,
  is_hospice,
  is_checkup,
  is_screening,
  is_detox,
  planned_rule,
  CASE WHEN planned_rule IS NULL THEN 0 ELSE 1 END AS is_planned
FROM flagged_encounter
