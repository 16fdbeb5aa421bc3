/* One row per stay or patient and Charlson category it has, and whether the category counts. */
MODEL (
  name core.int_charlson_category,
  kind FULL,
  grain (subject, source_system, subject_id, category_key),
  audits (
    unique_grain(columns := (subject, source_system, subject_id, category_key)),
    not_null(columns := (subject, source_system, subject_id, category_key, is_counted)),
    hierarchy_is_applied(parent_key := subject || '|' || source_system || '|' || subject_id)
  ),
  description 'Charlson categories after the hierarchy: a severe form keeps the mild form of the same disease from counting (liver, diabetes, cancer). A category counts once, however many codes name it.'
);

WITH found_category AS (
  SELECT
    d.subject,
    d.source_system,
    d.subject_id,
    m.category_key,
    MIN(d.onset_date) AS first_onset_date
  FROM core.int_charlson_diagnosis AS d
  INNER JOIN core.int_diagnosis_category AS m
    ON m.code_system = d.code_system AND m.code = d.code
  GROUP BY
    1,
    2,
    3,
    4
)
SELECT
  f.subject,
  f.source_system,
  f.subject_id,
  f.category_key,
  f.first_onset_date,
  c.weight_charlson_1987 AS weight_1987,
  c.weight_quan_2011 AS weight_2011,
  c.hierarchy_group,
  CASE
    WHEN NOT c.hierarchy_group IS NULL
    AND c.hierarchy_rank < MAX(c.hierarchy_rank) OVER (PARTITION BY f.subject, f.source_system, f.subject_id, c.hierarchy_group)
    THEN 0
    ELSE 1
  END AS is_counted
FROM found_category AS f
INNER JOIN reference.charlson_category AS c
  ON c.category_key = f.category_key
