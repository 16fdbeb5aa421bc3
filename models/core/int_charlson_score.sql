/* One row per stay or patient, with its Charlson score. */
MODEL (
  name core.int_charlson_score,
  kind FULL,
  grain (subject, source_system, subject_id),
  audits (
    unique_grain(columns := (subject, source_system, subject_id)),
    not_null(columns := (subject, source_system, subject_id, cci_band)),
    no_fan_out(summed := 1, source := core.int_charlson_subject, source_summed := 1),
    forall(criteria := (cci_1987 BETWEEN 0 AND 29, cci_quan_2011 BETWEEN 0 AND 24))
  ),
  description 'Charlson index with the weights of 1987 and of Quan 2011. No diagnosis recorded, or none in a code system that reference.charlson lists: NULL. Diagnoses, but none that counts: 0. Age points go to the 1987 score alone; without an age the adjusted score is NULL.'
);

WITH recorded AS (
  SELECT
    subject,
    source_system,
    subject_id,
    COUNT(*) AS n_diagnoses,
    COUNT(
      CASE
        WHEN code_system IN (
          SELECT
            code_system
          FROM reference.charlson
        )
        THEN 1
      END
    ) AS n_listed
  FROM core.int_charlson_diagnosis
  GROUP BY
    1,
    2,
    3
), scored AS (
  SELECT
    subject,
    source_system,
    subject_id,
    SUM(weight_1987 * is_counted) AS cci_1987,
    SUM(weight_2011 * is_counted) AS cci_quan_2011
  FROM core.int_charlson_category
  GROUP BY
    1,
    2,
    3
), joined AS (
  SELECT
    s.subject,
    s.source_system,
    s.subject_id,
    s.age_years,
    r.n_diagnoses,
    CASE WHEN r.n_listed > 0 THEN COALESCE(scored.cci_1987, 0) END AS cci_1987,
    CASE WHEN r.n_listed > 0 THEN COALESCE(scored.cci_quan_2011, 0) END AS cci_quan_2011,
    age.age_points AS cci_age_points
  FROM core.int_charlson_subject AS s
  LEFT JOIN recorded AS r
    ON r.subject = s.subject
    AND r.source_system = s.source_system
    AND r.subject_id = s.subject_id
  LEFT JOIN scored
    ON scored.subject = s.subject
    AND scored.source_system = s.source_system
    AND scored.subject_id = s.subject_id
  LEFT JOIN reference.charlson_age_points AS age
    ON @IN_BAND(s.age_years, age.min_age, age.max_age)
)
SELECT
  j.subject,
  j.source_system,
  j.subject_id,
  j.age_years,
  j.n_diagnoses,
  j.cci_1987,
  j.cci_quan_2011,
  j.cci_age_points,
  j.cci_1987 + j.cci_age_points AS cci_1987_age_adjusted,
  band.cci_band
FROM joined AS j
LEFT JOIN reference.charlson_band AS band
  ON @IN_BAND(j.cci_1987, band.min_index, band.max_index)
