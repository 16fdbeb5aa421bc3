/* One row per prescription, dispense or administration of a drug of an OMOP feed. */
MODEL (
  name staging.stg_omop__drug_exposure,
  kind FULL,
  grain (source_system, drug_exposure_id),
  depends_on (quarantine.omop__drug_exposure, staging.stg_omop__person),
  audits (
    unique_grain(columns := (source_system, drug_exposure_id)),
    not_null(
      columns := (
        source_system,
        drug_exposure_id,
        person_id,
        drug_code_system,
        drug_code,
        drug_name
      )
    ),
    rows_preserved(source := raw.omop__drug_exposure, quarantine := quarantine.omop__drug_exposure),
    references_resolve_in_source(model_col := person_id, parent := staging.stg_omop__person, parent_col := person_id),
    nulls_preserved(
      model_col := stop_date,
      source_col := drug_exposure_end_date,
      source := raw.omop__drug_exposure,
      source_filter := violation IS NULL
    ),
    no_fill_dates(columns := (start_date, stop_date))
  ),
  description 'Exposures to drugs as delivered, typed and cleaned; nothing dropped but what quarantine holds.'
);

SELECT
  d.source_system,
  @INTEGER_CODE(d.drug_exposure_id) AS drug_exposure_id,
  @INTEGER_CODE(d.person_id) AS person_id,
  @INTEGER_CODE(d.visit_occurrence_id) AS visit_occurrence_id,
  COALESCE(own.known_code_system, standard.code_system, own.code_system, 'TEXT') AS drug_code_system, /* The code of the source, where its system is known; else that of the standard concept; else the words of the source. */
  COALESCE(
    own.known_code,
    standard.concept_code,
    own.concept_code,
    LOWER(TRIM(d.drug_source_value)),
    'concept ' || @INTEGER_CODE(d.drug_concept_id),
    'concept 0'
  ) AS drug_code,
  COALESCE(
    own.known_name,
    standard.concept_name,
    own.concept_name,
    TRIM(d.drug_source_value),
    'concept ' || @INTEGER_CODE(d.drug_concept_id),
    'concept 0'
  ) AS drug_name,
  d.drug_exposure_start_date::DATE AS start_date,
  d.drug_exposure_end_date::DATE AS stop_date,
  d.days_supply::INT AS days_supply,
  TRIM(d.sig) AS sig
FROM raw.omop__drug_exposure AS d
LEFT JOIN staging.stg_omop__used_concept AS own
  ON own.source_system = d.source_system
  AND own.concept_id = @INTEGER_CODE(d.drug_source_concept_id)
LEFT JOIN staging.stg_omop__used_concept AS standard
  ON standard.source_system = d.source_system
  AND standard.concept_id = @INTEGER_CODE(d.drug_concept_id)
WHERE
  d.violation IS NULL
