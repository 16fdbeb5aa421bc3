/* One row per condition of an OMOP feed. */
MODEL (
  name staging.stg_omop__condition_occurrence,
  kind FULL,
  grain (source_system, condition_occurrence_id),
  depends_on (quarantine.omop__condition_occurrence, staging.stg_omop__person),
  audits (
    unique_grain(columns := (source_system, condition_occurrence_id)),
    not_null(
      columns := (
        source_system,
        condition_occurrence_id,
        person_id,
        condition_code_system,
        condition_code
      )
    ),
    rows_preserved(
      source := raw.omop__condition_occurrence,
      quarantine := quarantine.omop__condition_occurrence
    ),
    references_resolve_in_source(model_col := person_id, parent := staging.stg_omop__person, parent_col := person_id),
    nulls_preserved(
      model_col := abated_date,
      source_col := condition_end_date,
      source := raw.omop__condition_occurrence,
      source_filter := violation IS NULL
    ),
    no_fill_dates(columns := (onset_date, abated_date))
  ),
  description 'Conditions as delivered, typed and cleaned; nothing dropped but what quarantine holds.'
);

SELECT
  c.source_system,
  @INTEGER_CODE(c.condition_occurrence_id) AS condition_occurrence_id,
  @INTEGER_CODE(c.person_id) AS person_id,
  @INTEGER_CODE(c.visit_occurrence_id) AS visit_occurrence_id,
  COALESCE(own.known_code_system, standard.code_system, own.code_system, 'TEXT') AS condition_code_system, /* The code of the source, where its system is known; else that of the standard concept; else the words of the source. */
  COALESCE(
    own.known_code,
    standard.concept_code,
    own.concept_code,
    LOWER(TRIM(c.condition_source_value)),
    'concept ' || @INTEGER_CODE(c.condition_concept_id),
    'concept 0'
  ) AS condition_code,
  COALESCE(
    own.known_name,
    standard.concept_name,
    own.concept_name,
    TRIM(c.condition_source_value),
    'concept ' || @INTEGER_CODE(c.condition_concept_id),
    'concept 0'
  ) AS condition_name,
  c.condition_start_date::DATE AS onset_date,
  c.condition_end_date::DATE AS abated_date,
  CASE
    WHEN @INTEGER_CODE(c.condition_status_concept_id) IN ('32901', '32902', '32903')
    THEN 'primary'
    WHEN @INTEGER_CODE(c.condition_status_concept_id) = '32908'
    THEN 'secondary'
    ELSE 'condition'
  END AS role /* Concepts of the vocabulary Condition Status: primary on admission, primary, primary on discharge; secondary. */
FROM raw.omop__condition_occurrence AS c
LEFT JOIN staging.stg_omop__used_concept AS own
  ON own.source_system = c.source_system
  AND own.concept_id = @INTEGER_CODE(c.condition_source_concept_id)
LEFT JOIN staging.stg_omop__used_concept AS standard
  ON standard.source_system = c.source_system
  AND standard.concept_id = @INTEGER_CODE(c.condition_concept_id)
WHERE
  c.violation IS NULL
