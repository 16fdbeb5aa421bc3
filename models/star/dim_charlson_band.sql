/* One row per band of the Charlson index. */
MODEL (
  name star.dim_charlson_band,
  kind FULL,
  grain charlson_band_key,
  audits (
    unique_grain(columns := charlson_band_key),
    not_null(columns := (charlson_band_key, cci_band, meaning))
  ),
  description 'Bands of the Charlson index with the weights of 1987 (docs/measures.md#m9-charlson-index).',
  column_descriptions (
    charlson_band_key = 'Key of the band, and its place in their order.',
    cci_band = 'Name of the band.',
    meaning = 'Which stays fall into the band.'
  )
);

SELECT
  charlson_band_key::INT AS charlson_band_key,
  cci_band::TEXT AS cci_band,
  meaning::TEXT AS meaning
FROM reference.charlson_band
