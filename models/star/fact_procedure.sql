/* One row per procedure performed. */
MODEL (
  name star.fact_procedure,
  kind FULL,
  grain procedure_event_key,
  depends_on (star.dim_date, star.dim_organization, star.dim_patient),
  audits (
    unique_grain(columns := procedure_event_key),
    not_null(
      columns := (
        procedure_event_key,
        encounter_key,
        patient_key,
        patient_durable_key,
        organization_key,
        payer_key,
        class_key,
        age_band_key,
        procedure_key,
        reason_diagnosis_key,
        start_date_key
      )
    ),
    references_resolve(
      model_col := encounter_key,
      parent := star.fact_encounter,
      parent_col := encounter_key
    ),
    references_resolve(
      model_col := organization_key,
      parent := star.dim_organization,
      parent_col := organization_key
    ),
    references_resolve(model_col := patient_key, parent := star.dim_patient, parent_col := patient_key),
    references_resolve(
      model_col := procedure_key,
      parent := star.dim_procedure,
      parent_col := procedure_key
    ),
    references_resolve(
      model_col := reason_diagnosis_key,
      parent := star.dim_diagnosis,
      parent_col := diagnosis_key
    ),
    references_resolve(model_col := start_date_key, parent := star.dim_date, parent_col := date_key),
    no_fan_out(summed := base_cost, source := input.procedure, source_summed := base_cost),
    no_fan_out(summed := 1, source := input.procedure, source_summed := 1),
    nulls_preserved(
      model_col := NULLIF(reason_diagnosis_key, -1),
      source_col := reason_code,
      source := input.procedure
    ),
    allocation_adds_up
  ),
  description 'Procedures, with their list price and their share of the claim of their encounter.',
  column_descriptions (
    procedure_event_key = 'Key of the procedure performed.',
    encounter_key = 'Encounter in which it was performed; joins fact_encounter.',
    patient_key = 'Patient version on the day of the encounter; joins dim_patient.',
    patient_durable_key = 'Patient, whatever the version: what counts people.',
    organization_key = 'Organization of its encounter; joins dim_organization.',
    payer_key = 'Payer on its encounter; joins dim_payer.',
    class_key = 'Class of its encounter; joins dim_encounter_class.',
    age_band_key = 'Decade of age at the start of its encounter; joins dim_age_band.',
    procedure_key = 'Procedure; joins dim_procedure.',
    reason_diagnosis_key = 'Reason of the procedure, -1 where none is coded; joins dim_diagnosis.',
    start_date_key = 'Day the procedure started, hospital time; joins dim_date.',
    source_system = 'Source that delivered the procedure.',
    start_ts = 'Start, hospital time.',
    stop_ts = 'End, hospital time; NULL where not recorded.',
    base_cost = 'List price of the procedure, in USD; not reconciled with any claim.',
    allocated_claim_cost = 'Share of the encounter''s claim by list price, in USD; shares add up to the claim to the cent. NULL where the encounter has no claim.'
  )
);

WITH performed_procedure AS (
  SELECT
    *,
    @SURROGATE_KEY(source_system, procedure_id) AS procedure_event_key
  FROM input.procedure
), priced_procedure AS (
  /* Running totals within the encounter: the difference of two rounded running shares loses no cent. Ids come last in their order: another feed of the same procedures has others. */
  SELECT
    p.procedure_event_key,
    e.claim_amount,
    p.base_cost,
    SUM(p.base_cost) OVER (PARTITION BY p.source_system, p.encounter_id) AS encounter_base_cost,
    SUM(p.base_cost) OVER (
      PARTITION BY p.source_system, p.encounter_id
      ORDER BY p.start_ts, p.code, p.procedure_event_key
      ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS base_cost_so_far
  FROM performed_procedure AS p
  INNER JOIN core.int_encounter AS e
    ON e.source_system = p.source_system AND e.encounter_id = p.encounter_id
), allocated_procedure AS (
  SELECT
    procedure_event_key,
    ROUND(
      claim_amount::DOUBLE * base_cost_so_far::DOUBLE / NULLIF(encounter_base_cost, 0)::DOUBLE,
      2
    )::DECIMAL(14, 2) - ROUND(
      claim_amount::DOUBLE * (
        base_cost_so_far - base_cost
      )::DOUBLE / NULLIF(encounter_base_cost, 0)::DOUBLE,
      2
    )::DECIMAL(14, 2) AS allocated_claim_cost
  FROM priced_procedure
)
SELECT
  p.procedure_event_key::BIGINT AS procedure_event_key,
  e.encounter_key::BIGINT AS encounter_key,
  e.patient_key::BIGINT AS patient_key,
  e.patient_durable_key::BIGINT AS patient_durable_key,
  e.organization_key::BIGINT AS organization_key,
  e.payer_key::BIGINT AS payer_key,
  e.class_key::BIGINT AS class_key,
  e.age_band_key::BIGINT AS age_band_key,
  @MEMBER_KEY(type.procedure_key, p.code)::BIGINT AS procedure_key,
  @MEMBER_KEY(reason.diagnosis_key, p.reason_code)::BIGINT AS reason_diagnosis_key,
  @DATE_KEY(p.start_ts, -1)::INT AS start_date_key,
  p.source_system::TEXT AS source_system,
  p.start_ts::TIMESTAMP(0) AS start_ts,
  p.stop_ts::TIMESTAMP(0) AS stop_ts,
  p.base_cost::DECIMAL(14, 2) AS base_cost,
  allocated.allocated_claim_cost::DECIMAL(14, 2) AS allocated_claim_cost
FROM performed_procedure AS p
INNER JOIN allocated_procedure AS allocated
  ON allocated.procedure_event_key = p.procedure_event_key
INNER JOIN star.fact_encounter AS e
  ON e.source_system = p.source_system AND e.encounter_id = p.encounter_id
LEFT JOIN star.dim_procedure AS type
  ON type.code_system = p.code_system
  AND type.procedure_code = p.code
  AND type.procedure_description = COALESCE(p.text, '(no description)')
LEFT JOIN star.dim_diagnosis AS reason
  ON reason.code_system = p.reason_code_system AND reason.code = p.reason_code
