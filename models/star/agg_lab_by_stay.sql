/* One row per stay whose patient has laboratory results. */
MODEL (
  name star.agg_lab_by_stay,
  kind FULL,
  grain stay_key,
  audits (
    unique_grain(columns := stay_key),
    not_null(columns := (stay_key, n_results_any_time)),
    references_resolve(model_col := stay_key, parent := star.fact_inpatient_stay, parent_col := stay_key),
    no_fan_out(
      summed := n_results,
      source := star.fact_lab_result,
      source_summed := NULLIF(is_within_stay, 0)
    ),
    no_fan_out(
      summed := n_abnormal,
      source := star.fact_lab_result,
      source_summed := is_abnormal,
      source_filter := is_within_stay = 1
    ),
    no_fan_out(
      summed := n_unflagged,
      source := star.fact_lab_result,
      source_summed := CASE WHEN is_abnormal IS NULL THEN 1 ELSE 0 END,
      source_filter := is_within_stay = 1
    )
  ),
  description 'Laboratory results counted by stay, so that nothing joins results to stays. A stay without results in it has NULL, not 0; one whose patient has none at any time has no row. Results at any time include those after discharge, which follow from the outcome: they do not predict it.',
  column_descriptions (
    stay_key = 'Stay; joins fact_inpatient_stay.',
    n_results = 'Results within the stay; NULL where there are none.',
    n_abnormal = 'Abnormal results within the stay; NULL where there are none, or none is flagged.',
    n_unflagged = 'Results within the stay of which the source does not say whether they are abnormal; NULL where there are no results.',
    n_distinct_tests = 'Distinct tests within the stay; NULL where there are none.',
    n_abnormal_tests = 'Distinct tests with an abnormal result within the stay; NULL where there are no results.',
    n_results_any_time = 'Results of the patient at any time.',
    n_abnormal_any_time = 'Abnormal results of the patient at any time; NULL where none is flagged.',
    n_unflagged_any_time = 'Results of the patient at any time of which the source does not say whether they are abnormal.'
  )
);

WITH within_stay AS (
  SELECT
    r.stay_key,
    COUNT(*) AS n_results,
    SUM(r.is_abnormal) AS n_abnormal,
    COUNT(*) - COUNT(r.is_abnormal) AS n_unflagged,
    COUNT(DISTINCT r.lab_key) AS n_distinct_tests,
    COUNT(DISTINCT CASE WHEN r.is_abnormal = 1 THEN r.lab_key END) AS n_abnormal_tests
  FROM star.fact_lab_result AS r
  WHERE
    r.is_within_stay = 1
  GROUP BY
    1
)
SELECT
  stay.stay_key::BIGINT AS stay_key,
  w.n_results::INT AS n_results,
  w.n_abnormal::INT AS n_abnormal,
  w.n_unflagged::INT AS n_unflagged,
  w.n_distinct_tests::INT AS n_distinct_tests,
  w.n_abnormal_tests::INT AS n_abnormal_tests,
  p.n_results::INT AS n_results_any_time,
  p.n_abnormal::INT AS n_abnormal_any_time,
  p.n_unflagged::INT AS n_unflagged_any_time
FROM star.fact_inpatient_stay AS stay
INNER JOIN star.agg_lab_by_patient AS p
  ON p.patient_key = stay.patient_key
LEFT JOIN within_stay AS w
  ON w.stay_key = stay.stay_key
