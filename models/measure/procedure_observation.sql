/* One row per metric version and procedure performed that it observes. */
MODEL (
  name measure.procedure_observation,
  kind FULL,
  grain (metric_code, definition_version, observed_key),
  audits (
    unique_grain(columns := (metric_code, definition_version, observed_key)),
    not_null(
      columns := (
        metric_code,
        definition_version,
        observed_key,
        patient_key,
        numerator,
        denominator
      )
    )
  ),
  description 'What each procedure adds to cost, and to the published shares of procedure rows.'
);

WITH performed_procedure AS (
  SELECT
    f.procedure_event_key,
    f.start_ts::DATE AS start_date,
    d.procedure_description,
    f.base_cost,
    f.allocated_claim_cost,
    e.source_system,
    e.organization_label,
    e.patient_key,
    e.payer_category,
    e.payer_name,
    e.medicare_group,
    e.age_band,
    e.encounter_class,
    published.metric_code AS published_metric,
    CASE
      WHEN published.procedure_description = d.procedure_description
      THEN 1
      ELSE 0
    END AS is_published_procedure
  FROM star.fact_procedure AS f
  INNER JOIN star.dim_procedure AS d
    ON d.procedure_key = f.procedure_key
  INNER JOIN measure.encounter_subject AS e
    ON e.encounter_key = f.encounter_key
  LEFT JOIN reference.published_procedure AS published
    ON published.class_code = e.class_code
    AND published.encounter_type = e.encounter_type
    AND e.payer_paid = 0
)
SELECT
  m.metric_code,
  m.definition_version,
  p.procedure_event_key AS observed_key,
  p.source_system,
  p.organization_label,
  p.patient_key,
  p.start_date AS observed_date,
  p.payer_category,
  p.payer_name,
  p.medicare_group,
  p.age_band,
  p.encounter_class,
  p.procedure_description,
  m.numerator,
  1::DECIMAL(24, 10) AS denominator
FROM performed_procedure AS p
CROSS JOIN LATERAL (
  VALUES
    ('procedure_cost', 'list_price', p.base_cost::DECIMAL(24, 10)),
    ('procedure_cost', 'allocated_claim', p.allocated_claim_cost),
    (p.published_metric, 'published', p.is_published_procedure)
) AS m(metric_code, definition_version, numerator)
WHERE
  NOT m.metric_code IS NULL AND NOT m.numerator IS NULL
