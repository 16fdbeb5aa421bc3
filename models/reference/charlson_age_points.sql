/* One row per band of age that adds points to the Charlson index. */
MODEL (
  name reference.charlson_age_points,
  kind SEED (
    path '$root/seeds/charlson_age_points.csv'
  ),
  columns (
    min_age INT,
    max_age INT,
    age_points INT,
    basis TEXT
  ),
  grain min_age,
  audits (
    unique_grain(columns := min_age),
    not_null(columns := (min_age, age_points, basis)),
    bands_adjoin(lowest := min_age, highest := max_age)
  ),
  description 'Points of age that the age-adjusted Charlson index adds to that of 1987.',
  column_descriptions (
    min_age = 'Youngest age in the band, in full years.',
    max_age = 'Oldest age in the band, in full years; NULL in the last, which is open.',
    age_points = 'Points to add.',
    basis = 'Where the points come from.'
  )
)
