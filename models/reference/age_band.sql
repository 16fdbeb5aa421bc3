/* One row per age band of a scheme. */
MODEL (
  name reference.age_band,
  kind SEED (
    path '$root/seeds/age_band.csv'
  ),
  columns (
    age_band_key BIGINT,
    scheme TEXT,
    band_label TEXT,
    min_age INT,
    max_age INT,
    sort_order INT,
    basis TEXT
  ),
  grain age_band_key,
  audits (
    unique_grain(columns := (
      age_band_key
    )),
    unique_grain(columns := (scheme, band_label)),
    not_null(columns := (age_band_key, scheme, band_label, min_age, max_age, basis)),
    bands_adjoin(lowest := min_age, highest := max_age, scheme := scheme)
  ),
  description 'Age bands in full years; each scheme covers 0 to 150 without gap or overlap.',
  column_descriptions (
    age_band_key = 'Key of the band.',
    scheme = 'Which set of bands: decade, mesh, cms or senior.',
    band_label = 'Label of the band.',
    min_age = 'Youngest age in the band, in full years.',
    max_age = 'Oldest age in the band, in full years.',
    sort_order = 'Place of the band in its scheme.',
    basis = 'Where the cut points come from.'
  )
)
