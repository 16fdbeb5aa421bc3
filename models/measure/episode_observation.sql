/* One row per metric version and episode that it observes. */
MODEL (
  name measure.episode_observation,
  kind FULL,
  grain (metric_code, definition_version, observed_key),
  audits (
    unique_grain(columns := (metric_code, definition_version, observed_key)),
    not_null(
      columns := (
        metric_code,
        definition_version,
        observed_key,
        patient_key,
        numerator,
        denominator
      )
    )
  ),
  description 'What each episode, and each published window, adds to spending per episode.'
);

WITH episode AS (
  SELECT
    'one_index_per_window' AS rule,
    f.episode_key AS observed_key,
    s.source_system,
    s.organization_label,
    s.patient_key,
    s.admit_date AS observed_date,
    s.payer_category,
    s.payer_name,
    s.medicare_group,
    s.age_band,
    f.claim_total,
    f.paid_total
  FROM star.fact_episode AS f
  INNER JOIN measure.stay_subject AS s
    ON s.stay_key = f.index_stay_key
  UNION ALL
  SELECT
    'published',
    e.encounter_key,
    e.source_system,
    e.organization_label,
    e.patient_key,
    e.start_date,
    e.payer_category,
    e.payer_name,
    e.medicare_group,
    e.age_band,
    p.claim_total,
    NULL
  FROM core.int_published_episode AS p
  INNER JOIN measure.encounter_subject AS e
    ON e.encounter_key = @SURROGATE_KEY(p.source_system, p.encounter_id)
)
SELECT
  m.metric_code,
  m.definition_version,
  e.observed_key,
  e.source_system,
  e.organization_label,
  e.patient_key,
  e.observed_date,
  e.payer_category,
  e.payer_name,
  e.medicare_group,
  e.age_band,
  m.numerator,
  1::DECIMAL(24, 10) AS denominator
FROM episode AS e
LEFT JOIN reference.benchmark AS constant
  ON constant.metric_code = 'mspb_ratio' AND constant.definition_version = e.rule
CROSS JOIN LATERAL (
  VALUES
    (
      'episode_spend',
      CASE WHEN e.rule = 'published' THEN 'published' ELSE 'claim' END,
      e.claim_total::DECIMAL(24, 10)
    ),
    (
      'episode_spend',
      CASE WHEN e.rule <> 'published' THEN 'claim_median' END,
      e.claim_total
    ),
    ('episode_spend', CASE WHEN e.rule <> 'published' THEN 'paid' END, e.paid_total),
    (
      'mspb_ratio',
      CASE WHEN e.medicare_group = 'Medicare' THEN e.rule END,
      e.claim_total / constant.benchmark_value
    ),
    (
      'seed_tcoc',
      CASE WHEN e.rule = 'published' AND e.medicare_group <> 'Medicare' THEN e.rule END,
      e.claim_total
    )
) AS m(metric_code, definition_version, numerator)
WHERE
  NOT m.definition_version IS NULL AND NOT m.numerator IS NULL
