/* One row per encounter type code and description as delivered: a code may stand for several texts. */
MODEL (
  name core.int_encounter_type,
  kind FULL,
  grain (code_system, type_code, type_description),
  audits (
    unique_grain(columns := (code_system, type_code, type_description)),
    not_null(columns := (code_system, type_code, type_description, is_hospice, is_checkup))
  ),
  description 'Encounter types by code and text, with the rule that reference.encounter_type_rule gives the code, and whether it is a mere check-up.'
);

WITH encounter_type AS (
  SELECT
    type_code_system AS code_system,
    type_code,
    COALESCE(type_text, '(no description)') AS type_description
  FROM input.encounter
  WHERE
    NOT type_code IS NULL
  GROUP BY
    1,
    2,
    3
)
SELECT
  t.code_system,
  t.type_code,
  t.type_description,
  MIN(planned.rule) AS planned_rule,
  MAX(CASE WHEN planned.is_checkup = 1 THEN 1 ELSE 0 END) AS is_checkup,
  MAX(CASE WHEN text_rule.rule = 'hospice' THEN 1 ELSE 0 END) AS is_hospice
FROM encounter_type AS t
LEFT JOIN reference.encounter_type_rule AS planned
  ON planned.code_system = t.code_system AND planned.code = t.type_code
LEFT JOIN reference.clinical_text_rule AS text_rule
  ON text_rule.applies_to = 'encounter_type'
  AND LOWER(t.type_description) LIKE text_rule.pattern
GROUP BY
  1,
  2,
  3
