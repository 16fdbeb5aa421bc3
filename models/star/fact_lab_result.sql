/* One row per laboratory result. */
MODEL (
  name star.fact_lab_result,
  kind FULL,
  grain (source_system, result_id),
  depends_on (star.dim_date, star.dim_organization),
  audits (
    unique_grain(columns := (source_system, result_id)),
    not_null(
      columns := (
        source_system,
        result_id,
        patient_key,
        stay_key,
        organization_key,
        lab_key,
        result_date_key,
        is_within_stay
      )
    ),
    references_resolve(model_col := patient_key, parent := star.dim_patient, parent_col := patient_key),
    references_resolve(
      model_col := organization_key,
      parent := star.dim_organization,
      parent_col := organization_key
    ),
    references_resolve(model_col := lab_key, parent := star.dim_lab_test, parent_col := lab_key),
    references_resolve(model_col := result_date_key, parent := star.dim_date, parent_col := date_key),
    no_fan_out(summed := 1, source := input.lab_result, source_summed := 1),
    nulls_preserved(model_col := is_abnormal, source_col := is_abnormal, source := input.lab_result),
    nulls_preserved(model_col := value_num, source_col := value_num, source := input.lab_result)
  ),
  description 'Laboratory results. A result belongs to the stay whose days include its day, and where stays at two organizations share that day, to the one admitted last. A result without a day belongs to the stay of its encounter.',
  column_descriptions (
    source_system = 'Source that delivered the result.',
    result_id = 'Number of the record in the delivery: no source has an id of its own.',
    patient_key = 'Patient; joins dim_patient.',
    stay_key = 'Stay whose days, admission and discharge included, hold the day of the result, -2 where none does; joins fact_inpatient_stay.',
    organization_key = 'Organization of its encounter, else of its stay, else the only one of the source; -1 where that is not known; joins dim_organization.',
    lab_key = 'Test; joins dim_lab_test.',
    result_date_key = 'Day of the result; joins dim_date.',
    value_num = 'Value as a number, to six decimals; NULL where it is not a number or not recorded.',
    value_text = 'Value as text where it is not a number; else NULL.',
    reference_low = 'Lower end of the reference range of the result; NULL where not delivered.',
    reference_high = 'Upper end of the reference range of the result; NULL where not delivered.',
    flag = 'Flag as delivered; NULL where there is none.',
    is_abnormal = '1 for abnormal, 0 for normal; NULL where the source does not say, which is not normal.',
    is_within_stay = '1 where the result falls to a stay, else 0.'
  )
);

WITH dated_stay AS (
  /* One row per result that falls into a stay by its day. */
  SELECT
    r.source_system,
    r.result_id,
    ARG_MAX(stay.stay_key, (stay.admit_ts, stay.stay_key)) AS stay_key
  FROM input.lab_result AS r
  INNER JOIN star.dim_patient AS patient
    ON patient.source_system = r.source_system AND patient.patient_id = r.patient_id
  INNER JOIN star.fact_inpatient_stay AS stay
    ON stay.patient_key = patient.patient_key
    AND r.result_date >= stay.admit_ts::DATE
    AND r.result_date <= COALESCE(stay.discharge_ts::DATE, '9999-12-31'::DATE)
  GROUP BY
    1,
    2
), placed_result AS (
  SELECT
    r.*,
    COALESCE(dated.stay_key, @SURROGATE_KEY(undated.source_system, undated.stay_id)) AS stay_key,
    encounter.organization_key AS encounter_organization_key
  FROM input.lab_result AS r
  LEFT JOIN dated_stay AS dated
    ON dated.source_system = r.source_system AND dated.result_id = r.result_id
  LEFT JOIN core.int_stay_encounter AS undated
    ON undated.merge_rule = 'same_day'
    AND undated.source_system = r.source_system
    AND undated.encounter_id = CASE WHEN r.result_date IS NULL THEN r.encounter_id END
  LEFT JOIN star.fact_encounter AS encounter
    ON encounter.source_system = r.source_system
    AND encounter.encounter_id = r.encounter_id
)
SELECT
  r.source_system::TEXT AS source_system,
  r.result_id::BIGINT AS result_id,
  @MEMBER_KEY(patient.patient_key, r.patient_id)::BIGINT AS patient_key,
  COALESCE(r.stay_key, -2)::BIGINT AS stay_key,
  COALESCE(
    r.encounter_organization_key,
    stay.organization_key,
    @SURROGATE_KEY(feed.source_system, feed.sole_organization_id),
    -1
  )::BIGINT AS organization_key,
  @MEMBER_KEY(test.lab_key, r.code)::BIGINT AS lab_key,
  @DATE_KEY(r.result_date, -1)::INT AS result_date_key,
  r.value_num::DECIMAL(18, 6) AS value_num,
  r.value_text::TEXT AS value_text,
  r.reference_low::DECIMAL(18, 6) AS reference_low,
  r.reference_high::DECIMAL(18, 6) AS reference_high,
  r.flag::TEXT AS flag,
  r.is_abnormal::SMALLINT AS is_abnormal,
  CASE WHEN r.stay_key IS NULL THEN 0 ELSE 1 END::SMALLINT AS is_within_stay
FROM placed_result AS r
INNER JOIN core.int_feed AS feed
  ON feed.source_system = r.source_system
LEFT JOIN star.fact_inpatient_stay AS stay
  ON stay.stay_key = r.stay_key
LEFT JOIN star.dim_patient AS patient
  ON patient.source_system = r.source_system
  AND patient.patient_id = r.patient_id
  AND @VERSION_DAY(r.result_date) BETWEEN patient.valid_from AND patient.valid_to
LEFT JOIN star.dim_lab_test AS test
  ON test.source_system = r.source_system
  AND test.test_code = r.code
  AND test.test_name = r.text
  AND test.unit = r.unit
