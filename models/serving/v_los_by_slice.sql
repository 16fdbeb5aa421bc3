/* One row per source, hospital and slice of closed inpatient stays: how long they lasted, three ways (metrics.md, M1). */
MODEL (
  name serving.v_los_by_slice,
  gateway serving,
  dialect mysql,
  kind VIEW,
  grain (source_system, organization_key, slice, slice_value),
  audits (
    unique_grain(columns := (source_system, organization_key, slice, slice_value))
  ),
  description 'Average length of stay (ALOS) of closed inpatient stays, overall and by age band, payer category, kind of stay and year of admission; and of inpatient encounters before merging, as published. Open stays have no length and are counted apart.',
  column_descriptions (
    source_system = 'Source that delivered it.',
    organization_key = 'Hospital; joins dim_organization; -2 for all hospitals of the source.',
    organization_label = 'Name of the hospital, or all hospitals.',
    slice = 'What the stays are sliced by: all, age_band, payer_category, kind_of_stay or admit_year.',
    slice_value = 'Value of the slice.',
    n_stays = 'Stays whose length is known.',
    n_open = 'Open stays, which have no length.',
    alos_days_cms = 'Mean length in days, at least 1 a stay (CMS); the default.',
    alos_ci_low = 'Lower end of the 95 % interval of alos_days_cms (Student t on the log scale, above 1 day); NULL below 2 stays, and where all lasted alike.',
    alos_ci_high = 'Upper end of the same.',
    alos_midnights = 'Mean length in midnights; a same-day stay is 0 (HCUP).',
    alos_complete_days = 'Mean length in complete 24-hour periods, as the first reference project counted; of stays with days.',
    alos_hours = 'Mean length in hours.',
    longest_days = 'Longest stay, in days.',
    small_cell_flag = '1 below 30 closed stays or 11 patients, else 0.'
  )
);

WITH hospital_stay AS (
  /* One row per inpatient stay for its hospital, and one for all hospitals of its source. */
  SELECT
    s.*,
    o.organization_label
  FROM (
    SELECT
      source_system,
      organization_key,
      patient_key,
      age_band_key,
      payer_key,
      admit_date_key,
      is_hospice,
      is_detox,
      is_oncology_tx,
      is_screening,
      is_planned,
      is_open,
      los_midnights,
      los_days_cms,
      los_complete_days,
      los_hours
    FROM serving.fact_inpatient_stay
  ) AS s
  INNER JOIN serving.dim_organization AS o
    ON o.organization_key = s.organization_key
  UNION ALL
  SELECT
    source_system,
    -2,
    patient_key,
    age_band_key,
    payer_key,
    admit_date_key,
    is_hospice,
    is_detox,
    is_oncology_tx,
    is_screening,
    is_planned,
    is_open,
    los_midnights,
    los_days_cms,
    los_complete_days,
    los_hours,
    'all hospitals'
  FROM serving.fact_inpatient_stay
), hospital_encounter AS (
  SELECT
    e.source_system,
    e.organization_key,
    o.organization_label,
    e.patient_key,
    e.stop_ts,
    e.midnights,
    e.complete_days,
    e.duration_min
  FROM serving.fact_encounter AS e
  INNER JOIN serving.dim_encounter_class AS c
    ON c.class_key = e.class_key
  INNER JOIN serving.dim_organization AS o
    ON o.organization_key = e.organization_key
  WHERE
    c.is_acute_inpatient = 1 AND e.cost_basis = 'claim'
), stay_slice AS (
  /* One row per inpatient stay or encounter, hospital and slice that it belongs to. */
  SELECT
    source_system,
    organization_key,
    organization_label,
    'all' AS slice,
    'all stays' AS slice_value,
    patient_key,
    is_open,
    los_midnights,
    los_days_cms,
    los_complete_days,
    los_hours
  FROM hospital_stay
  UNION ALL
  SELECT
    s.source_system,
    s.organization_key,
    s.organization_label,
    'age_band',
    a.band_label,
    s.patient_key,
    s.is_open,
    s.los_midnights,
    s.los_days_cms,
    s.los_complete_days,
    s.los_hours
  FROM hospital_stay AS s
  INNER JOIN serving.dim_age_band AS a
    ON a.age_band_key = s.age_band_key
  UNION ALL
  SELECT
    s.source_system,
    s.organization_key,
    s.organization_label,
    'payer_category',
    p.payer_category,
    s.patient_key,
    s.is_open,
    s.los_midnights,
    s.los_days_cms,
    s.los_complete_days,
    s.los_hours
  FROM hospital_stay AS s
  INNER JOIN serving.dim_payer AS p
    ON p.payer_key = s.payer_key
  UNION ALL
  SELECT
    s.source_system,
    s.organization_key,
    s.organization_label,
    'kind_of_stay',
    CASE
      WHEN s.is_hospice = 1
      THEN 'hospice'
      WHEN s.is_detox = 1
      THEN 'detoxification'
      WHEN s.is_oncology_tx = 1
      THEN 'cancer treatment'
      WHEN s.is_screening = 1
      THEN 'screening'
      WHEN s.is_planned = 1
      THEN 'elective'
      ELSE 'acute'
    END,
    s.patient_key,
    s.is_open,
    s.los_midnights,
    s.los_days_cms,
    s.los_complete_days,
    s.los_hours
  FROM hospital_stay AS s
  UNION ALL
  SELECT
    s.source_system,
    s.organization_key,
    s.organization_label,
    'admit_year',
    CASE WHEN d.is_sentinel = 1 THEN 'Unknown' ELSE d.year_label END,
    s.patient_key,
    s.is_open,
    s.los_midnights,
    s.los_days_cms,
    s.los_complete_days,
    s.los_hours
  FROM hospital_stay AS s
  INNER JOIN serving.dim_date AS d
    ON d.date_key = s.admit_date_key
  UNION ALL
  SELECT
    source_system,
    organization_key,
    organization_label,
    'all',
    'all inpatient encounters, unmerged as published',
    patient_key,
    CASE WHEN stop_ts IS NULL THEN 1 ELSE 0 END,
    midnights,
    GREATEST(midnights, 1),
    complete_days,
    duration_min / 60
  FROM hospital_encounter
  UNION ALL
  SELECT
    source_system,
    -2,
    'all hospitals',
    'all',
    'all inpatient encounters, unmerged as published',
    patient_key,
    CASE WHEN stop_ts IS NULL THEN 1 ELSE 0 END,
    midnights,
    GREATEST(midnights, 1),
    complete_days,
    duration_min / 60
  FROM hospital_encounter
), slice_stay AS (
  SELECT
    t.source_system,
    t.organization_key,
    MAX(t.organization_label) AS organization_label,
    t.slice,
    t.slice_value,
    SUM(CASE WHEN t.los_days_cms IS NULL THEN 0 ELSE 1 END) AS n_stays,
    COUNT(DISTINCT CASE WHEN NOT t.los_days_cms IS NULL THEN p.patient_durable_key END) AS n_patients,
    SUM(t.is_open) AS n_open,
    AVG(t.los_days_cms) AS alos_days_cms,
    STDDEV_SAMP(t.los_days_cms) AS sd_days_cms,
    AVG(t.los_midnights) AS alos_midnights,
    AVG(t.los_complete_days) AS alos_complete_days,
    AVG(t.los_hours) AS alos_hours,
    MAX(t.los_days_cms) AS longest_days
  FROM stay_slice AS t
  INNER JOIN serving.dim_patient AS p
    ON p.patient_key = t.patient_key
  GROUP BY
    t.source_system,
    t.organization_key,
    t.slice,
    t.slice_value
)
SELECT
  source_system,
  organization_key,
  organization_label,
  slice,
  slice_value,
  n_stays::BIGINT AS n_stays,
  n_open::BIGINT AS n_open,
  alos_days_cms::DECIMAL(12, 4) AS alos_days_cms,
  @LOG_LOW(alos_days_cms, sd_days_cms / SQRT(n_stays), 1, @STUDENT_T(n_stays - 1))::DECIMAL(12, 4) AS alos_ci_low,
  @LOG_HIGH(alos_days_cms, sd_days_cms / SQRT(n_stays), 1, @STUDENT_T(n_stays - 1))::DECIMAL(12, 4) AS alos_ci_high,
  alos_midnights::DECIMAL(12, 4) AS alos_midnights,
  alos_complete_days::DECIMAL(12, 4) AS alos_complete_days,
  alos_hours::DECIMAL(12, 4) AS alos_hours,
  longest_days,
  @SMALL_CELL(n_stays, n_patients, NULL, NULL, 'mean') AS small_cell_flag
FROM slice_stay
