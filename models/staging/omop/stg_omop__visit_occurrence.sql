/* One row per visit of an OMOP feed, as visit_occurrence has it. */
MODEL (
  name staging.stg_omop__visit_occurrence,
  kind FULL,
  grain (source_system, visit_occurrence_id),
  depends_on (quarantine.omop__visit_occurrence, staging.stg_omop__person),
  audits (
    unique_grain(columns := (source_system, visit_occurrence_id)),
    not_null(columns := (source_system, visit_occurrence_id, person_id, start_ts)),
    rows_preserved(
      source := raw.omop__visit_occurrence,
      quarantine := quarantine.omop__visit_occurrence
    ),
    references_resolve_in_source(model_col := person_id, parent := staging.stg_omop__person, parent_col := person_id),
    nulls_preserved(
      model_col := stop_ts,
      source_col := COALESCE(visit_end_datetime, visit_end_date),
      source := raw.omop__visit_occurrence,
      source_filter := violation IS NULL,
      allowed := is_still_patient = 1
    ),
    no_fill_dates(columns := (start_ts, stop_ts))
  ),
  description 'Visits as delivered, typed and cleaned; nothing dropped but what quarantine holds. Times are those of the clock of the hospital: the model has no zones. preceding_visit_occurrence_id is not read: it names the visit before, be it days or years ago, and so no transfer.'
);

SELECT
  v.source_system,
  @INTEGER_CODE(v.visit_occurrence_id) AS visit_occurrence_id,
  @INTEGER_CODE(v.person_id) AS person_id,
  NULLIF(@INTEGER_CODE(v.visit_concept_id), '0') AS visit_concept_id,
  class.concept_name AS visit_concept_name,
  own.known_code_system AS type_code_system,
  own.known_code AS type_code,
  own.known_name AS type_name,
  TRIM(v.visit_source_value) AS visit_source_value,
  DATE_TRUNC(
    'SECOND',
    COALESCE(v.visit_start_datetime::TIMESTAMP, v.visit_start_date::TIMESTAMP)
  ) AS start_ts, /* Midnight where no time is known: 5.3 writes it, 5.4 leaves the time out. */
  CASE
    WHEN '32220' IN (
      @INTEGER_CODE(v.visit_type_concept_id),
      @INTEGER_CODE(v.discharged_to_concept_id)
    )
    THEN NULL
    ELSE DATE_TRUNC('SECOND', COALESCE(v.visit_end_datetime::TIMESTAMP, v.visit_end_date::TIMESTAMP))
  END AS stop_ts, /* Of a visit that goes on the end is the day of the export. */
  CASE
    WHEN '32220' IN (
      @INTEGER_CODE(v.visit_type_concept_id),
      @INTEGER_CODE(v.discharged_to_concept_id)
    )
    THEN 1
    ELSE 0
  END AS is_still_patient,
  @INTEGER_CODE(v.provider_id) AS provider_id,
  @INTEGER_CODE(v.care_site_id) AS care_site_id,
  NULLIF(@INTEGER_CODE(v.admitted_from_concept_id), '0') AS admitted_from_concept_id,
  admitted_from.concept_name AS admitted_from_name,
  TRIM(v.admitted_from_source_value) AS admitted_from_source_value,
  CASE
    WHEN NOT @INTEGER_CODE(v.discharged_to_concept_id) IN ('0', '32220')
    THEN @INTEGER_CODE(v.discharged_to_concept_id)
  END AS discharged_to_concept_id, /* 0 is home in 5.4, anything unknown in 5.3, and on every visit of many feeds: it tells nothing. */
  CASE WHEN discharged_to.concept_id <> '32220' THEN discharged_to.concept_name END AS discharged_to_name,
  TRIM(v.discharged_to_source_value) AS discharged_to_source_value
FROM raw.omop__visit_occurrence AS v
LEFT JOIN staging.stg_omop__used_concept AS class
  ON class.source_system = v.source_system
  AND class.concept_id = @INTEGER_CODE(v.visit_concept_id)
LEFT JOIN staging.stg_omop__used_concept AS own
  ON own.source_system = v.source_system
  AND own.concept_id = @INTEGER_CODE(v.visit_source_concept_id)
LEFT JOIN staging.stg_omop__used_concept AS admitted_from
  ON admitted_from.source_system = v.source_system
  AND admitted_from.concept_id = @INTEGER_CODE(v.admitted_from_concept_id)
LEFT JOIN staging.stg_omop__used_concept AS discharged_to
  ON discharged_to.source_system = v.source_system
  AND discharged_to.concept_id = @INTEGER_CODE(v.discharged_to_concept_id)
WHERE
  v.violation IS NULL
