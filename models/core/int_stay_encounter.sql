/* One row per inpatient encounter and merge rule, with the stay it belongs to. */
MODEL (
  name core.int_stay_encounter,
  kind FULL,
  grain (merge_rule, source_system, encounter_id),
  audits (
    unique_grain(columns := (merge_rule, source_system, encounter_id)),
    unique_grain(
      columns := (
        merge_rule,
        source_system,
        patient_id,
        organization_id,
        stay_number,
        place_in_stay
      )
    ),
    not_null(
      columns := (merge_rule, source_system, encounter_id, stay_number, place_in_stay, stay_id)
    )
  ),
  description 'Inpatient encounters in their order, numbered into stays of one organization. same_day merges encounters that overlap or touch on one day; next_day also those a night apart (HEDIS PCR). An encounter without a day is a stay of its own. A stay is named by its first encounter.'
);

WITH merge_rule AS (
  SELECT
    'same_day' AS merge_rule,
    0 AS max_gap_days
  UNION ALL
  SELECT
    'next_day' AS merge_rule,
    1 AS max_gap_days
), ordered_encounter AS (
  SELECT
    r.merge_rule,
    r.max_gap_days,
    e.*,
    MAX(e.stop_ts) OVER (
      PARTITION BY r.merge_rule, e.source_system, e.patient_id, e.organization_id
      ORDER BY e.start_ts, e.stop_ts, e.sequence, e.encounter_id
      ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    ) AS latest_stop_before, /* The latest end so far, not the end of the row before: a short encounter may lie inside a long one. */
    MAX(CASE WHEN e.stop_ts IS NULL THEN 1 ELSE 0 END) OVER (
      PARTITION BY r.merge_rule, e.source_system, e.patient_id, e.organization_id
      ORDER BY e.start_ts, e.stop_ts, e.sequence, e.encounter_id
      ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    ) AS is_open_before
  FROM core.int_inpatient_encounter AS e
  CROSS JOIN merge_rule AS r
), numbered_encounter AS (
  SELECT
    *,
    SUM(
      CASE
        WHEN start_ts IS NULL
        THEN 1 /* Without a day nothing says that it continues another. */
        WHEN is_open_before = 1
        THEN 0
        WHEN latest_stop_before IS NULL
        THEN 1
        WHEN DATE_DIFF('DAY', latest_stop_before, start_ts) > max_gap_days
        THEN 1
        ELSE 0
      END
    ) OVER (
      PARTITION BY merge_rule, source_system, patient_id, organization_id
      ORDER BY start_ts, stop_ts, sequence, encounter_id
      ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS stay_number
  FROM ordered_encounter
), placed_encounter AS (
  SELECT
    *,
    ROW_NUMBER() OVER (
      PARTITION BY merge_rule, source_system, patient_id, organization_id, stay_number
      ORDER BY start_ts, stop_ts, sequence, encounter_id
    ) AS place_in_stay
  FROM numbered_encounter
)
SELECT
  *,
  FIRST_VALUE(encounter_id) OVER (
    PARTITION BY merge_rule, source_system, patient_id, organization_id, stay_number
    ORDER BY place_in_stay
  ) AS stay_id
FROM placed_encounter
