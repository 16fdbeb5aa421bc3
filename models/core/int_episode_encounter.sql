/* One row per encounter that starts in an episode, with the one episode it belongs to. */
MODEL (
  name core.int_episode_encounter,
  kind FULL,
  grain (source_system, encounter_id),
  audits (
    unique_grain(columns := (source_system, encounter_id)),
    not_null(columns := (source_system, encounter_id, index_stay_id, part_of_episode)),
    references_resolve_in_source(model_col := index_stay_id, parent := core.int_episode, parent_col := index_stay_id),
    accepted_values("column" := part_of_episode, is_in := ('before', 'during', 'after'))
  ),
  description 'Encounters of every class in the window of an episode. One that lies in two windows belongs to the earlier, so that no dollar is counted twice.'
);

WITH encounter_in_window AS (
  SELECT
    e.source_system,
    e.encounter_id,
    e.claim_amount,
    e.payer_paid,
    episode.index_stay_id,
    CASE
      WHEN e.start_ts < episode.admit_ts
      THEN 'before'
      WHEN e.start_ts <= episode.discharge_ts
      THEN 'during'
      ELSE 'after'
    END AS part_of_episode,
    ROW_NUMBER() OVER (PARTITION BY e.source_system, e.encounter_id ORDER BY episode.admit_ts) AS window_rank
  FROM core.int_episode AS episode
  INNER JOIN core.int_encounter AS e
    ON e.source_system = episode.source_system
    AND e.patient_id = episode.patient_id
    AND NOT e.claim_amount IS NULL
    AND e.start_ts BETWEEN episode.window_from AND episode.window_until
)
SELECT
  source_system,
  encounter_id,
  index_stay_id,
  part_of_episode,
  claim_amount,
  payer_paid
FROM encounter_in_window
WHERE
  window_rank = 1
