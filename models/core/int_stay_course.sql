/* One row per inpatient stay, with the hospice care before it and the first visit after it. */
MODEL (
  name core.int_stay_course,
  kind FULL,
  grain (source_system, stay_id),
  audits (
    unique_grain(columns := (source_system, stay_id)),
    not_null(columns := (source_system, stay_id)),
    forall(criteria := (
      days_to_followup_visit >= 1
    ))
  ),
  description 'What encounters of every class say of the time around a stay. Hospice is an encounter of that type or class, or hospice care performed in one, that touches the 12 months up to the day of admission; NULL where the feed delivers neither types nor procedures. A visit to follow up starts a day or more after discharge.'
);

WITH hospice_encounter AS (
  SELECT
    e.source_system,
    e.patient_id,
    e.start_ts::DATE AS first_day,
    COALESCE(e.stop_ts, e.start_ts)::DATE AS last_day
  FROM core.int_encounter AS e
  LEFT JOIN core.int_encounter_type AS t
    ON t.code_system = e.type_code_system
    AND t.type_code = e.type_code
    AND t.type_description = COALESCE(e.type_text, '(no description)')
  LEFT JOIN core.int_encounter_procedure AS p
    ON p.source_system = e.source_system AND p.encounter_id = e.encounter_id
  WHERE
    t.is_hospice = 1 OR p.is_hospice_care = 1 OR e.class_code = 'hospice'
), stay AS (
  SELECT
    source_system,
    patient_id,
    stay_id,
    admit_ts::DATE AS admit_date,
    discharge_ts::DATE AS discharge_date
  FROM core.int_merged_stay
  WHERE
    merge_rule = 'same_day'
), stay_after_hospice AS (
  SELECT
    s.source_system,
    s.stay_id
  FROM stay AS s
  INNER JOIN hospice_encounter AS h
    ON h.source_system = s.source_system
    AND h.patient_id = s.patient_id
    AND h.first_day <= s.admit_date
    AND h.last_day >= s.admit_date - INTERVAL '12' MONTH
  GROUP BY
    1,
    2
), followed_stay AS (
  SELECT
    s.source_system,
    s.stay_id,
    MIN(DATE_DIFF('DAY', s.discharge_date, e.start_ts::DATE)) AS days_to_followup_visit
  FROM stay AS s
  INNER JOIN core.int_encounter AS e
    ON e.source_system = s.source_system
    AND e.patient_id = s.patient_id
    AND e.start_ts::DATE > s.discharge_date
  INNER JOIN reference.encounter_class AS class
    ON class.class_code = e.class_code AND class.is_followup_visit = 1
  GROUP BY
    1,
    2
), telling_feed AS (
  SELECT
    source_system,
    MAX(is_delivered) AS tells_hospice
  FROM core.int_capability
  WHERE
    capability IN ('encounter_types', 'procedures')
  GROUP BY
    1
)
SELECT
  s.source_system,
  s.stay_id,
  CASE
    WHEN s.admit_date IS NULL OR COALESCE(feed.tells_hospice, 0) = 0
    THEN NULL
    WHEN NOT h.stay_id IS NULL
    THEN 1
    ELSE 0
  END AS has_recent_hospice,
  f.days_to_followup_visit
FROM stay AS s
LEFT JOIN telling_feed AS feed
  ON feed.source_system = s.source_system
LEFT JOIN stay_after_hospice AS h
  ON h.source_system = s.source_system AND h.stay_id = s.stay_id
LEFT JOIN followed_stay AS f
  ON f.source_system = s.source_system AND f.stay_id = s.stay_id
