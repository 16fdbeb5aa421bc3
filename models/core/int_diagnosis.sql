/* One row per diagnosis code that any source delivered. */
MODEL (
  name core.int_diagnosis,
  kind FULL,
  grain (code_system, code),
  audits (
    unique_grain(columns := (code_system, code)),
    not_null(columns := (code_system, code, is_cancer))
  ),
  description 'Reason codes of encounters and procedures; where a code came with several texts, the most frequent one.'
);

WITH delivered_diagnosis AS (
  SELECT
    reason_code,
    reason_description
  FROM staging.stg_synthea__encounters
  UNION ALL
  SELECT
    reason_code,
    reason_description
  FROM staging.stg_synthea__procedures
), diagnosis_text AS (
  SELECT
    reason_code,
    reason_description,
    COUNT(*) AS times_delivered
  FROM delivered_diagnosis
  WHERE
    NOT reason_code IS NULL
  GROUP BY
    1,
    2
), ranked_text AS (
  SELECT
    reason_code,
    reason_description,
    ROW_NUMBER() OVER (PARTITION BY reason_code ORDER BY times_delivered DESC, reason_description) AS text_rank
  FROM diagnosis_text
)
SELECT
  'SNOMED CT' AS code_system,
  d.reason_code AS code,
  d.reason_description AS description,
  MAX(CASE WHEN r.rule = 'cancer' THEN 1 ELSE 0 END) AS is_cancer
FROM ranked_text AS d
LEFT JOIN reference.clinical_text_rule AS r
  ON r.applies_to = 'diagnosis' AND LOWER(d.reason_description) LIKE r.pattern
WHERE
  d.text_rank = 1
GROUP BY
  1,
  2,
  3
