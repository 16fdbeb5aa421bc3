-- One row per source, readmission rate and reason of the return, the twelve most frequent.
WITH ranked_reason AS (
  SELECT
    r.source_system,
    r.definition_code,
    d.definition_label,
    r.reason,
    r.chronicity,
    r.n_readmissions,
    r.n_patients,
    r.n_planned,
    r.share_of_readmissions,
    ROW_NUMBER() OVER (PARTITION BY r.source_system, r.definition_code ORDER BY r.n_readmissions DESC, r.reason) AS reason_rank
  FROM serving.v_readmission_reasons AS r
  INNER JOIN serving.dim_readmission_definition AS d
    ON d.definition_code = r.definition_code
  WHERE
    r.definition_code IN ('R3', 'R5', 'R6')
)
SELECT
  source_system,
  definition_label AS rate,
  REPLACE(reason, ' (disorder)', '') AS reason,
  chronicity,
  n_readmissions,
  n_patients,
  n_planned,
  share_of_readmissions
FROM ranked_reason
WHERE
  reason_rank <= 12
ORDER BY
  source_system,
  definition_code DESC,
  reason_rank
