/* One row per visit of an OMOP feed, with what the tables around it tell of it. */
MODEL (
  name staging.stg_omop__visit,
  kind FULL,
  grain (source_system, visit_occurrence_id),
  audits (
    unique_grain(columns := (source_system, visit_occurrence_id)),
    not_null(columns := (source_system, visit_occurrence_id, person_id, start_ts, has_time)),
    no_fan_out(summed := 1, source := staging.stg_omop__visit_occurrence, source_summed := 1)
  ),
  description 'Visits with their span, hospital, ways in and out and intensive care from their details, where they do not say so themselves; the payer whose plan covers the first day, unless the cost names another; what was claimed and paid; and the primary diagnosis. Where a detail tells of a move to another ward or hospital, the visit stays one: no table says which of the two it was.'
);

WITH detail AS (
  SELECT
    source_system,
    visit_occurrence_id,
    MIN(start_ts) AS first_start_ts,
    MAX(stop_ts) AS last_stop_ts,
    CASE WHEN COUNT(DISTINCT care_site_id) = 1 THEN MIN(care_site_id) END AS care_site_id,
    CASE WHEN COUNT(DISTINCT provider_id) = 1 THEN MIN(provider_id) END AS provider_id,
    ARG_MIN(admitted_from_concept_id, (start_ts, visit_detail_id)) AS admitted_from_concept_id,
    ARG_MIN(admitted_from_name, (start_ts, visit_detail_id)) AS admitted_from_name,
    ARG_MIN(admitted_from_source_value, (start_ts, visit_detail_id)) AS admitted_from_source_value,
    ARG_MAX(discharged_to_concept_id, (stop_ts, visit_detail_id)) AS discharged_to_concept_id,
    ARG_MAX(discharged_to_name, (stop_ts, visit_detail_id)) AS discharged_to_name,
    ARG_MAX(discharged_to_source_value, (stop_ts, visit_detail_id)) AS discharged_to_source_value,
    MAX(CASE WHEN visit_detail_concept_id = '32037' THEN 1 ELSE 0 END) AS has_intensive_care /* Concept Intensive Care of the vocabulary Visit. */
  FROM staging.stg_omop__visit_detail
  GROUP BY
    1,
    2
), intensive_care_feed AS (
  SELECT
    source_system,
    MAX(has_intensive_care) AS tells_intensive_care
  FROM detail
  GROUP BY
    1
), spanned_visit AS (
  /* A visit spans its details: a day that ends it before they end is a slip. A time of its own goes before theirs. */
  SELECT
    v.source_system,
    v.visit_occurrence_id,
    CASE
      WHEN d.first_start_ts::DATE < v.start_ts::DATE
      OR d.first_start_ts::DATE = v.start_ts::DATE
      AND v.start_ts = v.start_ts::DATE
      THEN d.first_start_ts
      ELSE v.start_ts
    END AS start_ts,
    CASE
      WHEN d.last_stop_ts::DATE > v.stop_ts::DATE
      OR d.last_stop_ts::DATE = v.stop_ts::DATE
      AND v.stop_ts = v.stop_ts::DATE
      THEN d.last_stop_ts
      ELSE v.stop_ts
    END AS stop_ts
  FROM staging.stg_omop__visit_occurrence AS v
  LEFT JOIN detail AS d
    ON d.source_system = v.source_system
    AND d.visit_occurrence_id = v.visit_occurrence_id
), timed_visit AS (
  SELECT
    *,
    CASE
      WHEN start_ts > start_ts::DATE AND (
        stop_ts IS NULL OR stop_ts > stop_ts::DATE
      )
      THEN 1
      ELSE 0
    END AS has_time /* Midnight stands for no time. */
  FROM spanned_visit
), covered_visit AS (
  /* The plan on the day the visit starts; of several the one that began last. */
  SELECT
    v.source_system,
    v.visit_occurrence_id,
    ARG_MAX(p.payer_id, (p.valid_from, p.payer_plan_period_id)) AS payer_id
  FROM staging.stg_omop__visit_occurrence AS v
  INNER JOIN staging.stg_omop__payer_plan_period AS p
    ON p.source_system = v.source_system
    AND p.person_id = v.person_id
    AND p.valid_from <= v.start_ts::DATE
    AND COALESCE(p.valid_to, '9999-12-31'::DATE) >= v.start_ts::DATE
  GROUP BY
    1,
    2
), primary_condition AS (
  SELECT
    source_system,
    visit_occurrence_id,
    ARG_MIN(condition_code_system, (onset_date, condition_occurrence_id)) AS reason_code_system,
    ARG_MIN(condition_code, (onset_date, condition_occurrence_id)) AS reason_code,
    ARG_MIN(condition_name, (onset_date, condition_occurrence_id)) AS reason_name
  FROM staging.stg_omop__condition_occurrence
  WHERE
    role = 'primary' AND NOT visit_occurrence_id IS NULL
  GROUP BY
    1,
    2
)
SELECT
  v.source_system,
  v.visit_occurrence_id,
  v.person_id,
  v.visit_concept_id,
  v.visit_concept_name,
  v.visit_source_value,
  v.type_code_system,
  v.type_code,
  v.type_name,
  CASE WHEN t.has_time = 1 THEN t.start_ts ELSE t.start_ts::DATE::TIMESTAMP END AS start_ts,
  CASE WHEN t.has_time = 1 THEN t.stop_ts ELSE t.stop_ts::DATE::TIMESTAMP END AS stop_ts,
  t.has_time,
  COALESCE(v.provider_id, d.provider_id) AS provider_id,
  COALESCE(v.care_site_id, d.care_site_id) AS care_site_id, /* Of details at several sites, wards or hospitals, none is that of the visit. */
  CASE
    WHEN COALESCE(v.admitted_from_concept_id, v.admitted_from_source_value) IS NULL
    THEN COALESCE(d.admitted_from_name, d.admitted_from_source_value, d.admitted_from_concept_id)
    ELSE COALESCE(v.admitted_from_name, v.admitted_from_source_value, v.admitted_from_concept_id)
  END AS admitted_from,
  CASE
    WHEN COALESCE(v.discharged_to_concept_id, v.discharged_to_source_value) IS NULL
    THEN d.discharged_to_concept_id
    ELSE v.discharged_to_concept_id
  END AS discharged_to_concept_id,
  CASE
    WHEN COALESCE(v.discharged_to_concept_id, v.discharged_to_source_value) IS NULL
    THEN d.discharged_to_name
    ELSE v.discharged_to_name
  END AS discharged_to_name,
  CASE
    WHEN COALESCE(v.discharged_to_concept_id, v.discharged_to_source_value) IS NULL
    THEN d.discharged_to_source_value
    ELSE v.discharged_to_source_value
  END AS discharged_to_source_value,
  CASE WHEN i.tells_intensive_care = 1 THEN d.has_intensive_care END AS has_intensive_care,
  c.reason_code_system,
  c.reason_code,
  c.reason_name,
  COALESCE(named.payer_id, covered.payer_id) AS payer_id,
  cost.amount AS claim_amount,
  cost.payer_paid,
  cost.drg_code,
  CASE WHEN p.birth_date IS NULL THEN YEAR(v.start_ts) - p.year_of_birth END::INT AS age_years /* As the model has it computed where only the year of birth is known. */
FROM staging.stg_omop__visit_occurrence AS v
INNER JOIN timed_visit AS t
  ON t.source_system = v.source_system
  AND t.visit_occurrence_id = v.visit_occurrence_id
LEFT JOIN detail AS d
  ON d.source_system = v.source_system
  AND d.visit_occurrence_id = v.visit_occurrence_id
LEFT JOIN intensive_care_feed AS i
  ON i.source_system = v.source_system
LEFT JOIN primary_condition AS c
  ON c.source_system = v.source_system
  AND c.visit_occurrence_id = v.visit_occurrence_id
LEFT JOIN staging.stg_omop__event_cost AS cost
  ON cost.source_system = v.source_system
  AND cost.cost_domain = 'visit'
  AND cost.event_id = v.visit_occurrence_id
LEFT JOIN staging.stg_omop__payer_plan_period AS named
  ON named.source_system = v.source_system
  AND named.payer_plan_period_id = cost.payer_plan_period_id
LEFT JOIN covered_visit AS covered
  ON covered.source_system = v.source_system
  AND covered.visit_occurrence_id = v.visit_occurrence_id
LEFT JOIN staging.stg_omop__person AS p
  ON p.source_system = v.source_system AND p.person_id = v.person_id
