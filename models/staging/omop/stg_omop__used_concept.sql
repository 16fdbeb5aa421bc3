/* One row per concept that a table of an OMOP feed names, with its name, code and code system. */
MODEL (
  name staging.stg_omop__used_concept,
  kind FULL,
  grain (source_system, concept_id),
  audits (
    unique_grain(columns := (source_system, concept_id)),
    not_null(columns := (source_system, concept_id))
  ),
  description 'The concepts that persons, visits, events and payers name: few of a vocabulary, so that no join reads all of it. The columns known_* are filled where reference.code_system has the code system: a code as the source has it is taken in that case, else the standard concept.'
);

WITH named_concept AS (
  SELECT
    source_system,
    UNNEST([gender_concept_id, race_concept_id, ethnicity_concept_id]) AS concept_id
  FROM raw.omop__person
  UNION
  SELECT
    source_system,
    UNNEST(
      [
        visit_concept_id,
        visit_source_concept_id,
        admitted_from_concept_id,
        discharged_to_concept_id
      ]
    ) AS concept_id
  FROM raw.omop__visit_occurrence
  UNION
  SELECT
    source_system,
    UNNEST([admitted_from_concept_id, discharged_to_concept_id]) AS concept_id
  FROM raw.omop__visit_detail
  UNION
  SELECT
    source_system,
    UNNEST([condition_concept_id, condition_source_concept_id]) AS concept_id
  FROM raw.omop__condition_occurrence
  UNION
  SELECT
    source_system,
    UNNEST([procedure_concept_id, procedure_source_concept_id]) AS concept_id
  FROM raw.omop__procedure_occurrence
  UNION
  SELECT
    source_system,
    UNNEST([drug_concept_id, drug_source_concept_id]) AS concept_id
  FROM raw.omop__drug_exposure
  UNION
  SELECT
    source_system,
    UNNEST(
      [
        measurement_concept_id,
        measurement_source_concept_id,
        value_as_concept_id,
        unit_concept_id
      ]
    ) AS concept_id
  FROM raw.omop__measurement
  UNION
  SELECT
    source_system,
    UNNEST([observation_concept_id, observation_source_concept_id]) AS concept_id
  FROM raw.omop__observation
  UNION
  SELECT
    source_system,
    UNNEST([specialty_concept_id]) AS concept_id
  FROM raw.omop__provider
  UNION
  SELECT
    source_system,
    UNNEST([payer_concept_id, plan_concept_id]) AS concept_id
  FROM raw.omop__payer_plan_period
  UNION
  SELECT
    source_system,
    UNNEST([drg_concept_id]) AS concept_id
  FROM raw.omop__cost
), distinct_concept AS (
  SELECT
    source_system,
    @INTEGER_CODE(concept_id) AS concept_id
  FROM named_concept
  GROUP BY
    1,
    2
)
SELECT
  c.source_system,
  c.concept_id,
  c.concept_name,
  c.vocabulary_id,
  c.concept_class_id,
  @CODE_SYSTEM_NAME(c.vocabulary_id) AS code_system,
  c.concept_code,
  s.code_system AS known_code_system,
  CASE WHEN NOT s.code_system IS NULL THEN c.concept_code END AS known_code,
  CASE WHEN NOT s.code_system IS NULL THEN c.concept_name END AS known_name
FROM staging.stg_omop__concept AS c
INNER JOIN distinct_concept AS n
  ON n.source_system = c.source_system AND n.concept_id = c.concept_id
LEFT JOIN reference.code_system AS s
  ON s.code_system = @CODE_SYSTEM_NAME(c.vocabulary_id)
WHERE
  c.concept_id <> '0' /* It stands for no concept. */
