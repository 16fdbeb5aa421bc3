/* One row per age band of a scheme. */
MODEL (
  name star.dim_age_band,
  kind FULL,
  grain age_band_key,
  audits (
    unique_grain(columns := age_band_key),
    unique_grain(columns := (scheme, band_label)),
    not_null(columns := (age_band_key, scheme, band_label, sort_order)),
    has_unknown_members(key_col := age_band_key)
  ),
  description 'Age bands in full years at the event. Facts point to the decade scheme.',
  column_descriptions (
    age_band_key = 'Key of the band.',
    scheme = 'Which set of bands: decade, mesh, cms or senior.',
    band_label = 'Label of the band.',
    min_age = 'Youngest age in the band, in full years; NULL for the members that are not bands.',
    max_age = 'Oldest age in the band, in full years; NULL for the members that are not bands.',
    sort_order = 'Place of the band in its scheme.',
    basis = 'Where the cut points come from.'
  )
);

SELECT
  age_band_key::BIGINT AS age_band_key,
  scheme::TEXT AS scheme,
  band_label::TEXT AS band_label,
  min_age::INT AS min_age,
  max_age::INT AS max_age,
  sort_order::INT AS sort_order,
  basis::TEXT AS basis
FROM reference.age_band
UNION ALL
SELECT
  member_key,
  'none',
  member_label,
  NULL,
  NULL,
  99 - member_key,
  'Member that stands for a missing band'
FROM reference.unknown_member
