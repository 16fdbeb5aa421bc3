/* The hospital in the shape of the OMOP Common Data Model 5.4: the rows of sample_hospital_synthea.sql in other words.

   In:  schema files, and left_for.
   Out: schema omop, a table a CSV file. An encounter is a visit, one to one, and its cost is the cost of the visit; its
        type is the source concept of the visit, its reason the condition that is primary in it. Concepts of codes are
        numbered from 2,000,000,000 on, which OMOP keeps for concepts of one's own. The model has no column for the
        reason of a procedure or the price of a visit by itself: what it cannot hold is not written. Providers are a
        header alone, as in databases that have none. */

CREATE SCHEMA omop;

/* A moment as OMOP writes it: the wall clock of the hospital, without a zone. */
CREATE MACRO clock(instant) AS strftime(wall_clock(instant), '%Y-%m-%d %H:%M:%S');
CREATE MACRO calendar(instant) AS strftime(wall_clock(instant), '%Y-%m-%d');

CREATE TEMP TABLE own_concept AS
WITH delivered AS (
  SELECT "CODE" AS concept_code, "DESCRIPTION" AS concept_name, 'Condition' AS domain_id, 'Disorder' AS concept_class_id
  FROM files.conditions
  UNION ALL
  SELECT "CODE", "DESCRIPTION", 'Procedure', 'Procedure' FROM files.procedures
  UNION ALL
  /* Of the code that lost two digits there is no concept. */
  SELECT "CODE", "DESCRIPTION", 'Visit', 'Procedure' FROM files.encounters WHERE "CODE" <> '1853470'
), counted AS (
  SELECT *, count(*) AS times FROM delivered GROUP BY ALL
), chosen AS (
  /* A concept has one name, whatever its code was called each time. */
  SELECT DISTINCT ON (concept_code) * FROM counted ORDER BY concept_code, times DESC, concept_name
)
SELECT 2000000000 + row_number() OVER (ORDER BY concept_code) AS concept_id, * EXCLUDE (times) FROM chosen;

/* A shard of the vocabularies, without the concepts of types, as published ones are. */
CREATE TABLE omop.concept AS
WITH standard (concept_id, concept_name, domain_id, vocabulary_id, concept_class_id, concept_code) AS (
  VALUES
    (8507, 'MALE', 'Gender', 'Gender', 'Gender', 'M'),
    (8532, 'FEMALE', 'Gender', 'Gender', 'Gender', 'F'),
    (8527, 'White', 'Race', 'Race', 'Race', '5'),
    (8516, 'Black or African American', 'Race', 'Race', 'Race', '3'),
    (8515, 'Asian', 'Race', 'Race', 'Race', '2'),
    (8557, 'Native Hawaiian or Other Pacific Islander', 'Race', 'Race', 'Race', '4'),
    (8657, 'American Indian or Alaska Native', 'Race', 'Race', 'Race', '1'),
    (38003563, 'Hispanic or Latino', 'Ethnicity', 'Ethnicity', 'Ethnicity', 'Hispanic'),
    (38003564, 'Not Hispanic or Latino', 'Ethnicity', 'Ethnicity', 'Ethnicity', 'Not Hispanic'),
    (9201, 'Inpatient Visit', 'Visit', 'Visit', 'Visit', 'IP'),
    (9202, 'Outpatient Visit', 'Visit', 'Visit', 'Visit', 'OP'),
    (9203, 'Emergency Room Visit', 'Visit', 'Visit', 'Visit', 'ER')
)
SELECT
  concept_id, concept_name, domain_id, vocabulary_id, concept_class_id, 'S' AS standard_concept, concept_code,
  '1970-01-01' AS valid_start_date, '2099-12-31' AS valid_end_date, NULL AS invalid_reason
FROM standard
UNION ALL
SELECT
  concept_id, concept_name, domain_id, 'SNOMED', concept_class_id, 'S', concept_code, '1970-01-01', '2099-12-31', NULL
FROM own_concept
ORDER BY concept_id;

CREATE TEMP TABLE person_number AS
SELECT "Id" AS patient_id, row_number() OVER (ORDER BY rowid) AS person_id FROM files.patients;

CREATE TEMP TABLE care_site_number AS
SELECT "Id" AS organization_id, row_number() OVER (ORDER BY rowid) AS care_site_id FROM files.organizations;

CREATE TEMP TABLE visit_number AS
SELECT "Id" AS encounter_id, row_number() OVER (ORDER BY "START", "Id") AS visit_occurrence_id FROM files.encounters;

CREATE TABLE omop.location AS
WITH place AS (
  SELECT person_id AS location_id, patients.* FROM files.patients JOIN person_number ON patient_id = "Id"
)
SELECT
  location_id, "ADDRESS" AS address_1, NULL AS address_2, "CITY" AS city, 'MA' AS state, "ZIP" AS zip,
  "COUNTY" AS county, "Id" AS location_source_value, NULL AS country_concept_id, 'US' AS country_source_value,
  "LAT" AS latitude, "LON" AS longitude
FROM place
UNION ALL
SELECT
  getvariable('patients') + care_site_id, "ADDRESS", NULL, "CITY", "STATE", "ZIP", NULL, "Id", NULL, 'US', "LAT", "LON"
FROM files.organizations
JOIN care_site_number ON organization_id = "Id"
ORDER BY location_id;

CREATE TABLE omop.care_site AS
SELECT
  care_site_id, "NAME" AS care_site_name, NULL AS place_of_service_concept_id,
  getvariable('patients') + care_site_id AS location_id, "Id" AS care_site_source_value,
  NULL AS place_of_service_source_value
FROM files.organizations
JOIN care_site_number ON organization_id = "Id"
ORDER BY care_site_id;

CREATE TABLE omop.provider (
  provider_id VARCHAR, provider_name VARCHAR, npi VARCHAR, dea VARCHAR, specialty_concept_id VARCHAR,
  care_site_id VARCHAR, year_of_birth VARCHAR, gender_concept_id VARCHAR, provider_source_value VARCHAR,
  specialty_source_value VARCHAR, specialty_source_concept_id VARCHAR, gender_source_value VARCHAR,
  gender_source_concept_id VARCHAR
);

CREATE TABLE omop.person AS
SELECT
  person_id,
  CASE "GENDER" WHEN 'M' THEN 8507 WHEN 'F' THEN 8532 ELSE 0 END AS gender_concept_id,
  year("BIRTHDATE"::DATE) AS year_of_birth,
  month("BIRTHDATE"::DATE) AS month_of_birth,
  day("BIRTHDATE"::DATE) AS day_of_birth,
  NULL AS birth_datetime,
  CASE "RACE"
    WHEN 'white' THEN 8527 WHEN 'black' THEN 8516 WHEN 'asian' THEN 8515 WHEN 'hawaiian' THEN 8557
    WHEN 'native' THEN 8657
    ELSE 0
  END AS race_concept_id,
  CASE "ETHNICITY" WHEN 'hispanic' THEN 38003563 ELSE 38003564 END AS ethnicity_concept_id,
  person_id AS location_id,
  NULL AS provider_id,
  NULL AS care_site_id,
  "Id" AS person_source_value,
  "GENDER" AS gender_source_value,
  0 AS gender_source_concept_id,
  "RACE" AS race_source_value,
  0 AS race_source_concept_id,
  "ETHNICITY" AS ethnicity_source_value,
  0 AS ethnicity_source_concept_id
FROM files.patients
JOIN person_number ON patient_id = "Id"
ORDER BY person_id;

CREATE TABLE omop.death AS
SELECT
  person_id, "DEATHDATE" AS death_date, NULL AS death_datetime, 32817 AS death_type_concept_id,
  NULL AS cause_concept_id, NULL AS cause_source_value, NULL AS cause_source_concept_id
FROM files.patients
JOIN person_number ON patient_id = "Id"
WHERE "DEATHDATE" IS NOT NULL
ORDER BY person_id;

/* A patient is still in hospital where the visit has no end. */
CREATE TABLE omop.visit_occurrence AS
SELECT
  visit_occurrence_id,
  person_id,
  CASE "ENCOUNTERCLASS" WHEN 'inpatient' THEN 9201 WHEN 'emergency' THEN 9203 ELSE 9202 END AS visit_concept_id,
  calendar("START") AS visit_start_date,
  clock("START") AS visit_start_datetime,
  calendar("STOP") AS visit_end_date,
  clock("STOP") AS visit_end_datetime,
  32817 AS visit_type_concept_id,
  NULL AS provider_id,
  care_site_id,
  "ENCOUNTERCLASS" AS visit_source_value,
  coalesce(concept_id, 0) AS visit_source_concept_id,
  0 AS admitted_from_concept_id,
  NULL AS admitted_from_source_value,
  0 AS discharged_to_concept_id,
  disposition AS discharged_to_source_value,
  lag(visit_occurrence_id) OVER (PARTITION BY person_id ORDER BY visit_occurrence_id) AS preceding_visit_occurrence_id
FROM files.encounters
JOIN visit_number ON encounter_id = encounters."Id"
JOIN person_number ON patient_id = "PATIENT"
JOIN care_site_number ON organization_id = "ORGANIZATION"
LEFT JOIN own_concept ON concept_code = "CODE"
LEFT JOIN left_for ON left_for."Id" = encounters."Id"
ORDER BY visit_occurrence_id;

CREATE TABLE omop.condition_occurrence AS
SELECT
  row_number() OVER (ORDER BY visit_occurrence_id, conditions."CODE") AS condition_occurrence_id,
  person_id,
  concept_id AS condition_concept_id,
  conditions."START" AS condition_start_date,
  NULL AS condition_start_datetime,
  conditions."STOP" AS condition_end_date,
  NULL AS condition_end_datetime,
  32817 AS condition_type_concept_id,
  CASE conditions."CODE" WHEN "REASONCODE" THEN 32902 ELSE 0 END AS condition_status_concept_id,
  NULL AS stop_reason,
  NULL AS provider_id,
  visit_occurrence_id,
  NULL AS visit_detail_id,
  conditions."CODE" AS condition_source_value,
  concept_id AS condition_source_concept_id,
  NULL AS condition_status_source_value
FROM files.conditions
JOIN files.encounters ON encounters."Id" = "ENCOUNTER"
JOIN own_concept ON concept_code = conditions."CODE"
JOIN visit_number ON encounter_id = "ENCOUNTER"
JOIN person_number ON patient_id = conditions."PATIENT"
ORDER BY condition_occurrence_id;

CREATE TEMP TABLE procedure_number AS
SELECT *, row_number() OVER (ORDER BY "START", "ENCOUNTER", "CODE", "STOP", "DESCRIPTION") AS procedure_occurrence_id
FROM files.procedures;

CREATE TABLE omop.procedure_occurrence AS
SELECT
  procedure_occurrence_id,
  person_id,
  concept_id AS procedure_concept_id,
  calendar("START") AS procedure_date,
  clock("START") AS procedure_datetime,
  calendar("STOP") AS procedure_end_date,
  clock("STOP") AS procedure_end_datetime,
  32817 AS procedure_type_concept_id,
  0 AS modifier_concept_id,
  1 AS quantity,
  NULL AS provider_id,
  visit_occurrence_id,
  NULL AS visit_detail_id,
  "CODE" AS procedure_source_value,
  concept_id AS procedure_source_concept_id,
  NULL AS modifier_source_value
FROM procedure_number
JOIN own_concept ON concept_code = "CODE"
JOIN visit_number ON encounter_id = "ENCOUNTER"
JOIN person_number ON patient_id = "PATIENT"
ORDER BY procedure_occurrence_id;

CREATE TABLE omop.payer_plan_period AS
SELECT
  row_number() OVER (ORDER BY person_id, "START_DATE") AS payer_plan_period_id,
  person_id,
  "START_DATE" AS payer_plan_period_start_date,
  "END_DATE" AS payer_plan_period_end_date,
  NULL AS payer_concept_id,
  "PAYER" AS payer_source_value,
  NULL AS payer_source_concept_id,
  NULL AS plan_concept_id,
  "NAME" AS plan_source_value,
  NULL AS plan_source_concept_id,
  NULL AS sponsor_concept_id,
  NULL AS sponsor_source_value,
  NULL AS sponsor_source_concept_id,
  NULL AS family_source_value,
  NULL AS stop_reason_concept_id,
  NULL AS stop_reason_source_value,
  NULL AS stop_reason_source_concept_id
FROM files.payer_transitions
JOIN person_number ON patient_id = "PATIENT"
JOIN files.payers ON payers."Id" = "PAYER"
ORDER BY payer_plan_period_id;

/* One row per visit, with what was claimed and what the payer paid; and one per procedure, with its list price. */
CREATE TABLE omop.cost AS
WITH event AS (
  SELECT
    visit_occurrence_id AS cost_event_id, 'Visit' AS cost_domain_id, "TOTAL_CLAIM_COST" AS total_cost,
    "PAYER_COVERAGE" AS paid_by_payer, payer_plan_period_id
  FROM files.encounters
  JOIN visit_number ON encounter_id = "Id"
  JOIN person_number ON patient_id = "PATIENT"
  JOIN omop.payer_plan_period AS period
    ON period.person_id = person_number.person_id AND payer_source_value = "PAYER"
    AND left("START", 10) BETWEEN payer_plan_period_start_date AND payer_plan_period_end_date
  UNION ALL
  SELECT procedure_occurrence_id, 'Procedure', "BASE_COST", NULL, NULL FROM procedure_number
)
SELECT
  row_number() OVER (ORDER BY cost_domain_id DESC, cost_event_id) AS cost_id,
  cost_event_id,
  cost_domain_id,
  32817 AS cost_type_concept_id,
  44818668 AS currency_concept_id,
  NULL AS total_charge,
  total_cost,
  NULL AS total_paid,
  paid_by_payer,
  NULL AS paid_by_patient,
  NULL AS paid_patient_copay,
  NULL AS paid_patient_coinsurance,
  NULL AS paid_patient_deductible,
  NULL AS paid_by_primary,
  NULL AS paid_ingredient_cost,
  NULL AS paid_dispensing_fee,
  payer_plan_period_id,
  NULL AS amount_allowed,
  NULL AS revenue_code_concept_id,
  NULL AS revenue_code_source_value,
  NULL AS drg_concept_id,
  NULL AS drg_source_value
FROM event
ORDER BY cost_id;
