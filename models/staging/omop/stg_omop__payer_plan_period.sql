/* One row per person and span of a plan of an OMOP feed. */
MODEL (
  name staging.stg_omop__payer_plan_period,
  kind FULL,
  grain (source_system, payer_plan_period_id),
  depends_on (quarantine.omop__payer_plan_period, staging.stg_omop__person),
  audits (
    unique_grain(columns := (source_system, payer_plan_period_id)),
    not_null(columns := (source_system, payer_plan_period_id, person_id)),
    rows_preserved(
      source := raw.omop__payer_plan_period,
      quarantine := quarantine.omop__payer_plan_period
    ),
    references_resolve_in_source(model_col := person_id, parent := staging.stg_omop__person, parent_col := person_id),
    no_fill_dates(columns := (valid_from, valid_to))
  ),
  description 'Spans of plans as delivered, typed and cleaned; nothing dropped but what quarantine holds.'
);

WITH named_period AS (
  SELECT
    p.source_system,
    @INTEGER_CODE(p.payer_plan_period_id) AS payer_plan_period_id,
    @INTEGER_CODE(p.person_id) AS person_id,
    p.payer_plan_period_start_date::DATE AS valid_from,
    p.payer_plan_period_end_date::DATE AS valid_to,
    TRIM(p.payer_source_value) AS payer_source_value,
    NULLIF(@INTEGER_CODE(p.payer_concept_id), '0') AS payer_concept_id,
    payer.concept_name AS payer_name,
    COALESCE(plan.concept_name, TRIM(p.plan_source_value)) AS plan_name,
    REGEXP_MATCHES(TRIM(p.payer_source_value), '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$') AS is_payer_an_id
  FROM raw.omop__payer_plan_period AS p
  LEFT JOIN staging.stg_omop__used_concept AS payer
    ON payer.source_system = p.source_system
    AND payer.concept_id = @INTEGER_CODE(p.payer_concept_id)
  LEFT JOIN staging.stg_omop__used_concept AS plan
    ON plan.source_system = p.source_system
    AND plan.concept_id = @INTEGER_CODE(p.plan_concept_id)
  WHERE
    p.violation IS NULL
)
SELECT
  source_system,
  payer_plan_period_id,
  person_id,
  valid_from,
  valid_to,
  LOWER(COALESCE(payer_source_value, payer_concept_id, plan_name)) AS payer_id,
  COALESCE(
    payer_name,
    CASE WHEN NOT is_payer_an_id THEN payer_source_value END,
    plan_name,
    payer_source_value,
    'concept ' || payer_concept_id
  ) AS payer_name /* An id is no name: the plan has one. */
FROM named_period
