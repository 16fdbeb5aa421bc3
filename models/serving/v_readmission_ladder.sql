/* One row per source and definition of a readmission rate, from the published ratio to the rate nearest to CMS (docs/measures.md#m2-readmission). */
MODEL (
  name serving.v_readmission_ladder,
  gateway serving,
  dialect mysql,
  kind VIEW,
  grain (source_system, definition_code),
  audits (
    unique_grain(columns := (source_system, definition_code))
  ),
  description 'The readmission rates side by side, as mart_kpi has them: each definition with its numerator, denominator, value and 95 % Wilson interval.',
  column_descriptions (
    source_system = 'Source that delivered it.',
    definition_code = 'Code of the definition, R0 to R8.',
    definition_label = 'Name of the rate.',
    numerator = 'Admissions followed by a return that counts; in R7 patients.',
    denominator = 'Index admissions; for a ratio, the admissions that were not followed; in R7 patients.',
    value = 'Numerator / denominator, 0 to 1 for a share; NULL where it is not computable.',
    ci_low = 'Lower end of the 95 % Wilson interval; NULL for a ratio, which is not a proportion.',
    ci_high = 'Upper end of the 95 % Wilson interval; NULL for a ratio, which is not a proportion.',
    not_computable_reason = 'What is lacking where the value is NULL; NULL where there is one.',
    note = 'What the rate counts.'
  )
);

SELECT
  k.source_system,
  d.definition_code,
  d.definition_label,
  k.numerator::BIGINT AS numerator,
  k.denominator::BIGINT AS denominator,
  k.value::DECIMAL(9, 6) AS value,
  k.ci_low::DECIMAL(9, 6) AS ci_low,
  k.ci_high::DECIMAL(9, 6) AS ci_high,
  k.not_computable_reason,
  d.note
FROM serving.dim_readmission_definition AS d
INNER JOIN serving.mart_kpi AS k
  ON k.metric_code = 'readmission'
  AND k.definition_version = d.definition_code
  AND k.period = 'all'
  AND k.organization_key = -2
  AND k.slice = 'all'
