/* One row per band of the number of abnormal results within a stay. */
MODEL (
  name reference.abnormal_result_band,
  kind SEED (
    path '$root/seeds/abnormal_result_band.csv'
  ),
  columns (
    abnormal_band TEXT,
    abnormal_label TEXT,
    min_results INT,
    max_results INT,
    basis TEXT
  ),
  grain abnormal_band,
  audits (
    unique_grain(columns := abnormal_band),
    not_null(columns := (abnormal_band, abnormal_label, basis)),
    bands_adjoin(lowest := min_results, highest := max_results)
  ),
  description 'Bands of abnormal laboratory results within a stay, and whether there are any: the cells of scenarios B and C.',
  column_descriptions (
    abnormal_band = 'Name of the band.',
    abnormal_label = 'abnormal, none abnormal or none recorded.',
    min_results = 'Fewest abnormal results in the band; NULL where no result is flagged.',
    max_results = 'Most abnormal results in the band; NULL where it is open.',
    basis = 'Where the cut points come from.'
  )
)
