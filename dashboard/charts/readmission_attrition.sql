-- One row per source, definition, step of its funnel that takes any out, and what is left or taken out.
WITH funnel AS (
  SELECT
    a.source_system,
    a.definition_code,
    d.definition_label AS rate,
    a.step,
    CASE a.reason
      WHEN 'open'
      THEN 'still open'
      WHEN 'died'
      THEN 'died in the stay'
      WHEN 'no_followup'
      THEN 'no 30 days of follow-up'
      WHEN 'undated'
      THEN 'no day of admission'
      WHEN 'transfer'
      THEN 'handed on to another hospital'
      WHEN 'ama'
      THEN 'left against medical advice'
      WHEN 'oncology'
      THEN 'cancer treatment'
      WHEN 'detox'
      THEN 'detoxification'
      WHEN 'dq'
      THEN 'not flagged by the feed'
      ELSE REPLACE(a.reason, '_', ' ')
    END AS reason,
    CASE WHEN a.step IN (0, 98, 99) THEN a.n_admissions ELSE a.n_left END AS n_left,
    CASE WHEN a.step IN (0, 98, 99) THEN 0 ELSE a.n_admissions END AS n_out,
    a.n_admissions,
    a.n_patients,
    a.share_of_admissions,
    a.basis
  FROM serving.v_readmission_attrition AS a
  INNER JOIN serving.dim_readmission_definition AS d
    ON d.definition_code = a.definition_code
  WHERE
    a.n_admissions > 0 OR a.step IN (0, 98, 99)
), step_part AS (
  SELECT f.*, 'left' AS part, f.n_left AS amount FROM funnel AS f
  UNION ALL
  SELECT f.*, 'taken out', f.n_out FROM funnel AS f
)
SELECT
  source_system,
  rate,
  step,
  reason,
  part,
  amount,
  n_admissions,
  n_left,
  n_patients,
  share_of_admissions,
  basis
FROM step_part
ORDER BY
  source_system,
  CASE definition_code WHEN 'R6' THEN 1 WHEN 'R8' THEN 2 ELSE 3 END,
  definition_code,
  step,
  part
