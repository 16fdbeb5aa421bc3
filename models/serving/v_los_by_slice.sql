/* One row per slice of closed inpatient stays: how long they lasted, three ways (metrics.md, M1). */
MODEL (
  name serving.v_los_by_slice,
  gateway serving,
  dialect mysql,
  kind VIEW,
  grain (slice, slice_value),
  audits (
    unique_grain(columns := (slice, slice_value))
  ),
  description 'Average length of stay (ALOS) of closed inpatient stays, overall and by source, age band, payer category, kind of stay and year of admission; and of inpatient encounters before merging, as published. Open stays have no length and are counted apart.',
  column_descriptions (
    slice = 'What the stays are sliced by: all, source_system, age_band, payer_category, kind_of_stay or admit_year.',
    slice_value = 'Value of the slice.',
    n_stays = 'Closed stays.',
    n_open = 'Open stays, which have no length.',
    alos_days_cms = 'Mean length in days, at least 1 a stay (CMS); the default.',
    alos_ci_low = 'Lower end of the 95 % interval of alos_days_cms (normal); NULL below 2 stays.',
    alos_ci_high = 'Upper end of the 95 % interval of alos_days_cms (normal); NULL below 2 stays.',
    alos_midnights = 'Mean length in midnights; a same-day stay is 0 (HCUP).',
    alos_complete_days = 'Mean length in complete 24-hour periods, as the first reference project counted.',
    alos_hours = 'Mean length in hours.',
    longest_days = 'Longest stay, in days.',
    small_cell_flag = '1 below 30 closed stays, else 0.'
  )
);

WITH stay_slice AS (
  /* One row per inpatient stay or encounter and slice that it belongs to. */
  SELECT
    'all' AS slice,
    'all stays' AS slice_value,
    is_open,
    los_midnights,
    los_days_cms,
    los_complete_days,
    los_hours
  FROM serving.fact_inpatient_stay
  UNION ALL
  SELECT
    'source_system',
    source_system,
    is_open,
    los_midnights,
    los_days_cms,
    los_complete_days,
    los_hours
  FROM serving.fact_inpatient_stay
  UNION ALL
  SELECT
    'age_band',
    a.band_label,
    s.is_open,
    s.los_midnights,
    s.los_days_cms,
    s.los_complete_days,
    s.los_hours
  FROM serving.fact_inpatient_stay AS s
  INNER JOIN serving.dim_age_band AS a
    ON a.age_band_key = s.age_band_key
  UNION ALL
  SELECT
    'payer_category',
    p.payer_category,
    s.is_open,
    s.los_midnights,
    s.los_days_cms,
    s.los_complete_days,
    s.los_hours
  FROM serving.fact_inpatient_stay AS s
  INNER JOIN serving.dim_payer AS p
    ON p.payer_key = s.payer_key
  UNION ALL
  SELECT
    'kind_of_stay',
    CASE
      WHEN is_hospice = 1
      THEN 'hospice'
      WHEN is_detox = 1
      THEN 'detoxification'
      WHEN is_oncology_tx = 1
      THEN 'cancer treatment'
      WHEN is_screening = 1
      THEN 'screening'
      WHEN is_planned = 1
      THEN 'elective'
      ELSE 'acute'
    END,
    is_open,
    los_midnights,
    los_days_cms,
    los_complete_days,
    los_hours
  FROM serving.fact_inpatient_stay
  UNION ALL
  SELECT
    'admit_year',
    d.year_label,
    s.is_open,
    s.los_midnights,
    s.los_days_cms,
    s.los_complete_days,
    s.los_hours
  FROM serving.fact_inpatient_stay AS s
  INNER JOIN serving.dim_date AS d
    ON d.date_key = s.admit_date_key
  UNION ALL
  SELECT
    'all',
    'all inpatient encounters, unmerged as published',
    CASE WHEN e.stop_ts IS NULL THEN 1 ELSE 0 END,
    e.midnights,
    GREATEST(e.midnights, 1),
    e.complete_days,
    e.duration_min / 60
  FROM serving.fact_encounter AS e
  INNER JOIN serving.dim_encounter_class AS c
    ON c.class_key = e.class_key
  WHERE
    c.is_acute_inpatient = 1 AND e.cost_basis = 'claim'
), slice_stay AS (
  SELECT
    slice,
    slice_value,
    SUM(1 - is_open) AS n_stays,
    SUM(is_open) AS n_open,
    AVG(los_days_cms) AS alos_days_cms,
    STDDEV_SAMP(los_days_cms) AS sd_days_cms,
    AVG(los_midnights) AS alos_midnights,
    AVG(los_complete_days) AS alos_complete_days,
    AVG(los_hours) AS alos_hours,
    MAX(los_days_cms) AS longest_days
  FROM stay_slice
  GROUP BY
    slice,
    slice_value
)
SELECT
  slice,
  slice_value,
  n_stays::BIGINT AS n_stays,
  n_open::BIGINT AS n_open,
  alos_days_cms::DECIMAL(12, 4) AS alos_days_cms,
  CAST(alos_days_cms - 1.959964 * sd_days_cms / SQRT(n_stays) AS DECIMAL(12, 4)) AS alos_ci_low,
  CAST(alos_days_cms + 1.959964 * sd_days_cms / SQRT(n_stays) AS DECIMAL(12, 4)) AS alos_ci_high,
  alos_midnights::DECIMAL(12, 4) AS alos_midnights,
  alos_complete_days::DECIMAL(12, 4) AS alos_complete_days,
  alos_hours::DECIMAL(12, 4) AS alos_hours,
  longest_days,
  CASE WHEN n_stays < 30 THEN 1 ELSE 0 END AS small_cell_flag
FROM slice_stay
