/* One row per episode: an index stay and the time from 3 days before it to 30 days after it. */
MODEL (
  name core.int_episode,
  kind FULL,
  grain (source_system, index_stay_id),
  audits (
    unique_grain(columns := (source_system, index_stay_id)),
    unique_grain(columns := (source_system, patient_id, episode_number)),
    not_null(columns := (source_system, patient_id, index_stay_id, window_from, window_until)),
    episodes_start_apart
  ),
  description 'Episodes as Medicare spending per beneficiary (MSPB) cuts them: a stay inside the 30 days of an episode belongs to that episode and starts none. A stay without 30 days of follow-up, or with a death in it (by date or by the flag of the feed) or up to 30 days after it, starts none either.'
);

WITH RECURSIVE eligible_stay AS (
  SELECT
    s.source_system,
    s.patient_id,
    s.stay_id,
    s.admit_ts,
    s.discharge_ts
  FROM core.int_merged_stay AS s
  INNER JOIN core.int_admission AS a
    ON a.unit = s.merge_rule
    AND a.source_system = s.source_system
    AND a.admission_id = s.stay_id
    AND a.has_30d_followup = 1
  LEFT JOIN core.int_patient AS p
    ON p.source_system = s.source_system AND p.patient_id = s.patient_id
  WHERE
    s.merge_rule = 'same_day'
    AND (
      p.death_date IS NULL OR p.death_date > s.discharge_ts::DATE + 30
    )
    AND (
      s.died_in_stay IS NULL OR s.died_in_stay = 0
    )
), episode AS (
  /* The first stay of each patient, then again and again the first one after the last window. */
  SELECT
    source_system,
    patient_id,
    1 AS episode_number,
    ARG_MIN(stay_id, admit_ts) AS index_stay_id,
    MIN(admit_ts) AS admit_ts,
    ARG_MIN(discharge_ts, admit_ts) AS discharge_ts
  FROM eligible_stay
  GROUP BY
    1,
    2
  UNION ALL
  SELECT
    s.source_system,
    s.patient_id,
    MAX(e.episode_number) + 1,
    ARG_MIN(s.stay_id, s.admit_ts),
    MIN(s.admit_ts),
    ARG_MIN(s.discharge_ts, s.admit_ts)
  FROM episode AS e
  INNER JOIN eligible_stay AS s
    ON s.source_system = e.source_system
    AND s.patient_id = e.patient_id
    AND s.admit_ts > e.discharge_ts + INTERVAL '30' DAY
  GROUP BY
    1,
    2
)
SELECT
  source_system,
  patient_id,
  episode_number,
  index_stay_id,
  admit_ts,
  discharge_ts,
  admit_ts - INTERVAL '3' DAY AS window_from,
  discharge_ts + INTERVAL '30' DAY AS window_until
FROM episode
