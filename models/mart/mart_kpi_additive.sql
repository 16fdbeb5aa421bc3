/* One row per metric version, source, hospital, payer, encounter class and year: what adds up. */
MODEL (
  name mart.mart_kpi_additive,
  kind FULL,
  depends_on (
    measure.slice_estimate
  ),
  grain (
    metric_code,
    definition_version,
    source_system,
    organization_key,
    payer_key,
    class_key,
    year_label
  ),
  audits (
    unique_grain(
      columns := (
        metric_code,
        definition_version,
        source_system,
        organization_key,
        payer_key,
        class_key,
        year_label
      )
    ),
    not_null(
      columns := (
        metric_code,
        definition_version,
        source_system,
        organization_key,
        payer_key,
        class_key,
        year_label,
        n
      )
    ),
    additive_cells_add_up
  ),
  description 'The observations of mart_kpi in cells that any filter may combine: a value is SUM(numerator) / SUM(denominator), of a total SUM(numerator). Medians and metrics that count patients do not add up, and are not here.',
  column_descriptions (
    metric_code = 'Code of the metric; joins dim_metric.',
    definition_version = 'Version of its definition; joins dim_metric.',
    source_system = 'Source whose data it describes.',
    organization_key = 'Hospital; joins dim_organization.',
    payer_key = 'Payer; joins dim_payer.',
    class_key = 'Encounter class; joins dim_encounter_class; -2 for metrics of stays, admissions and episodes, which are inpatient.',
    year_label = 'Year of the day that dates the observation; unknown where that day is.',
    n = 'Observations.',
    numerator = 'Sum above the line.',
    denominator = 'Sum below the line; n for totals and means.',
    sum_of_squares = 'Sum of the squared numerators, from which the variance of independent observations follows.'
  )
);

WITH cell AS (
  @ADDITIVE_CELLS()
)
SELECT
  metric_code::TEXT AS metric_code,
  definition_version::TEXT AS definition_version,
  source_system::TEXT AS source_system,
  organization_key::BIGINT AS organization_key,
  payer_key::BIGINT AS payer_key,
  class_key::BIGINT AS class_key,
  year_label::TEXT AS year_label,
  n::BIGINT AS n,
  numerator::DECIMAL(20, 6) AS numerator,
  denominator::DECIMAL(20, 6) AS denominator,
  sum_of_squares::DECIMAL(30, 4) AS sum_of_squares
FROM cell
