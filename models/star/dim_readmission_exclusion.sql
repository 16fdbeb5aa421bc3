/* One row per readmission definition and reason that keeps an admission out of its denominator. */
MODEL (
  name star.dim_readmission_exclusion,
  kind FULL,
  grain (definition_code, exclusion_reason),
  audits (
    unique_grain(columns := (definition_code, exclusion_reason)),
    unique_grain(columns := (definition_code, step)),
    not_null(columns := (definition_code, exclusion_reason, step, basis))
  ),
  description 'The order in which reasons for exclusion are tried, and what each rests on. An admission with several is counted under the first.',
  column_descriptions (
    definition_code = 'Definition of the rate; joins dim_readmission_definition.',
    exclusion_reason = 'Reason as fact_readmission gives it.',
    step = 'Place in the order, from 1.',
    basis = 'Where the exclusion comes from; several sources are divided by a semicolon.'
  )
);

WITH exclusion AS (
  SELECT
    definition_code,
    exclusion_reason,
    MIN(priority) AS priority,
    LISTAGG(basis, '; '
    ORDER BY
      priority) AS basis
  FROM reference.readmission_exclusion
  GROUP BY
    1,
    2
)
SELECT
  definition_code::TEXT AS definition_code,
  exclusion_reason::TEXT AS exclusion_reason,
  ROW_NUMBER() OVER (PARTITION BY definition_code ORDER BY priority)::INT AS step,
  basis::TEXT AS basis
FROM exclusion
