/* One row per admission and unit of counting that has a coded reason, with the one that stands for it. */
MODEL (
  name core.int_admission_reason,
  kind FULL,
  grain (unit, source_system, admission_id),
  depends_on (
    core.int_admission
  ),
  audits (
    unique_grain(columns := (unit, source_system, admission_id)),
    not_null(columns := (unit, source_system, admission_id, reason_code)),
    references_resolve_in_source(model_col := admission_id, parent := core.int_admission, parent_col := admission_id)
  ),
  description 'The reason of an admission: of the reasons of its encounters a chronic one first, then the earliest. An admission without any coded reason has no row.'
);

WITH encounter_of_admission AS (
  SELECT
    'encounter' AS unit,
    source_system,
    encounter_id AS admission_id,
    encounter_id,
    1 AS place_in_stay
  FROM core.int_inpatient_encounter
  UNION ALL
  SELECT
    merge_rule AS unit,
    source_system,
    stay_id AS admission_id,
    encounter_id,
    place_in_stay
  FROM core.int_stay_encounter
), ranked_reason AS (
  SELECT
    a.unit,
    a.source_system,
    a.admission_id,
    e.reason_code_system,
    e.reason_code,
    ROW_NUMBER() OVER (
      PARTITION BY a.unit, a.source_system, a.admission_id
      ORDER BY CASE WHEN c.ccir = 1 THEN 0 ELSE 1 END, a.place_in_stay
    ) AS reason_rank
  FROM encounter_of_admission AS a
  INNER JOIN core.int_encounter AS e
    ON e.source_system = a.source_system AND e.encounter_id = a.encounter_id
  LEFT JOIN reference.condition_chronicity AS c
    ON c.code_system = e.reason_code_system AND c.code = e.reason_code
  WHERE
    NOT e.reason_code IS NULL
)
SELECT
  unit,
  source_system,
  admission_id,
  reason_code_system,
  reason_code
FROM ranked_reason
WHERE
  reason_rank = 1
