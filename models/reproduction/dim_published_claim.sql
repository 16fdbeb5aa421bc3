/* One row per figure that a reference project published. */
MODEL (
  name star.dim_published_claim,
  kind FULL,
  grain claim_code,
  audits (
    unique_grain(columns := (
      claim_code
    )),
    not_null(columns := (claim_code, claim_order, project, claim, unit, reason))
  ),
  description 'Figures that the two reference projects published, and which metrics follow their rule and answer their question.',
  column_descriptions (
    claim_code = 'Code of the published figure.',
    claim_order = 'Order in which to show them.',
    project = 'Which reference project published it.',
    claim = 'What was published, in its own words.',
    published_value = 'Value as published.',
    published_decimals = 'Decimals of published_value, as it was published.',
    unit = 'Unit of the values.',
    family = 'Family whose feeds it is compared with.',
    reproduced_metric = 'Metric of mart_kpi that follows the published rule; NULL where none can.',
    reproduced_version = 'Its definition version.',
    reproduced_slice = 'Its slice.',
    reproduced_slice_value = 'Its slice value.',
    corrected_metric = 'Metric of mart_kpi that answers the question; NULL where none can.',
    corrected_version = 'Its definition version.',
    corrected_slice = 'Its slice.',
    corrected_slice_value = 'Its slice value.',
    reason = 'Why the published figure misleads, in one sentence.',
    not_computable_reason = 'What the files at hand lack where a value is NULL.'
  )
);

SELECT
  claim_code::TEXT AS claim_code,
  claim_order::INT AS claim_order,
  project::TEXT AS project,
  claim::TEXT AS claim,
  published_value::DECIMAL(18, 6) AS published_value,
  published_decimals::INT AS published_decimals,
  unit::TEXT AS unit,
  family::TEXT AS family,
  reproduced_metric::TEXT AS reproduced_metric,
  reproduced_version::TEXT AS reproduced_version,
  reproduced_slice::TEXT AS reproduced_slice,
  reproduced_slice_value::TEXT AS reproduced_slice_value,
  corrected_metric::TEXT AS corrected_metric,
  corrected_version::TEXT AS corrected_version,
  corrected_slice::TEXT AS corrected_slice,
  corrected_slice_value::TEXT AS corrected_slice_value,
  reason::TEXT AS reason,
  not_computable_reason::TEXT AS not_computable_reason
FROM reproduction.published_claim
