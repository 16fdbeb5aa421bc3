/* One row per part of a visit of an OMOP feed. */
MODEL (
  name staging.stg_omop__visit_detail,
  kind FULL,
  grain (source_system, visit_detail_id),
  depends_on (quarantine.omop__visit_detail, staging.stg_omop__visit_occurrence),
  audits (
    unique_grain(columns := (source_system, visit_detail_id)),
    not_null(columns := (source_system, visit_detail_id, visit_occurrence_id, start_ts)),
    rows_preserved(source := raw.omop__visit_detail, quarantine := quarantine.omop__visit_detail),
    references_resolve_in_source(
      model_col := visit_occurrence_id,
      parent := staging.stg_omop__visit_occurrence,
      parent_col := visit_occurrence_id
    ),
    no_fill_dates(columns := (start_ts, stop_ts))
  ),
  description 'Parts of visits as delivered, typed and cleaned; nothing dropped but what quarantine holds.'
);

SELECT
  v.source_system,
  @INTEGER_CODE(v.visit_detail_id) AS visit_detail_id,
  @INTEGER_CODE(v.visit_occurrence_id) AS visit_occurrence_id,
  @INTEGER_CODE(v.person_id) AS person_id,
  NULLIF(@INTEGER_CODE(v.visit_detail_concept_id), '0') AS visit_detail_concept_id,
  TRIM(v.visit_detail_source_value) AS visit_detail_source_value,
  DATE_TRUNC(
    'SECOND',
    COALESCE(v.visit_detail_start_datetime::TIMESTAMP, v.visit_detail_start_date::TIMESTAMP)
  ) AS start_ts, /* Midnight where no time is known: 5.3 writes it, 5.4 leaves the time out. */
  DATE_TRUNC(
    'SECOND',
    COALESCE(v.visit_detail_end_datetime::TIMESTAMP, v.visit_detail_end_date::TIMESTAMP)
  ) AS stop_ts,
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
FROM raw.omop__visit_detail AS v
LEFT JOIN staging.stg_omop__used_concept AS admitted_from
  ON admitted_from.source_system = v.source_system
  AND admitted_from.concept_id = @INTEGER_CODE(v.admitted_from_concept_id)
LEFT JOIN staging.stg_omop__used_concept AS discharged_to
  ON discharged_to.source_system = v.source_system
  AND discharged_to.concept_id = @INTEGER_CODE(v.discharged_to_concept_id)
WHERE
  v.violation IS NULL
