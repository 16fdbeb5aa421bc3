/* One row per diagnosis and Charlson category it belongs to: a code may belong to two. */
MODEL (
  name core.int_diagnosis_category,
  kind FULL,
  grain (code_system, code, category_key),
  audits (
    unique_grain(columns := (code_system, code, category_key)),
    not_null(columns := (code_system, code, category_key))
  ),
  description 'Diagnoses matched to reference.charlson: ICD codes by how they begin, without dots and in upper case; SNOMED CT codes and texts whole. The code system is part of the match: V43.4 means two things in ICD-9-CM and ICD-10.'
);

WITH normal_diagnosis AS (
  SELECT
    code_system,
    code,
    CASE
      WHEN code_system = 'TEXT'
      THEN REPLACE(LOWER(TRIM(code)), '_', ' ')
      ELSE REGEXP_REPLACE(UPPER(code), '[^A-Z0-9]', '', 'g')
    END AS normal_code
  FROM core.int_diagnosis
)
SELECT
  d.code_system,
  d.code,
  c.category_key
FROM normal_diagnosis AS d
INNER JOIN reference.charlson AS c
  ON c.code_system = d.code_system
  AND c.include_default = 1
  AND (
    (
      c.match_type = 'prefix' AND STARTS_WITH(d.normal_code, c.code_prefix)
    )
    OR (
      c.match_type <> 'prefix' AND d.normal_code = c.code_prefix
    )
  )
GROUP BY
  1,
  2,
  3
