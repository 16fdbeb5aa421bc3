/* One row per band of the Charlson index. */
MODEL (
  name reference.charlson_band,
  kind SEED (
    path '$root/seeds/charlson_band.csv'
  ),
  columns (
    charlson_band_key INT,
    cci_band TEXT,
    min_index INT,
    max_index INT,
    meaning TEXT,
    basis TEXT
  ),
  grain charlson_band_key,
  audits (
    unique_grain(columns := charlson_band_key),
    unique_grain(columns := cci_band),
    not_null(columns := (charlson_band_key, cci_band, meaning, basis)),
    bands_adjoin(lowest := min_index, highest := max_index)
  ),
  description 'Bands of the Charlson index with the weights of 1987 (docs/measures.md#m9-charlson-index).',
  column_descriptions (
    charlson_band_key = 'Key of the band, and its place in their order.',
    cci_band = 'Name of the band.',
    min_index = 'Lowest index in the band; NULL for the band of those without an index.',
    max_index = 'Highest index in the band; NULL where it is open.',
    meaning = 'Which stays fall into the band.',
    basis = 'Where the band comes from.'
  )
)
