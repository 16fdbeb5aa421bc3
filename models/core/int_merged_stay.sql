/* One row per merged stay and merge rule: same-day neighbours merged, or next-day neighbours too. */
MODEL (
  name core.int_merged_stay,
  kind FULL,
  grain (merge_rule, source_system, stay_id),
  depends_on (
    core.int_inpatient_encounter
  ),
  audits (
    unique_grain(columns := (merge_rule, source_system, stay_id)),
    unique_grain(columns := (merge_rule, source_system, patient_id, organization_id, stay_number)),
    not_null(columns := (merge_rule, source_system, stay_id, patient_id, is_open, is_planned)),
    no_stay_overlap(),
    every_encounter_in_a_stay
  ),
  description 'Inpatient stays, each of one organization. same_day is the stay of star.fact_inpatient_stay; next_day is that of the readmission definition that merges next-day stays. What a source says of a stay is what it says of its encounters: the disposition, group and readmission of the last, death or intensive care in any, days and charges of all. An acute stay is not a hospice admission, not check-ups alone, and not a session of chemotherapy or radiotherapy without surgery; is_acute_stay is NULL where the feed delivers nothing to tell them apart.'
);

WITH telling_feed AS (
  /* In a feed without types, procedures and reasons nothing tells an acute stay from another. */
  SELECT
    source_system,
    MAX(is_delivered) AS tells_care
  FROM core.int_capability
  WHERE
    capability IN ('encounter_types', 'procedures', 'reasons')
  GROUP BY
    1
), placed_encounter AS (
  SELECT
    *,
    ROW_NUMBER() OVER (
      PARTITION BY merge_rule, source_system, patient_id, organization_id, stay_number
      ORDER BY place_in_stay DESC
    ) AS place_from_end
  FROM core.int_stay_encounter
), merged_stay AS (
  SELECT
    merge_rule,
    source_system,
    patient_id,
    organization_id,
    stay_number,
    MAX(stay_id) AS stay_id,
    MAX(CASE WHEN place_in_stay = 1 THEN payer_id END) AS payer_id,
    MAX(CASE WHEN place_in_stay = 1 THEN age_years END) AS age_years,
    MAX(CASE WHEN place_in_stay = 1 THEN age_band_label END) AS age_band_label,
    MAX(CASE WHEN place_in_stay = 1 THEN age_basis END) AS age_basis,
    MAX(CASE WHEN place_in_stay = 1 THEN sequence END) AS sequence,
    SUM(charge_amount) AS charge_amount,
    COUNT(*) AS n_source_rows,
    MIN(start_ts) AS admit_ts,
    CASE WHEN COUNT(*) = COUNT(stop_ts) THEN MAX(stop_ts) END AS discharge_ts,
    MAX(CASE WHEN stop_ts IS NULL AND NOT start_ts IS NULL THEN 1 ELSE 0 END) AS is_open,
    MAX(CASE WHEN place_from_end = 1 THEN discharge_disposition END) AS discharge_disposition,
    MAX(CASE WHEN place_from_end = 1 THEN drg_code END) AS drg_code,
    MAX(CASE WHEN place_from_end = 1 THEN readmitted_flag END) AS readmitted_flag,
    MAX(CASE WHEN place_from_end = 1 THEN days_to_readmission END) AS days_to_readmission,
    CASE WHEN COUNT(*) = COUNT(stated_los_days) THEN SUM(stated_los_days) END AS stated_los_days,
    MAX(died_in_stay) AS died_in_stay,
    MAX(is_icu) AS is_icu,
    SUM(icu_days) AS icu_days,
    MAX(is_oncology_tx) AS is_oncology_tx,
    MAX(is_hospice_care) AS is_hospice_care,
    MAX(is_surgery) AS is_surgery,
    MAX(is_cancer) AS is_cancer,
    MAX(is_hospice) AS is_hospice,
    MIN(is_checkup) AS is_checkup,
    MAX(is_screening) AS is_screening,
    MAX(is_detox) AS is_detox,
    COALESCE(
      MAX(CASE WHEN planned_rule = 'always planned procedure' THEN planned_rule END),
      MAX(CASE WHEN planned_rule = 'always planned diagnosis' THEN planned_rule END),
      MAX(
        CASE
          WHEN planned_rule = 'potentially planned procedure without acute diagnosis'
          THEN planned_rule
        END
      ),
      MAX(planned_rule)
    ) AS planned_rule,
    MAX(is_planned) AS is_planned
  FROM placed_encounter
  GROUP BY
    1,
    2,
    3,
    4,
    5
)
SELECT
  s.*,
  CASE
    WHEN COALESCE(feed.tells_care, 0) = 0
    THEN NULL
    WHEN s.is_hospice = 1 OR s.is_checkup = 1
    THEN 0
    WHEN s.is_oncology_tx = 1 AND s.is_surgery = 0
    THEN 0
    ELSE 1
  END AS is_acute_stay
FROM merged_stay AS s
LEFT JOIN telling_feed AS feed
  ON feed.source_system = s.source_system
