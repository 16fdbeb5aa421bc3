/* One row per admission and readmission definition. */
MODEL (
  name star.fact_readmission,
  kind FULL,
  grain (definition_code, admission_key),
  depends_on (
    star.dim_readmission_definition,
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
      parent := star.dim_readmission_definition,
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
        )
      )
    )
  ),
  description 'For each definition: is the admission an index, why not, and did the patient come back in the window. A rate is SUM(is_readmission) / SUM(is_index).',
  column_descriptions (
    definition_code = 'Definition, R1 to R6, the variants of R6, and R8; joins dim_readmission_definition.',
    admission_key = 'Key of the admission in the definitions unit: that of its first encounter in fact_encounter.',
    source_system = 'Source that delivered the admission.',
    organization_key = 'Organization of the admission; joins dim_organization.',
    stay_key = 'Stay that holds the admissions first encounter; joins fact_inpatient_stay.',
    readmission_key = 'Admission that is the return in the window, -2 where there is none, -1 where the feed says there is one but does not hold it.',
    index_diagnosis_key = 'Reason of the admission, a chronic one before others; -1 where none is coded; joins dim_diagnosis.',
    return_diagnosis_key = 'Reason of the return in the window, -1 where none is coded, -2 where there is no return; joins dim_diagnosis.',
    age_years = 'Age at admission in full years; NULL where it is unknown. CMS counts 65 and over.',
    is_index = '1 where the admission is in the denominator, else 0.',
    exclusion_reason = 'eligible, or why the admission is in no denominator: open, undated, died, hospice, transfer, ama (against medical advice), oncology, detox, screening, no_followup, dq (the feed has no flag).',
    is_readmission = '1 where a return counts, 0 where none does; NULL where the admission is no index.',
    is_planned_next = '1 where the return in the window is planned; NULL where there is none.',
    planned_rule_of_return = 'Why the return in the window is planned: always planned procedure, always planned diagnosis, potentially planned procedure without acute diagnosis (CMS), or elective type; NULL where it is not planned or there is none.',
    days_to_next = 'Days to the next admission of the patient in the definitions own day count; NULL where there is none.',
    basis = 'derived: from dates of encounters; source_asserted: by a flag of the feed, which names no admission.'
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
)
SELECT
  c.definition_code::TEXT AS definition_code,
  c.source_system::TEXT AS source_system,
  @SURROGATE_KEY(c.source_system, c.admission_id) AS admission_key,
  @SURROGATE_KEY(c.source_system, stay.stay_id) AS stay_key,
  COALESCE(@SURROGATE_KEY(c.source_system, c.organization_id), -1)::BIGINT AS organization_key,
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
  c.basis::TEXT AS basis
FROM judged_candidate AS c
INNER JOIN core.int_stay_encounter AS stay
  ON stay.merge_rule = 'same_day'
  AND stay.source_system = c.source_system
  AND stay.encounter_id = c.admission_id
LEFT JOIN core.int_admission_reason AS index_reason
  ON index_reason.unit = c.unit
  AND index_reason.source_system = c.source_system
  AND index_reason.admission_id = c.admission_id
LEFT JOIN core.int_admission_reason AS return_reason
  ON return_reason.unit = c.unit
  AND return_reason.source_system = c.source_system
  AND return_reason.admission_id = c.next_admission_id
