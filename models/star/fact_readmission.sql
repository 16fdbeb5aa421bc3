/* One row per admission and readmission definition. */
MODEL (
  name star.fact_readmission,
  kind FULL,
  grain (definition_code, admission_key),
  depends_on (
    reference.readmission_definition,
    star.fact_inpatient_stay,
    star.dim_diagnosis,
    star.dim_organization
  ),
  audits (
    unique_grain(columns := (definition_code, admission_key)),
    not_null(
      columns := (
        definition_code,
        admission_key,
        stay_key,
        organization_key,
        patient_key,
        patient_durable_key,
        payer_key,
        age_band_key,
        stay_type_key,
        charlson_band_key,
        drg_key,
        disposition_key,
        admit_date_key,
        discharge_date_key,
        readmission_key,
        index_diagnosis_key,
        return_diagnosis_key,
        is_index,
        exclusion_reason,
        basis
      )
    ),
    references_resolve(
      model_col := definition_code,
      parent := reference.readmission_definition,
      parent_col := definition_code
    ),
    references_resolve(model_col := stay_key, parent := star.fact_inpatient_stay, parent_col := stay_key),
    references_resolve(
      model_col := organization_key,
      parent := star.dim_organization,
      parent_col := organization_key
    ),
    references_resolve(
      model_col := index_diagnosis_key,
      parent := star.dim_diagnosis,
      parent_col := diagnosis_key
    ),
    references_resolve(
      model_col := return_diagnosis_key,
      parent := star.dim_diagnosis,
      parent_col := diagnosis_key
    ),
    accepted_values("column" := is_index, is_in := (0, 1)),
    readmission_funnel_adds_up,
    forall(
      criteria := (
        (
          is_index = 1
        ) = (
          exclusion_reason = 'eligible'
        ),
        (
          is_index = 0
        ) = (
          is_readmission IS NULL
        ),
        expected_rate BETWEEN 0 AND 1
      )
    )
  ),
  description 'For each definition: is the admission an index, why not, and did the patient come back in the window. A rate is SUM(is_readmission) / SUM(is_index).',
  column_descriptions (
    definition_code = 'Definition, R1 to R6, the variants of R6, and R8; joins dim_readmission_definition.',
    admission_key = 'Key of the admission in the definition''s unit: that of its first encounter in fact_encounter.',
    source_system = 'Source that delivered the admission.',
    organization_key = 'Organization of the admission; joins dim_organization.',
    stay_key = 'Stay that holds the admission''s first encounter; joins fact_inpatient_stay.',
    patient_key = 'Patient version on the day of admission; joins dim_patient.',
    patient_durable_key = 'Patient, whatever the version: what counts people.',
    payer_key = 'Payer of the stay; joins dim_payer.',
    age_band_key = 'Decade of age at admission of the stay; joins dim_age_band.',
    stay_type_key = 'Kind of stay; joins dim_stay_type.',
    charlson_band_key = 'Charlson band of the stay; joins dim_charlson_band.',
    drg_key = 'Diagnosis-related group of the stay; joins dim_drg.',
    disposition_key = 'Where the patient went; joins dim_discharge_disposition.',
    admit_date_key = 'Day of admission of the stay; joins dim_date.',
    discharge_date_key = 'Day of discharge of the stay; joins dim_date.',
    readmission_key = 'Admission that is the return in the window, -2 where there is none, -1 where the feed says there is one but does not hold it.',
    index_diagnosis_key = 'Reason of the admission, a chronic one before others; -1 where none is coded; joins dim_diagnosis.',
    return_diagnosis_key = 'Reason of the return in the window, -1 where none is coded, -2 where there is no return; joins dim_diagnosis.',
    age_years = 'Age at admission in full years; NULL where it is unknown. CMS counts 65 and over.',
    is_index = '1 where the admission is in the denominator, else 0.',
    exclusion_reason = 'eligible, or why the admission is in no denominator: open, undated, died, hospice, transfer, ama (against medical advice), oncology, detox, screening, no_followup, dq (the feed has no flag).',
    is_readmission = '1 where a return counts, 0 where none does; NULL where the admission is not an index.',
    is_planned_next = '1 where the return in the window is planned; NULL where there is none.',
    planned_rule_of_return = 'Why the return in the window is planned: always planned procedure, always planned diagnosis, potentially planned procedure without acute diagnosis (CMS), or elective type; NULL where it is not planned or there is none.',
    days_to_next = 'Days to the next admission of the patient in the definition''s own day count; NULL where there is none.',
    days_to_ed_visit = 'Days from discharge of the stay to the next emergency encounter; NULL where there is none.',
    days_to_followup_visit = 'Days from discharge of the stay to the first ambulatory, outpatient or wellness encounter that starts a day or more after it; NULL where there is none.',
    is_coded = '1 where the admission or its return has a coded reason, else 0.',
    is_chronic = '1 where the reason of the admission or of its return is chronic (AHRQ CCIR 1), else 0.',
    src_readmitted_30d = 'Flag of the feed: readmitted within 30 days; NULL where there is no such flag.',
    basis = 'derived: from dates of encounters; source_asserted: by a flag of the feed, which names no admission.',
    expected_rate = 'Rate that is expected of an index admission (indirect standardization within the source): that of the admissions of other patients with its kind of stay, Charlson band and age band, or, where these are fewer than 10, of any age. NULL where there are fewer than 10 others there too. NULL for a whole definition and source where fewer than 80 % of the admissions have 10 others, or where there are fewer than 10 readmissions: too few to expect anything from.'
  )
);

WITH candidate AS (
  /* One row per admission and definition that counts its unit. */
  SELECT
    d.definition_code,
    d.min_days,
    d.window_days,
    d.counts_planned,
    d.basis,
    a.*,
    CASE
      WHEN d.day_basis = 'complete_24_hours'
      THEN a.complete_days_to_next
      WHEN d.day_basis = 'source'
      THEN a.days_to_readmission
      ELSE a.calendar_days_to_next
    END AS days_to_next
  FROM reference.readmission_definition AS d
  INNER JOIN core.int_metric_input AS input
    ON input.metric_code = 'readmission'
    AND input.definition_version = d.definition_code
    AND input.is_computable = 1
  INNER JOIN core.int_admission AS a
    ON a.unit = d.unit AND a.source_system = input.source_system
  WHERE
    d.definition_code = d.counted_as
), exclusion AS (
  /* The first reason that applies, one row per excluded candidate. */
  SELECT
    c.definition_code,
    c.unit,
    c.source_system,
    c.admission_id,
    ARG_MIN(x.exclusion_reason, x.priority) AS exclusion_reason
  FROM candidate AS c
  INNER JOIN core.int_exclusion_evidence AS evidence
    ON evidence.unit = c.unit
    AND evidence.source_system = c.source_system
    AND evidence.admission_id = c.admission_id
  INNER JOIN reference.readmission_exclusion AS x
    ON x.definition_code = c.definition_code AND x.evidence = evidence.evidence
  GROUP BY
    1,
    2,
    3,
    4
), judged_candidate AS (
  SELECT
    c.*,
    COALESCE(x.exclusion_reason, 'eligible') AS exclusion_reason,
    CASE
      WHEN c.basis = 'source_asserted'
      THEN c.readmitted_flag
      WHEN c.next_admission_id IS NULL
      THEN 0
      WHEN c.days_to_next < c.min_days OR c.days_to_next > c.window_days
      THEN 0
      ELSE 1
    END AS has_return_in_window
  FROM candidate AS c
  LEFT JOIN exclusion AS x
    ON x.definition_code = c.definition_code
    AND x.unit = c.unit
    AND x.source_system = c.source_system
    AND x.admission_id = c.admission_id
), readmission AS (
  SELECT
    c.definition_code::TEXT AS definition_code,
    c.source_system::TEXT AS source_system,
    @SURROGATE_KEY(c.source_system, c.admission_id) AS admission_key,
    @SURROGATE_KEY(c.source_system, stay.stay_id) AS stay_key,
    COALESCE(@SURROGATE_KEY(c.source_system, c.organization_id), -1)::BIGINT AS organization_key,
    of_stay.patient_key::BIGINT AS patient_key,
    of_stay.patient_durable_key::BIGINT AS patient_durable_key,
    of_stay.payer_key::BIGINT AS payer_key,
    of_stay.age_band_key::BIGINT AS age_band_key,
    of_stay.stay_type_key::INT AS stay_type_key,
    of_stay.charlson_band_key::INT AS charlson_band_key,
    of_stay.drg_key::BIGINT AS drg_key,
    of_stay.disposition_key::BIGINT AS disposition_key,
    of_stay.admit_date_key::INT AS admit_date_key,
    of_stay.discharge_date_key::INT AS discharge_date_key,
    CASE
      WHEN c.has_return_in_window = 1
      THEN COALESCE(@SURROGATE_KEY(c.source_system, c.next_admission_id), -1)
      ELSE -2
    END::BIGINT AS readmission_key,
    CASE
      WHEN NOT index_reason.reason_code IS NULL
      THEN @SURROGATE_KEY(index_reason.reason_code_system, index_reason.reason_code)
      ELSE -1
    END::BIGINT AS index_diagnosis_key,
    CASE
      WHEN c.has_return_in_window = 0
      THEN -2
      WHEN NOT return_reason.reason_code IS NULL
      THEN @SURROGATE_KEY(return_reason.reason_code_system, return_reason.reason_code)
      ELSE -1
    END::BIGINT AS return_diagnosis_key,
    c.age_years::INT AS age_years,
    CASE WHEN c.exclusion_reason = 'eligible' THEN 1 ELSE 0 END::SMALLINT AS is_index,
    c.exclusion_reason::TEXT AS exclusion_reason,
    CASE
      WHEN c.exclusion_reason <> 'eligible'
      THEN NULL
      WHEN c.has_return_in_window IS NULL
      THEN NULL
      WHEN c.has_return_in_window = 0
      THEN 0
      WHEN c.counts_planned = 0 AND GREATEST(c.next_is_planned, c.next_is_hospice) = 1
      THEN 0
      ELSE 1
    END::SMALLINT AS is_readmission,
    CASE WHEN c.has_return_in_window = 1 THEN c.next_is_planned END::SMALLINT AS is_planned_next,
    CASE WHEN c.has_return_in_window = 1 THEN c.next_planned_rule END::TEXT AS planned_rule_of_return,
    c.days_to_next::INT AS days_to_next,
    ed.days_to_ed_visit::INT AS days_to_ed_visit,
    of_stay.days_to_followup_visit::INT AS days_to_followup_visit,
    CASE
      WHEN NOT index_reason.reason_code IS NULL
      OR (
        c.has_return_in_window = 1 AND NOT return_reason.reason_code IS NULL
      )
      THEN 1
      ELSE 0
    END::SMALLINT AS is_coded,
    CASE
      WHEN index_chronicity.ccir = 1
      OR (
        c.has_return_in_window = 1 AND return_chronicity.ccir = 1
      )
      THEN 1
      ELSE 0
    END::SMALLINT AS is_chronic,
    of_stay.src_readmitted_30d::SMALLINT AS src_readmitted_30d,
    c.basis::TEXT AS basis
  FROM judged_candidate AS c
  INNER JOIN core.int_stay_encounter AS stay
    ON stay.merge_rule = 'same_day'
    AND stay.source_system = c.source_system
    AND stay.encounter_id = c.admission_id
  INNER JOIN star.fact_inpatient_stay AS of_stay
    ON of_stay.stay_key = @SURROGATE_KEY(c.source_system, stay.stay_id)
  LEFT JOIN core.int_ed_return AS ed
    ON ed.source_system = c.source_system AND ed.stay_id = stay.stay_id
  LEFT JOIN core.int_admission_reason AS index_reason
    ON index_reason.unit = c.unit
    AND index_reason.source_system = c.source_system
    AND index_reason.admission_id = c.admission_id
  LEFT JOIN core.int_admission_reason AS return_reason
    ON return_reason.unit = c.unit
    AND return_reason.source_system = c.source_system
    AND return_reason.admission_id = c.next_admission_id
  LEFT JOIN reference.condition_chronicity AS index_chronicity
    ON index_chronicity.code_system = index_reason.reason_code_system
    AND index_chronicity.code = index_reason.reason_code
  LEFT JOIN reference.condition_chronicity AS return_chronicity
    ON return_chronicity.code_system = return_reason.reason_code_system
    AND return_chronicity.code = return_reason.reason_code
), compared AS (
  /* What is in the cell of an index admission, less what is in it of the patient: of the age band, and of any. */
  SELECT
    definition_code,
    admission_key,
    source_system,
    is_readmission,
    COUNT(*) OVER (
      PARTITION BY definition_code, source_system, stay_type_key, charlson_band_key, age_band_key
    ) - COUNT(*) OVER (
      PARTITION BY definition_code, source_system, stay_type_key, charlson_band_key, age_band_key, patient_durable_key
    ) AS n_of_age,
    SUM(is_readmission) OVER (
      PARTITION BY definition_code, source_system, stay_type_key, charlson_band_key, age_band_key
    ) - SUM(is_readmission) OVER (
      PARTITION BY definition_code, source_system, stay_type_key, charlson_band_key, age_band_key, patient_durable_key
    ) AS readmissions_of_age,
    COUNT(*) OVER (PARTITION BY definition_code, source_system, stay_type_key, charlson_band_key) - COUNT(*) OVER (
      PARTITION BY definition_code, source_system, stay_type_key, charlson_band_key, patient_durable_key
    ) AS n_of_any_age,
    SUM(is_readmission) OVER (PARTITION BY definition_code, source_system, stay_type_key, charlson_band_key) - SUM(is_readmission) OVER (
      PARTITION BY definition_code, source_system, stay_type_key, charlson_band_key, patient_durable_key
    ) AS readmissions_of_any_age
  FROM readmission
  WHERE
    is_index = 1 AND NOT is_readmission IS NULL
), expected AS (
  SELECT
    definition_code,
    admission_key,
    source_system,
    is_readmission,
    CASE WHEN @ENOUGH_OTHERS(n_of_age) THEN n_of_age ELSE n_of_any_age END AS n_others,
    CASE
      WHEN @ENOUGH_OTHERS(n_of_age)
      THEN readmissions_of_age
      ELSE readmissions_of_any_age
    END AS readmissions_of_others
  FROM compared
), judged_expectation AS (
  SELECT
    *,
    AVG(CASE WHEN @ENOUGH_OTHERS(n_others) THEN 1.0 ELSE 0.0 END) OVER (PARTITION BY definition_code, source_system) AS share_expected,
    SUM(is_readmission) OVER (PARTITION BY definition_code, source_system) AS n_readmissions
  FROM expected
)
SELECT
  r.*,
  CASE
    WHEN @ENOUGH_OTHERS(e.n_others)
    AND @ENOUGH_OTHERS(e.n_readmissions)
    AND e.share_expected >= 0.8
    THEN e.readmissions_of_others::DOUBLE / e.n_others
  END::DECIMAL(12, 10) AS expected_rate
FROM readmission AS r
LEFT JOIN judged_expectation AS e
  ON e.definition_code = r.definition_code AND e.admission_key = r.admission_key
