/* One row per patient who has laboratory results. */
MODEL (
  name star.agg_lab_by_patient,
  kind FULL,
  grain patient_key,
  audits (
    unique_grain(columns := patient_key),
    not_null(columns := (patient_key, n_results, n_unflagged, n_distinct_tests)),
    no_fan_out(summed := n_results, source := star.fact_lab_result, source_summed := 1),
    no_fan_out(summed := n_abnormal, source := star.fact_lab_result, source_summed := is_abnormal),
    no_fan_out(
      summed := n_unflagged,
      source := star.fact_lab_result,
      source_summed := CASE WHEN is_abnormal IS NULL THEN 1 ELSE 0 END
    )
  ),
  description 'Laboratory results counted by patient, at any time. A patient without results has no row: NULL in a report, not 0.',
  column_descriptions (
    patient_key = 'Patient; joins dim_patient.',
    n_results = 'Results of the patient.',
    n_abnormal = 'Abnormal results; NULL where none is flagged.',
    n_unflagged = 'Results of which the source does not say whether they are abnormal.',
    n_distinct_tests = 'Distinct tests.',
    n_abnormal_tests = 'Distinct tests with an abnormal result.',
    first_result_date_key = 'Day of the first result; joins dim_date.',
    last_result_date_key = 'Day of the last result; joins dim_date.'
  )
);

SELECT
  patient_key::BIGINT AS patient_key,
  COUNT(*)::INT AS n_results,
  SUM(is_abnormal)::INT AS n_abnormal,
  (
    COUNT(*) - COUNT(is_abnormal)
  )::INT AS n_unflagged,
  COUNT(DISTINCT lab_key)::INT AS n_distinct_tests,
  COUNT(DISTINCT CASE WHEN is_abnormal = 1 THEN lab_key END)::INT AS n_abnormal_tests,
  MIN(result_date_key)::INT AS first_result_date_key,
  MAX(result_date_key)::INT AS last_result_date_key
FROM star.fact_lab_result
GROUP BY
  1
