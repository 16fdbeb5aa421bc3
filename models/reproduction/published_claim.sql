/* One row per figure that a reference project published. */
MODEL (
  name reproduction.published_claim,
  kind SEED (
    path '$root/seeds/reproduction/published_claim.csv'
  ),
  columns (
    claim_code TEXT,
    claim_order INT,
    project TEXT,
    claim TEXT,
    published_value DECIMAL(18, 6),
    published_decimals INT,
    unit TEXT,
    family TEXT,
    reproduced_metric TEXT,
    reproduced_version TEXT,
    reproduced_slice TEXT,
    reproduced_slice_value TEXT,
    corrected_metric TEXT,
    corrected_version TEXT,
    corrected_slice TEXT,
    corrected_slice_value TEXT,
    reason TEXT,
    not_computable_reason TEXT
  ),
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
)
