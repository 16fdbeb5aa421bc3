/* One row per stay, and one per patient: what a Charlson score is worked out for. */
MODEL (
  name core.int_charlson_subject,
  kind FULL,
  grain (subject, source_system, subject_id),
  audits (
    unique_grain(columns := (subject, source_system, subject_id)),
    not_null(columns := (subject, source_system, subject_id))
  ),
  description 'Stays with the age at admission; patients with the age the source states, or else at death or at the end of the records of the source.'
);

SELECT
  'stay' AS subject,
  source_system,
  stay_id AS subject_id,
  age_years
FROM core.int_merged_stay
WHERE
  merge_rule = 'same_day'
UNION ALL
SELECT
  'patient' AS subject,
  p.source_system,
  p.patient_id AS subject_id,
  COALESCE(
    @AGE_YEARS(p.birth_date, COALESCE(p.death_date, observed.observed_until)),
    p.source_age_years
  ) AS age_years
FROM core.int_patient AS p
LEFT JOIN core.int_observed_period AS observed
  ON observed.source_system = p.source_system
