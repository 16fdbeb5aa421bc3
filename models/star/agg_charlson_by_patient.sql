/* One row per patient, with the Charlson score of all that is known of the patient. */
MODEL (
  name star.agg_charlson_by_patient,
  kind FULL,
  grain patient_key,
  audits (
    unique_grain(columns := patient_key),
    not_null(columns := (patient_key, cci_band)),
    references_resolve(model_col := patient_key, parent := star.dim_patient, parent_col := patient_key),
    no_fan_out(summed := 1, source := core.int_patient, source_summed := 1),
    nulls_preserved(
      model_col := source_charlson_index,
      source_col := source_charlson_index,
      source := core.int_patient
    )
  ),
  description 'Charlson index of patients from diagnoses at any time (ever), beside the index the source states.',
  column_descriptions (
    patient_key = 'Patient; joins dim_patient.',
    source_system = 'Source that delivered the patient.',
    n_diagnoses = 'Diagnoses known; NULL where none is recorded.',
    age_years = 'Age in full years the points are given for; NULL where it is unknown.',
    cci_1987 = 'Charlson index with the weights of 1987; NULL where no diagnosis is recorded in a code system that has a list for it, 0 where none counts.',
    cci_quan_2011 = 'Charlson index with the weights of Quan 2011; NULL where cci_1987 is.',
    cci_age_points = 'Age points, 0 to 4; NULL where the age is unknown.',
    cci_1987_age_adjusted = 'Index of 1987 with age points; NULL where either is unknown.',
    cci_band = 'Band of cci_1987: 0, 1-2, 3-4, 5+, or unknown.',
    source_charlson_index = 'Index as the source states it; NULL where it states none.',
    differs_from_source = '1 where the index of the source is not cci_1987, 0 where it is; NULL where one of them is missing.'
  )
);

SELECT
  patient.patient_key::BIGINT AS patient_key,
  patient.source_system::TEXT AS source_system,
  s.n_diagnoses::INT AS n_diagnoses,
  s.age_years::INT AS age_years,
  s.cci_1987::INT AS cci_1987,
  s.cci_quan_2011::INT AS cci_quan_2011,
  s.cci_age_points::INT AS cci_age_points,
  s.cci_1987_age_adjusted::INT AS cci_1987_age_adjusted,
  s.cci_band::TEXT AS cci_band,
  p.source_charlson_index::INT AS source_charlson_index,
  CASE
    WHEN p.source_charlson_index <> s.cci_1987
    THEN 1
    WHEN p.source_charlson_index = s.cci_1987
    THEN 0
  END::SMALLINT AS differs_from_source
FROM core.int_charlson_score AS s
INNER JOIN core.int_patient AS p
  ON p.source_system = s.source_system AND p.patient_id = s.subject_id
INNER JOIN star.dim_patient AS patient
  ON patient.source_system = p.source_system
  AND patient.patient_id = p.patient_id
  AND patient.is_current = 1
WHERE
  s.subject = 'patient'
