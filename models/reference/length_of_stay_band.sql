/* One row per band of lengths of stay. */
MODEL (
  name reference.length_of_stay_band,
  kind SEED (
    path '$root/seeds/length_of_stay_band.csv'
  ),
  columns (
    los_band TEXT,
    min_days INT,
    max_days INT,
    meaning TEXT,
    basis TEXT
  ),
  grain los_band,
  audits (
    unique_grain(columns := los_band),
    not_null(columns := (los_band, meaning, basis)),
    bands_adjoin(lowest := min_days, highest := max_days)
  ),
  description 'Bands of the length of stay in days, at least 1 a stay: lengths within which stays are taken for alike.',
  column_descriptions (
    los_band = 'Name of the band.',
    min_days = 'Fewest days in the band; NULL for stays whose length is not known.',
    max_days = 'Most days in the band; NULL where it is open.',
    meaning = 'Which stays fall into the band.',
    basis = 'Where the cut points come from.'
  )
)
