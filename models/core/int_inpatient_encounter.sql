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
        is_cancer,
        is_hospice,
        is_screening,
        is_detox,
        is_planned
      )
    )
  ),
  description 'Inpatient encounters before merging. A missing reason or procedure is no evidence: its flag is 0, never NULL, so that no filter drops the row. An encounter that ends before it starts is no stay; star.fact_encounter flags it.'
);

WITH procedure_evidence AS (
  /* One row per encounter, before the join: an encounter has many procedures. */
  SELECT
    p.source_system,
    p.encounter_id,
    MAX(t.is_oncology_tx) AS is_oncology_tx,
    MAX(t.is_hospice) AS is_hospice_care
  FROM staging.stg_synthea__procedures AS p
  INNER JOIN core.int_procedure_type AS t
    ON t.procedure_code = p.procedure_code
    AND t.procedure_description = COALESCE(p.procedure_description, '(no description)')
  GROUP BY
    1,
    2
), flagged_encounter AS (
  SELECT
    e.source_system,
    e.encounter_id,
    e.patient_id,
    e.payer_id,
    e.start_ts,
    e.stop_ts,
    e.age_years,
    e.age_basis,
    e.charge_amount,
    COALESCE(evidence.is_oncology_tx, 0) AS is_oncology_tx,
    COALESCE(evidence.is_hospice_care, 0) AS is_hospice_care,
    COALESCE(reason.is_cancer, 0) AS is_cancer,
    COALESCE(t.is_hospice, 0) AS is_hospice,
    CASE WHEN t.planned_rule = 'screening' THEN 1 ELSE 0 END AS is_screening,
    CASE WHEN t.planned_rule = 'detox' THEN 1 ELSE 0 END AS is_detox,
    CASE WHEN t.planned_rule = 'elective' THEN 1 ELSE 0 END AS is_elective
  FROM core.int_encounter AS e
  INNER JOIN reference.encounter_class AS class
    ON class.class_code = e.class_code AND class.is_acute_inpatient = 1
  LEFT JOIN procedure_evidence AS evidence
    ON evidence.source_system = e.source_system
    AND evidence.encounter_id = e.encounter_id
  LEFT JOIN core.int_encounter_type AS t
    ON t.type_code = e.type_code
    AND t.type_description = COALESCE(e.type_description, '(no description)')
  LEFT JOIN core.int_diagnosis AS reason
    ON reason.code_system = 'SNOMED CT' AND reason.code = e.reason_code
  WHERE
    e.is_negative_duration = 0
)
SELECT
  source_system,
  encounter_id,
  patient_id,
  payer_id,
  start_ts,
  stop_ts,
  age_years,
  age_basis,
  charge_amount,
  is_oncology_tx,
  is_hospice_care,
  is_cancer,
  is_hospice,
  is_screening,
  is_detox,
  GREATEST(is_oncology_tx, is_screening, is_elective) AS is_planned
FROM flagged_encounter
