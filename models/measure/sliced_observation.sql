/* One row per observation and slice that it belongs to. */
MODEL (
  name measure.sliced_observation,
  kind VIEW,
  grain (metric_code, definition_version, observed_key, slice),
  description 'Observations under each of their slices: all, year, month, and the labels of their subject.'
);

SELECT
  o.metric_code,
  o.definition_version,
  o.source_system,
  s.slice,
  s.slice_value,
  o.patient_key,
  o.numerator,
  o.denominator
FROM measure.observation AS o
CROSS JOIN LATERAL (
  VALUES
    ('all', 'all'),
    ('year', STRFTIME(o.observed_date, '%Y')),
    ('month', STRFTIME(o.observed_date, '%Y-%m')),
    ('organization', o.organization_label),
    ('payer_category', o.payer_category),
    ('payer', o.payer_name),
    ('age_band', o.age_band),
    ('encounter_class', o.encounter_class),
    ('kind_of_stay', o.kind_of_stay),
    ('cci_band', o.cci_band),
    (
      'medicare_group',
      CASE WHEN o.metric_code IN ('episode_spend', 'seed_tcoc') THEN o.medicare_group END
    ),
    (
      'procedure',
      CASE WHEN o.metric_code = 'procedure_cost' THEN o.procedure_description END
    )
) AS s(slice, slice_value)
WHERE
  NOT s.slice_value IS NULL
