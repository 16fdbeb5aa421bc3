/* One row per procedure code and description as delivered: a code may stand for several texts, which mean different things. */
MODEL (
  name core.int_procedure_type,
  kind FULL,
  grain (code_system, procedure_code, procedure_description),
  audits (
    unique_grain(columns := (code_system, procedure_code, procedure_description)),
    not_null(
      columns := (
        code_system,
        procedure_code,
        procedure_description,
        is_oncology_tx,
        is_dialysis,
        is_cardioversion,
        is_hospice
      )
    )
  ),
  description 'Procedures by code and text, with the clinical facts that reference.clinical_text_rule reads in the text.'
);

WITH procedure_type AS (
  SELECT
    code_system,
    code AS procedure_code,
    COALESCE(text, '(no description)') AS procedure_description
  FROM input.procedure
  GROUP BY
    1,
    2,
    3
), procedure_rule AS (
  SELECT
    t.code_system,
    t.procedure_code,
    t.procedure_description,
    r.rule
  FROM procedure_type AS t
  INNER JOIN reference.clinical_text_rule AS r
    ON r.applies_to = 'procedure' AND LOWER(t.procedure_description) LIKE r.pattern
  GROUP BY
    1,
    2,
    3,
    4
)
SELECT
  t.code_system,
  t.procedure_code,
  t.procedure_description,
  MIN(r.rule) AS procedure_family,
  MAX(CASE WHEN r.rule = 'oncology_treatment' THEN 1 ELSE 0 END) AS is_oncology_tx,
  MAX(CASE WHEN r.rule = 'dialysis' THEN 1 ELSE 0 END) AS is_dialysis,
  MAX(CASE WHEN r.rule = 'cardioversion' THEN 1 ELSE 0 END) AS is_cardioversion,
  MAX(CASE WHEN r.rule = 'hospice' THEN 1 ELSE 0 END) AS is_hospice
FROM procedure_type AS t
LEFT JOIN procedure_rule AS r
  ON r.code_system = t.code_system
  AND r.procedure_code = t.procedure_code
  AND r.procedure_description = t.procedure_description
GROUP BY
  1,
  2,
  3
