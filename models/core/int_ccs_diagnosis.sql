/* One row per delivered diagnosis code that the clinical classification (CCS) knows. */
MODEL (
  name core.int_ccs_diagnosis,
  kind FULL,
  grain (code_system, code),
  audits (
    unique_grain(columns := (code_system, code)),
    not_null(columns := (code_system, code, is_acute, is_always_planned))
  ),
  description 'What the planned readmission algorithm of CMS says of a diagnosis: its category of CCS, whether it is acute (PR4) or makes a stay planned by itself (PR2), and the cohort of the hospital-wide measure. Of ICD-10-CM codes the longest prefix decides.'
);

WITH snomed_diagnosis AS (
  SELECT
    d.code_system,
    d.code,
    r.ccs_category,
    r.is_acute
  FROM core.int_diagnosis AS d
  INNER JOIN reference.snomed_reason AS r
    ON r.code_system = d.code_system AND r.code = d.code
), icd10_code AS (
  SELECT
    code_system,
    code,
    REPLACE(UPPER(code), '.', '') AS plain_code
  FROM core.int_diagnosis
  WHERE
    code_system = 'ICD-10-CM'
), icd10_category AS (
  SELECT
    c.code_system,
    c.code,
    c.plain_code,
    ARG_MAX(p.ccs_category, LENGTH(p.code_prefix)) AS ccs_category
  FROM icd10_code AS c
  INNER JOIN reference.icd10_category AS p
    ON SUBSTRING(p.code_prefix, 1, 3) = SUBSTRING(c.plain_code, 1, 3)
    AND c.plain_code LIKE p.code_prefix || '%'
  GROUP BY
    1,
    2,
    3
), icd10_acute AS (
  SELECT
    c.code_system,
    c.code,
    ARG_MAX(p.is_acute, LENGTH(p.code_prefix)) AS is_acute
  FROM icd10_code AS c
  INNER JOIN reference.icd10_acute AS p
    ON SUBSTRING(p.code_prefix, 1, 3) = SUBSTRING(c.plain_code, 1, 3)
    AND c.plain_code LIKE p.code_prefix || '%'
    AND p.seventh_character = CASE WHEN LENGTH(c.plain_code) = 7 THEN SUBSTRING(c.plain_code, 7, 1) ELSE '-' END
  GROUP BY
    1,
    2
), classified_diagnosis AS (
  SELECT
    code_system,
    code,
    ccs_category,
    is_acute
  FROM snomed_diagnosis
  UNION ALL
  SELECT
    c.code_system,
    c.code,
    c.ccs_category,
    CASE WHEN a.is_acute = 1 OR NOT whole.ccs_category IS NULL THEN 1 ELSE 0 END AS is_acute
  FROM icd10_category AS c
  LEFT JOIN icd10_acute AS a
    ON a.code_system = c.code_system AND a.code = c.code
  LEFT JOIN reference.planned_category AS whole
    ON whole.rule_set = 'PR4' AND whole.ccs_category = c.ccs_category
)
SELECT
  d.code_system,
  d.code,
  d.ccs_category,
  d.is_acute,
  CASE WHEN always.ccs_category IS NULL THEN 0 ELSE 1 END AS is_always_planned,
  cohort.set_name AS hwr_cohort,
  exclusion.set_name AS hwr_exclusion
FROM classified_diagnosis AS d
LEFT JOIN reference.planned_category AS always
  ON always.rule_set = 'PR2' AND always.ccs_category = d.ccs_category
LEFT JOIN reference.planned_category AS cohort
  ON cohort.rule_set = 'cohort'
  AND cohort.ccs_kind = 'diagnosis'
  AND cohort.ccs_category = d.ccs_category
LEFT JOIN reference.planned_category AS exclusion
  ON exclusion.rule_set = 'exclusion' AND exclusion.ccs_category = d.ccs_category
