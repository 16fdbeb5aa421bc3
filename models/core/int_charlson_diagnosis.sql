/* One row per stay or patient and diagnosis that its Charlson score looks at. */
MODEL (
  name core.int_charlson_diagnosis,
  kind FULL,
  grain (subject, source_system, subject_id, code_system, code),
  audits (
    unique_grain(columns := (subject, source_system, subject_id, code_system, code)),
    not_null(columns := (subject, source_system, subject_id, code_system, code, onset_date))
  ),
  description 'Diagnoses of stays as of admission, and of patients ever.'
);

SELECT
  'stay' AS subject,
  source_system,
  stay_id AS subject_id,
  code_system,
  code,
  onset_date
FROM core.int_stay_diagnosis
UNION ALL
SELECT
  'patient' AS subject,
  source_system,
  patient_id AS subject_id,
  code_system,
  code,
  MIN(onset_date) AS onset_date
FROM core.int_patient_diagnosis
GROUP BY
  1,
  2,
  3,
  4,
  5
