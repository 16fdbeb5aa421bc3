/* One row per definition of a readmission rate, from the published ratio to the rate nearest to CMS (metrics.md, M2). */
MODEL (
  name serving.v_readmission_ladder,
  gateway serving,
  dialect mysql,
  kind VIEW,
  grain definition_code,
  audits (
    unique_grain(columns := definition_code)
  ),
  description 'The readmission rates side by side: each definition with its numerator, denominator, value and 95 % Wilson interval.',
  column_descriptions (
    definition_code = 'Code of the definition, R0 to R6.',
    definition_label = 'Name of the rate.',
    numerator = 'Admissions followed by a return that counts.',
    denominator = 'Index admissions; for a ratio, the admissions that were not followed.',
    value = 'Numerator / denominator, 0 to 1 for a share; NULL where the denominator is 0.',
    ci_low = 'Lower end of the 95 % Wilson interval; NULL for a ratio, which is no proportion.',
    ci_high = 'Upper end of the 95 % Wilson interval; NULL for a ratio, which is no proportion.',
    note = 'What the rate counts.'
  )
);

WITH definition_count AS (
  SELECT
    definition_code,
    COALESCE(SUM(is_readmission), 0) AS readmissions,
    SUM(is_index) AS index_admissions
  FROM serving.fact_readmission
  GROUP BY
    definition_code
), rung AS (
  /* A definition without an admission has a count of 0, and no value. */
  SELECT
    d.definition_code,
    d.definition_label,
    d.measure,
    d.note,
    COALESCE(c.readmissions, 0) AS numerator,
    CASE
      WHEN d.measure = 'ratio'
      THEN COALESCE(c.index_admissions, 0) - COALESCE(c.readmissions, 0)
      ELSE COALESCE(c.index_admissions, 0)
    END AS denominator
  FROM serving.dim_readmission_definition AS d
  LEFT JOIN definition_count AS c
    ON c.definition_code = d.counted_as
)
/* MySQL keeps four decimals of a quotient of whole numbers, hence the six of the factor. */
SELECT
  definition_code,
  definition_label,
  numerator::BIGINT AS numerator,
  denominator::BIGINT AS denominator,
  CAST(1.000000 * numerator / NULLIF(denominator, 0) AS DECIMAL(9, 6)) AS value,
  CASE
    WHEN measure = 'share'
    THEN @WILSON_LOW(numerator, denominator)::DECIMAL(9, 6)
  END AS ci_low,
  CASE
    WHEN measure = 'share'
    THEN @WILSON_HIGH(numerator, denominator)::DECIMAL(9, 6)
  END AS ci_high,
  note
FROM rung
