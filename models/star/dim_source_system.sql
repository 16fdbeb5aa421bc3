/* One row per feed. */
MODEL (
  name star.dim_source_system,
  kind FULL,
  grain source_system,
  audits (
    unique_grain(columns := source_system),
    unique_grain(columns := source_label),
    not_null(columns := (source_system, family, source_label, cost_basis, readmission_basis))
  ),
  description 'The feeds that have delivered, and what their amounts and readmissions rest on; mart_capability says what each delivers.',
  column_descriptions (
    source_system = 'Name of the feed, as every row carries it.',
    family = 'Shape of its files.',
    source_label = 'Name for a report.',
    cost_basis = 'claim, charge or none: what its amounts are.',
    readmission_basis = 'derived: a return is seen in the dates; source_asserted: it is known only by a flag of the feed; none: it is not known.'
  )
);

WITH delivered AS (
  SELECT
    source_system,
    MAX(CASE WHEN capability = 'claims' THEN is_delivered END) AS has_claims,
    MAX(CASE WHEN capability = 'charges' THEN is_delivered END) AS has_charges,
    MAX(CASE WHEN capability = 'readmission_flag' THEN is_delivered END) AS has_readmission_flag,
    MIN(
      CASE
        WHEN capability IN ('encounter_dates', 'repeat_encounters')
        THEN is_delivered
      END
    ) AS has_later_stays
  FROM core.int_capability
  GROUP BY
    1
)
SELECT
  f.source_system::TEXT AS source_system,
  f.family::TEXT AS family,
  f.source_label::TEXT AS source_label,
  CASE
    WHEN d.has_claims = 1
    THEN 'claim'
    WHEN d.has_charges = 1
    THEN 'charge'
    ELSE 'none'
  END::TEXT AS cost_basis,
  CASE
    WHEN d.has_later_stays = 1
    THEN 'derived'
    WHEN d.has_readmission_flag = 1
    THEN 'source_asserted'
    ELSE 'none'
  END::TEXT AS readmission_basis
FROM core.int_feed AS f
INNER JOIN delivered AS d
  ON d.source_system = f.source_system
