/* One row per cost of an event of an OMOP feed. */
MODEL (
  name staging.stg_omop__cost,
  kind FULL,
  grain (source_system, cost_id),
  depends_on (
    quarantine.omop__cost
  ),
  audits (
    unique_grain(columns := (source_system, cost_id)),
    not_null(columns := (source_system, cost_id, cost_domain, cost_event_id)),
    rows_preserved(source := raw.omop__cost, quarantine := quarantine.omop__cost),
    nulls_preserved(
      model_col := total_charge,
      source_col := total_charge,
      source := raw.omop__cost,
      source_filter := violation IS NULL
    ),
    nulls_preserved(
      model_col := total_cost,
      source_col := total_cost,
      source := raw.omop__cost,
      source_filter := violation IS NULL
    ),
    nulls_preserved(
      model_col := paid_by_payer,
      source_col := paid_by_payer,
      source := raw.omop__cost,
      source_filter := violation IS NULL
    )
  ),
  description 'Costs as delivered, typed and cleaned; nothing dropped but what quarantine holds.'
);

SELECT
  c.source_system,
  @INTEGER_CODE(c.cost_id) AS cost_id,
  LOWER(TRIM(c.cost_domain_id)) AS cost_domain,
  @INTEGER_CODE(c.cost_event_id) AS cost_event_id,
  NULLIF(@INTEGER_CODE(c.currency_concept_id), '0') AS currency_concept_id,
  c.total_charge::DECIMAL(14, 2) AS total_charge,
  c.total_cost::DECIMAL(14, 2) AS total_cost,
  c.total_paid::DECIMAL(14, 2) AS total_paid,
  c.paid_by_payer::DECIMAL(14, 2) AS paid_by_payer,
  c.paid_by_primary::DECIMAL(14, 2) AS paid_by_primary,
  c.paid_by_patient::DECIMAL(14, 2) AS paid_by_patient,
  @INTEGER_CODE(c.payer_plan_period_id) AS payer_plan_period_id,
  COALESCE(drg.concept_code, TRIM(c.drg_source_value)) AS drg_code
FROM raw.omop__cost AS c
LEFT JOIN staging.stg_omop__used_concept AS drg
  ON drg.source_system = c.source_system
  AND drg.concept_id = @INTEGER_CODE(c.drg_concept_id)
WHERE
  c.violation IS NULL
