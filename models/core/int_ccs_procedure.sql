/* One row per procedure code and description as delivered that the planned readmission algorithm knows. */
MODEL (
  name core.int_ccs_procedure,
  kind FULL,
  grain (code_system, procedure_code, procedure_description),
  audits (
    unique_grain(columns := (code_system, procedure_code, procedure_description)),
    not_null(
      columns := (code_system, procedure_code, procedure_description, planned_category, is_surgery)
    )
  ),
  description 'What the planned readmission algorithm of CMS says of a procedure: by its code and text, else by its code where all texts of the code agree. Chemotherapy and radiotherapy of a code that no list has are potentially planned by their text, as CMS has both (CCS 224 and 211). ICD-10-PCS codes go by their longest prefix.'
);

WITH unanimous_code AS (
  SELECT
    code_system,
    code,
    MIN(planned_category) AS planned_category,
    MIN(in_surgery_cohort) AS is_surgery
  FROM reference.snomed_procedure
  GROUP BY
    1,
    2
  HAVING
    COUNT(DISTINCT planned_category) = 1 AND COUNT(DISTINCT in_surgery_cohort) = 1
), longest_prefix AS (
  SELECT
    t.code_system,
    t.procedure_code,
    t.procedure_description,
    ARG_MAX(p.planned_category, LENGTH(p.code_prefix)) AS planned_category,
    ARG_MAX(p.in_surgery_cohort, LENGTH(p.code_prefix)) AS is_surgery
  FROM core.int_procedure_type AS t
  INNER JOIN reference.icd10_procedure AS p
    ON t.code_system = 'ICD-10-PCS'
    AND SUBSTRING(p.code_prefix, 1, 3) = SUBSTRING(UPPER(t.procedure_code), 1, 3)
    AND UPPER(t.procedure_code) LIKE p.code_prefix || '%'
  GROUP BY
    1,
    2,
    3
), judged_procedure AS (
  SELECT
    t.code_system,
    t.procedure_code,
    t.procedure_description,
    COALESCE(
      exact.planned_category,
      code.planned_category,
      icd10.planned_category,
      CASE WHEN t.is_oncology_tx = 1 THEN 'potentially_planned' END
    ) AS planned_category,
    COALESCE(
      exact.in_surgery_cohort,
      code.is_surgery,
      icd10.is_surgery,
      CASE WHEN t.is_oncology_tx = 1 THEN 0 END
    ) AS is_surgery
  FROM core.int_procedure_type AS t
  LEFT JOIN reference.snomed_procedure AS exact
    ON exact.code_system = t.code_system
    AND exact.code = t.procedure_code
    AND exact.text = t.procedure_description
  LEFT JOIN unanimous_code AS code
    ON code.code_system = t.code_system AND code.code = t.procedure_code
  LEFT JOIN longest_prefix AS icd10
    ON icd10.code_system = t.code_system
    AND icd10.procedure_code = t.procedure_code
    AND icd10.procedure_description = t.procedure_description
)
SELECT
  code_system,
  procedure_code,
  procedure_description,
  planned_category,
  is_surgery
FROM judged_procedure
WHERE
  NOT planned_category IS NULL
