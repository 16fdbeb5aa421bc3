/* One row per diagnosis code that any source delivered. */
MODEL (
  name core.int_diagnosis,
  kind FULL,
  grain (code_system, code),
  audits (
    unique_grain(columns := (code_system, code)),
    not_null(columns := (code_system, code, is_cancer)),
    codes_have_the_form_of_their_system()
  ),
  depends_on (
    reference.code_system
  ),
  description 'Reasons of encounters, procedures and prescriptions, and conditions, by code system and code; where a code came with several texts, the most frequent one.'
);

WITH delivered_diagnosis AS (
  SELECT
    reason_code_system AS code_system,
    reason_code AS code,
    reason_text AS description
  FROM input.encounter
  UNION ALL
  SELECT
    reason_code_system AS code_system,
    reason_code AS code,
    reason_text AS description
  FROM input.procedure
  UNION ALL
  SELECT
    indication_code_system AS code_system,
    indication_code AS code,
    indication AS description
  FROM input.medication
  UNION ALL
  SELECT
    code_system,
    code,
    text AS description
  FROM input.condition
  WHERE
    code_system <> 'none'
), diagnosis_text AS (
  SELECT
    code_system,
    code,
    description,
    COUNT(*) AS times_delivered
  FROM delivered_diagnosis
  WHERE
    NOT code IS NULL
  GROUP BY
    1,
    2,
    3
), ranked_text AS (
  SELECT
    code_system,
    code,
    description,
    ROW_NUMBER() OVER (
      PARTITION BY code_system, code
      ORDER BY CASE WHEN description IS NULL THEN 1 ELSE 0 END, times_delivered DESC, description
    ) AS text_rank
  FROM diagnosis_text
)
SELECT
  d.code_system,
  d.code,
  d.description,
  MAX(CASE WHEN r.rule = 'cancer' THEN 1 ELSE 0 END) AS is_cancer
FROM ranked_text AS d
LEFT JOIN reference.clinical_text_rule AS r
  ON r.applies_to = 'diagnosis' AND LOWER(d.description) LIKE r.pattern
WHERE
  d.text_rank = 1
GROUP BY
  1,
  2,
  3
