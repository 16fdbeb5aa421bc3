/* One row per source, hospital and slice of closed inpatient stays: how long they lasted, three ways (docs/measures.md#m1-length-of-stay). */
MODEL (
  name serving.v_los_by_slice,
  gateway serving,
  dialect mysql,
  kind VIEW,
  grain (source_system, organization_key, slice, slice_value),
  audits (
    unique_grain(columns := (source_system, organization_key, slice, slice_value))
  ),
  description 'Length of stay as mart_kpi has it: mean, median and geometric mean of closed inpatient stays, by hospital and slice. Open stays have no length and are counted apart.',
  column_descriptions (
    source_system = 'Source that delivered it.',
    organization_key = 'Hospital; joins dim_organization; -2 for all hospitals of the source.',
    organization_label = 'Name of the hospital, or all hospitals.',
    slice = 'What the stays are sliced by: all, admit_year, or a slice of mart_kpi.',
    slice_value = 'Value of the slice.',
    n_stays = 'Stays whose length is known.',
    n_open = 'Open stays, which have no length; NULL where there is none.',
    alos_days_cms = 'Mean length in days, at least 1 a stay (CMS); the default.',
    alos_ci_low = 'Lower end of its 95 % interval, patients taken as independent; NULL where there is none.',
    alos_ci_high = 'Upper end of the same.',
    median_days = 'Median length in the same days.',
    geometric_mean_days = 'Geometric mean length in the same days.',
    alos_without_outliers = 'Mean length without outliers (dim_metric, alos without_outliers).',
    alos_midnights = 'Mean length in midnights; a same-day stay is 0 (HCUP).',
    alos_complete_days = 'Mean length in complete 24-hour periods, of stays with days.',
    alos_hours = 'Mean length in hours, of stays with days.',
    small_cell_flag = 'That of alos_days_cms in mart_kpi.'
  )
);

WITH length_kpi AS (
  SELECT
    source_system,
    organization_key,
    CASE WHEN period_type = 'year' THEN 'admit_year' ELSE slice END AS slice,
    CASE
      WHEN period_type = 'year'
      THEN period
      WHEN slice = 'all'
      THEN 'all stays'
      ELSE slice_value
    END AS slice_value,
    metric_code,
    definition_version,
    value,
    n,
    interval_low AS ci_low,
    interval_high AS ci_high,
    small_cell_flag
  FROM serving.mart_kpi
  WHERE
    (
      metric_code = 'alos'
      OR (
        metric_code = 'stays' AND definition_version = 'open'
      )
    )
    AND (
      period_type = 'all' OR (
        period_type = 'year' AND slice = 'all'
      )
    )
    AND n > 0
), slice_length AS (
  SELECT
    source_system,
    organization_key,
    slice,
    slice_value,
    MAX(CASE WHEN definition_version = 'days_cms' THEN n END) AS n_stays,
    MAX(CASE WHEN definition_version = 'open' THEN n END) AS n_open,
    MAX(CASE WHEN definition_version = 'days_cms' THEN value END) AS alos_days_cms,
    MAX(CASE WHEN definition_version = 'days_cms' THEN ci_low END) AS alos_ci_low,
    MAX(CASE WHEN definition_version = 'days_cms' THEN ci_high END) AS alos_ci_high,
    MAX(CASE WHEN definition_version = 'median' THEN value END) AS median_days,
    MAX(CASE WHEN definition_version = 'geometric_mean' THEN value END) AS geometric_mean_days,
    MAX(CASE WHEN definition_version = 'without_outliers' THEN value END) AS alos_without_outliers,
    MAX(CASE WHEN definition_version = 'midnights' THEN value END) AS alos_midnights,
    MAX(CASE WHEN definition_version = 'complete_days' THEN value END) AS alos_complete_days,
    MAX(CASE WHEN definition_version = 'elapsed' THEN value END) * 24 AS alos_hours,
    MAX(CASE WHEN definition_version = 'days_cms' THEN small_cell_flag END) AS small_cell_flag
  FROM length_kpi
  GROUP BY
    source_system,
    organization_key,
    slice,
    slice_value
)
SELECT
  s.source_system,
  s.organization_key,
  COALESCE(o.organization_label, 'all hospitals') AS organization_label,
  s.slice,
  s.slice_value,
  s.n_stays,
  s.n_open,
  s.alos_days_cms::DECIMAL(12, 4) AS alos_days_cms,
  s.alos_ci_low::DECIMAL(12, 4) AS alos_ci_low,
  s.alos_ci_high::DECIMAL(12, 4) AS alos_ci_high,
  s.median_days::DECIMAL(12, 4) AS median_days,
  s.geometric_mean_days::DECIMAL(12, 4) AS geometric_mean_days,
  s.alos_without_outliers::DECIMAL(12, 4) AS alos_without_outliers,
  s.alos_midnights::DECIMAL(12, 4) AS alos_midnights,
  s.alos_complete_days::DECIMAL(12, 4) AS alos_complete_days,
  s.alos_hours::DECIMAL(12, 4) AS alos_hours,
  s.small_cell_flag
FROM slice_length AS s
LEFT JOIN serving.dim_organization AS o
  ON o.organization_key = s.organization_key AND s.organization_key <> -2
WHERE
  NOT s.alos_days_cms IS NULL
