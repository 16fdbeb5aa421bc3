/* One row per concept of the vocabularies that an OMOP feed delivers. */
MODEL (
  name staging.stg_omop__concept,
  kind VIEW,
  grain (source_system, record_number),
  depends_on (
    quarantine.omop__concept
  ),
  audits (
    rows_preserved(source := raw.omop__concept, quarantine := quarantine.omop__concept)
  ),
  description 'Concepts as delivered, trimmed. A view: of the millions that a vocabulary has, what follows reads those of stg_omop__used_concept.'
);

SELECT
  source_system,
  record_number,
  @INTEGER_CODE(concept_id) AS concept_id,
  TRIM(concept_name) AS concept_name,
  TRIM(domain_id) AS domain_id,
  TRIM(vocabulary_id) AS vocabulary_id,
  TRIM(concept_class_id) AS concept_class_id,
  TRIM(concept_code) AS concept_code
FROM raw.omop__concept
WHERE
  violation IS NULL
