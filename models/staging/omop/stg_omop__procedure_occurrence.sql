/* One row per procedure of an OMOP feed. */
MODEL (
  name staging.stg_omop__procedure_occurrence,
  kind FULL,
  grain (source_system, procedure_occurrence_id),
  depends_on (
    quarantine.omop__procedure_occurrence,
    staging.stg_omop__person,
    staging.stg_omop__visit_occurrence
  ),
  audits (
    unique_grain(columns := (source_system, procedure_occurrence_id)),
    not_null(
      columns := (
        source_system,
        procedure_occurrence_id,
        person_id,
        procedure_code_system,
        procedure_code
      )
    ),
    rows_preserved(
      source := raw.omop__procedure_occurrence,
      quarantine := quarantine.omop__procedure_occurrence
    ),
    references_resolve_in_source(model_col := person_id, parent := staging.stg_omop__person, parent_col := person_id),
    references_resolve_in_source(
      model_col := visit_occurrence_id,
      parent := staging.stg_omop__visit_occurrence,
      parent_col := visit_occurrence_id
    ),
    no_fill_dates(columns := (start_ts, stop_ts))
  ),
  description 'Procedures as delivered, typed and cleaned; nothing dropped but what quarantine holds.'
);

SELECT
  p.source_system,
  @INTEGER_CODE(p.procedure_occurrence_id) AS procedure_occurrence_id,
  @INTEGER_CODE(p.person_id) AS person_id,
  @INTEGER_CODE(p.visit_occurrence_id) AS visit_occurrence_id,
  COALESCE(own.known_code_system, standard.code_system, own.code_system, 'TEXT') AS procedure_code_system, /* The code of the source, where its system is known; else that of the standard concept; else the words of the source. */
  COALESCE(
    own.known_code,
    standard.concept_code,
    own.concept_code,
    LOWER(TRIM(p.procedure_source_value)),
    'concept ' || @INTEGER_CODE(p.procedure_concept_id),
    'concept 0'
  ) AS procedure_code,
  COALESCE(
    own.known_name,
    standard.concept_name,
    own.concept_name,
    TRIM(p.procedure_source_value),
    'concept ' || @INTEGER_CODE(p.procedure_concept_id),
    'concept 0'
  ) AS procedure_name,
  DATE_TRUNC('SECOND', COALESCE(p.procedure_datetime::TIMESTAMP, p.procedure_date::TIMESTAMP)) AS start_ts,
  DATE_TRUNC(
    'SECOND',
    COALESCE(p.procedure_end_datetime::TIMESTAMP, p.procedure_end_date::TIMESTAMP)
  ) AS stop_ts
FROM raw.omop__procedure_occurrence AS p
LEFT JOIN staging.stg_omop__used_concept AS own
  ON own.source_system = p.source_system
  AND own.concept_id = @INTEGER_CODE(p.procedure_source_concept_id)
LEFT JOIN staging.stg_omop__used_concept AS standard
  ON standard.source_system = p.source_system
  AND standard.concept_id = @INTEGER_CODE(p.procedure_concept_id)
WHERE
  p.violation IS NULL
