/* One row per event of an OMOP feed that has a cost: a visit, a procedure, a drug. */
MODEL (
  name staging.stg_omop__event_cost,
  kind FULL,
  grain (source_system, cost_domain, event_id),
  audits (
    unique_grain(columns := (source_system, cost_domain, event_id)),
    not_null(columns := (source_system, cost_domain, event_id))
  ),
  description 'What events cost, in USD. The amount is total_charge, what the provider bills, which is what is claimed; a feed that fills it nowhere in a domain has total_cost in its place, where makers of such tables put the claim. What payers paid is paid_by_payer and paid_by_primary, else total_paid less what the patient paid. A visit costs what its own rows say: costs of its procedures and drugs are not added, since they are part of it in some feeds and not in others. Amounts in other currencies stay in stg_omop__cost.'
);

WITH event AS (
  /* One row per feed, domain and event as the file names it. A cost is recorded for each payer: what was billed stands in all of its rows, what was paid in its own. */
  SELECT
    source_system,
    cost_domain,
    cost_event_id,
    MAX(total_charge) AS total_charge,
    MAX(total_cost) AS total_cost,
    SUM(
      COALESCE(
        paid_by_payer + paid_by_primary,
        paid_by_payer,
        paid_by_primary,
        total_paid - paid_by_patient
      )
    ) AS payer_paid,
    CASE
      WHEN COUNT(DISTINCT payer_plan_period_id) = 1
      THEN MIN(payer_plan_period_id)
    END AS payer_plan_period_id,
    MAX(drg_code) AS drg_code
  FROM staging.stg_omop__cost
  WHERE
    COALESCE(currency_concept_id, '44818668') = '44818668' /* The US dollar: the input tables have no other. */
  GROUP BY
    1,
    2,
    3
), basis AS (
  SELECT
    source_system,
    cost_domain,
    COUNT(total_charge) AS n_charges
  FROM event
  GROUP BY
    1,
    2
), visit_event AS (
  SELECT
    e.source_system,
    e.cost_event_id,
    v.visit_occurrence_id,
    d.visit_occurrence_id AS visit_of_detail
  FROM event AS e
  LEFT JOIN staging.stg_omop__visit_occurrence AS v
    ON v.source_system = e.source_system AND v.visit_occurrence_id = e.cost_event_id
  LEFT JOIN staging.stg_omop__visit_detail AS d
    ON d.source_system = e.source_system AND d.visit_detail_id = e.cost_event_id
  WHERE
    e.cost_domain = 'visit'
), etl AS (
  /* dbt-synthea (models/omop/cost.sql) names the detail, whose numbers are those of visits, too. */
  SELECT
    source_system,
    MAX(CASE WHEN cdm_etl_reference LIKE '%/ohdsi/dbt-synthea%' THEN 1 ELSE 0 END) AS names_details
  FROM staging.stg_omop__cdm_source
  GROUP BY
    1
), named_table AS (
  /* Visits and their details are one domain, so that a cost may be of either: they are of the table that more of the ids are in; where both have them all, of visits, unless the maker of the tables is known to name details. */
  SELECT
    v.source_system,
    CASE
      WHEN COUNT(v.visit_of_detail) > COUNT(v.visit_occurrence_id)
      THEN 1
      WHEN COUNT(v.visit_of_detail) = COUNT(v.visit_occurrence_id)
      THEN MAX(COALESCE(etl.names_details, 0))
      ELSE 0
    END AS is_of_details
  FROM visit_event AS v
  LEFT JOIN etl
    ON etl.source_system = v.source_system
  GROUP BY
    1
), placed_event AS (
  SELECT
    e.source_system,
    e.cost_domain,
    CASE
      WHEN e.cost_domain <> 'visit'
      THEN e.cost_event_id
      WHEN n.is_of_details = 1
      THEN v.visit_of_detail
      ELSE v.visit_occurrence_id
    END AS event_id,
    CASE WHEN b.n_charges > 0 THEN e.total_charge ELSE e.total_cost END AS amount,
    e.payer_paid,
    e.payer_plan_period_id,
    e.drg_code
  FROM event AS e
  INNER JOIN basis AS b
    ON b.source_system = e.source_system AND b.cost_domain = e.cost_domain
  LEFT JOIN visit_event AS v
    ON e.cost_domain = 'visit'
    AND v.source_system = e.source_system
    AND v.cost_event_id = e.cost_event_id
  LEFT JOIN named_table AS n
    ON n.source_system = e.source_system
)
SELECT
  source_system,
  cost_domain,
  event_id,
  SUM(amount)::DECIMAL(14, 2) AS amount,
  SUM(payer_paid)::DECIMAL(14, 2) AS payer_paid,
  MIN(payer_plan_period_id) AS payer_plan_period_id,
  MAX(drg_code) AS drg_code
FROM placed_event
WHERE
  NOT event_id IS NULL
GROUP BY
  1,
  2,
  3
