/* One row per measurement of an OMOP feed. */
MODEL (
  name staging.stg_omop__measurement,
  kind FULL,
  grain (source_system, measurement_id),
  depends_on (quarantine.omop__measurement, staging.stg_omop__person),
  audits (
    unique_grain(columns := (source_system, measurement_id)),
    not_null(
      columns := (
        source_system,
        measurement_id,
        person_id,
        measurement_code_system,
        measurement_code,
        measurement_name
      )
    ),
    rows_preserved(source := raw.omop__measurement, quarantine := quarantine.omop__measurement),
    references_resolve_in_source(model_col := person_id, parent := staging.stg_omop__person, parent_col := person_id),
    no_fill_dates(columns := (
      measurement_date
    ))
  ),
  description 'Measurements as delivered, typed and cleaned; nothing dropped but what quarantine holds. is_laboratory_result tells results from vital signs, scores and mere procedures.'
);

WITH named_measurement AS (
  SELECT
    m.source_system,
    m.measurement_id::BIGINT AS measurement_id,
    @INTEGER_CODE(m.person_id) AS person_id,
    @INTEGER_CODE(m.visit_occurrence_id) AS visit_occurrence_id,
    COALESCE(own.known_code_system, standard.code_system, own.code_system, 'TEXT') AS measurement_code_system, /* The code of the source, where its system is known; else that of the standard concept; else the words of the source. */
    COALESCE(
      own.known_code,
      standard.concept_code,
      own.concept_code,
      LOWER(TRIM(m.measurement_source_value)),
      'concept ' || @INTEGER_CODE(m.measurement_concept_id),
      'concept 0'
    ) AS measurement_code,
    COALESCE(
      own.known_name,
      standard.concept_name,
      own.concept_name,
      TRIM(m.measurement_source_value),
      'concept ' || @INTEGER_CODE(m.measurement_concept_id),
      'concept 0'
    ) AS measurement_name,
    COALESCE(standard.vocabulary_id, own.vocabulary_id) AS vocabulary_id,
    COALESCE(standard.concept_class_id, own.concept_class_id) AS concept_class_id,
    m.measurement_date::DATE AS measurement_date,
    CASE @INTEGER_CODE(m.operator_concept_id)
      WHEN '4171756'
      THEN '<'
      WHEN '4171754'
      THEN '<='
      WHEN '4171755'
      THEN '>='
      WHEN '4172704'
      THEN '>'
    END AS limit_sign, /* The operators of the vocabulary but =, which says nothing more. */
    m.value_as_number::DOUBLE AS value_as_number,
    value.concept_name AS value_name,
    TRIM(m.value_source_value) AS value_source_value,
    COALESCE(unit.concept_code, TRIM(m.unit_source_value)) AS unit,
    m.range_low::DOUBLE AS reference_low,
    m.range_high::DOUBLE AS reference_high
  FROM raw.omop__measurement AS m
  LEFT JOIN staging.stg_omop__used_concept AS own
    ON own.source_system = m.source_system
    AND own.concept_id = @INTEGER_CODE(m.measurement_source_concept_id)
  LEFT JOIN staging.stg_omop__used_concept AS standard
    ON standard.source_system = m.source_system
    AND standard.concept_id = @INTEGER_CODE(m.measurement_concept_id)
  LEFT JOIN staging.stg_omop__used_concept AS value
    ON value.source_system = m.source_system
    AND value.concept_id = @INTEGER_CODE(m.value_as_concept_id)
  LEFT JOIN staging.stg_omop__used_concept AS unit
    ON unit.source_system = m.source_system
    AND unit.concept_id = @INTEGER_CODE(m.unit_concept_id)
  WHERE
    m.violation IS NULL
)
SELECT
  source_system,
  measurement_id,
  person_id,
  visit_occurrence_id,
  measurement_code_system,
  measurement_code,
  measurement_name,
  measurement_date,
  CASE WHEN limit_sign IS NULL THEN value_as_number END AS value_num,
  CASE
    WHEN value_as_number IS NULL
    THEN COALESCE(value_name, value_source_value)
    WHEN NOT limit_sign IS NULL
    THEN limit_sign || value_as_number::TEXT
  END AS value_text, /* Below 5 is not 5. */
  unit,
  reference_low,
  reference_high,
  CASE
    WHEN vocabulary_id = 'LOINC'
    THEN CASE WHEN concept_class_id = 'Lab Test' THEN 1 ELSE 0 END
    WHEN value_as_number IS NULL AND value_name IS NULL AND value_source_value IS NULL
    THEN 0
    ELSE 1
  END AS is_laboratory_result /* LOINC has classes for vital signs and surveys; of other vocabularies, a row without a value says that something was done. */
FROM named_measurement
