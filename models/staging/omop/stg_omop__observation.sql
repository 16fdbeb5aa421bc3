/* One row per observation of an OMOP feed. */
MODEL (
  name staging.stg_omop__observation,
  kind FULL,
  grain (source_system, observation_id),
  depends_on (quarantine.omop__observation, staging.stg_omop__person),
  audits (
    unique_grain(columns := (source_system, observation_id)),
    not_null(
      columns := (
        source_system,
        observation_id,
        person_id,
        observation_code_system,
        observation_code
      )
    ),
    rows_preserved(source := raw.omop__observation, quarantine := quarantine.omop__observation),
    references_resolve_in_source(model_col := person_id, parent := staging.stg_omop__person, parent_col := person_id),
    no_fill_dates(columns := (
      observation_date
    ))
  ),
  description 'Observations as delivered, typed and cleaned; nothing dropped but what quarantine holds. is_finding marks those that another source lists among the diagnoses: a history of a disease, a status, a Z code.'
);

SELECT
  o.source_system,
  @INTEGER_CODE(o.observation_id) AS observation_id,
  @INTEGER_CODE(o.person_id) AS person_id,
  @INTEGER_CODE(o.visit_occurrence_id) AS visit_occurrence_id,
  COALESCE(own.known_code_system, standard.code_system, own.code_system, 'TEXT') AS observation_code_system, /* The code of the source, where its system is known; else that of the standard concept; else the words of the source. */
  COALESCE(
    own.known_code,
    standard.concept_code,
    own.concept_code,
    LOWER(TRIM(o.observation_source_value)),
    'concept ' || @INTEGER_CODE(o.observation_concept_id),
    'concept 0'
  ) AS observation_code,
  COALESCE(
    own.known_name,
    standard.concept_name,
    own.concept_name,
    TRIM(o.observation_source_value),
    'concept ' || @INTEGER_CODE(o.observation_concept_id),
    'concept 0'
  ) AS observation_name,
  o.observation_date::DATE AS observation_date,
  CASE
    WHEN NOT o.value_as_number IS NULL
    OR NOT o.value_as_string IS NULL
    OR NOT NULLIF(@INTEGER_CODE(o.value_as_concept_id), '0') IS NULL
    THEN 0
    WHEN COALESCE(own.known_code_system, standard.code_system) IN ('ICD-10-CM', 'ICD-9-CM')
    THEN 1
    WHEN standard.vocabulary_id = 'SNOMED'
    AND standard.concept_class_id IN ('Clinical Finding', 'Context-dependent', 'Social Context')
    THEN 1
    ELSE 0
  END AS is_finding /* What a diagnosis may be. With a value it may be one that the person does not have. */
FROM raw.omop__observation AS o
LEFT JOIN staging.stg_omop__used_concept AS own
  ON own.source_system = o.source_system
  AND own.concept_id = @INTEGER_CODE(o.observation_source_concept_id)
LEFT JOIN staging.stg_omop__used_concept AS standard
  ON standard.source_system = o.source_system
  AND standard.concept_id = @INTEGER_CODE(o.observation_concept_id)
WHERE
  o.violation IS NULL
