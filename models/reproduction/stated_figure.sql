/* One row per figure that a reference project stated. */
MODEL (
  name reproduction.stated_figure,
  kind SEED (
    path '$root/seeds/reproduction/stated_figure.csv'
  ),
  columns (
    figure_code TEXT,
    figure_order INT,
    project TEXT,
    statement TEXT,
    stated_value DECIMAL(18, 6),
    stated_decimals INT,
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
  grain figure_code,
  audits (
    unique_grain(columns := (
      figure_code
    )),
    not_null(columns := (figure_code, figure_order, project, statement, unit, reason))
  ),
  description 'Figures that the two reference projects stated, and which metrics follow their rule and answer their question.',
  column_descriptions (
    figure_code = 'Code of the stated figure.',
    figure_order = 'Order in which to show them.',
    project = 'Which reference project stated it.',
    statement = 'What was stated, in its own words.',
    stated_value = 'Value as stated.',
    stated_decimals = 'Decimals of stated_value, as it was stated.',
    unit = 'Unit of the values.',
    family = 'Family whose feeds it is compared with.',
    reproduced_metric = 'Metric of mart_kpi that follows the reproduced rule; NULL where none can.',
    reproduced_version = 'Its definition version.',
    reproduced_slice = 'Its slice.',
    reproduced_slice_value = 'Its slice value.',
    corrected_metric = 'Metric of mart_kpi that answers the question; NULL where none can.',
    corrected_version = 'Its definition version.',
    corrected_slice = 'Its slice.',
    corrected_slice_value = 'Its slice value.',
    reason = 'Why the stated figure misleads, in one sentence.',
    not_computable_reason = 'What the files at hand lack where a value is NULL.'
  )
)
