/* The hospital again, grown to what every shape of files can tell of it: a second house, transfers between the two,
   diagnoses that are nobody's reason, and spells of cover. sample_hospital_omop.sql and sample_hospital_fhir.sql write
   the same rows in other words.

   In:  schema files of sample_hospital.sql, and its macros.
   Out: the same schema, as a whole Synthea export; of the answers those that hold for two houses. */

/* What the clock on the wall shows: it is five hours behind UTC all year (HOSPITAL_TIMEZONE=Etc/GMT+5). A Synthea export
   writes UTC; other shapes write this. */
CREATE MACRO wall_clock(instant) AS rtrim(instant, 'Z')::TIMESTAMP - INTERVAL 5 HOUR;

/* One patient in three goes to the second house. One visit or stay in ten is at the other one all the same, and six in
   ten of those who leave a bed and lie in another on the same day are moved there: a transfer. */
CREATE TEMP TABLE placed_encounter AS
WITH stay AS (
  SELECT
    "Id",
    max("STOP") OVER (before ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS stopped_before,
    lead("START") OVER before AS starts_after
  FROM files.encounters
  WHERE "ENCOUNTERCLASS" = 'inpatient'
  WINDOW before AS (PARTITION BY "PATIENT" ORDER BY "START", "STOP")
), told AS (
  SELECT
    encounters.*,
    CASE WHEN draw('house', "PATIENT", 0) < 0.33 THEN 2 ELSE 1 END AS house_of_patient,
    coalesce("START" >= stopped_before AND left("START", 10) = left(stopped_before, 10), false) AS follows_on,
    coalesce(left("START", 10) > left(stopped_before, 10), true)
      AND coalesce(left("STOP", 10) < left(starts_after, 10), starts_after IS NULL) AS is_whole
  FROM files.encounters
  LEFT JOIN stay USING ("Id")
), placed AS (
  SELECT
    *,
    CASE
      WHEN follows_on AND draw('moved', "Id", 0) < 0.6 THEN 3 - house_of_patient
      WHEN is_whole AND draw('elsewhere', "Id", 0) < 0.1 THEN 3 - house_of_patient
      ELSE house_of_patient
    END AS house_no
  FROM told
)
SELECT
  "Id",
  house_no,
  follows_on AND house_no <> lag(house_no) OVER (
    PARTITION BY "PATIENT", "ENCOUNTERCLASS" = 'inpatient' ORDER BY "START", "STOP"
  ) AS is_transfer
FROM placed;

CREATE OR REPLACE TABLE files.encounters AS
SELECT encounters.* REPLACE (made_id('organization', 0, house_no) AS "ORGANIZATION")
FROM files.encounters
JOIN placed_encounter USING ("Id")
ORDER BY "START", "Id";

INSERT INTO files.organizations VALUES (
  made_id('organization', 0, 2), 'HILLSIDE GENERAL HOSPITAL', '2 HILL ROAD', 'QUINCY', 'MA', '02169',
  '42.250001', '-71.000001'
);

/* One row per encounter and diagnosis: each encounter's reason, and at a patient's first encounter what they have had
   for long. What made somebody come for an hour is over by then; what made somebody stay is not. */
CREATE TABLE files.conditions AS
WITH problem (problem_code, problem, share) AS (
  VALUES ('44054006', 'Diabetes', 0.16), ('433144002', 'Chronic kidney disease stage 3 (disorder)', 0.07),
    ('52448006', 'Dementia', 0.03)
), first_encounter AS (
  SELECT DISTINCT ON ("PATIENT") * FROM files.encounters ORDER BY "PATIENT", "START", "Id"
), diagnosed AS (
  SELECT encounters.*, "REASONCODE" AS diagnosis_code, "REASONDESCRIPTION" AS diagnosis, "ENCOUNTERCLASS" <> 'inpatient' AS ends
  FROM files.encounters
  WHERE "REASONCODE" IS NOT NULL
  UNION ALL
  SELECT first_encounter.*, problem_code, problem, false
  FROM first_encounter
  JOIN problem ON draw(problem, "PATIENT", 0) < share
)
SELECT
  left("START", 10) AS "START",
  CASE WHEN ends THEN left("STOP", 10) END AS "STOP",
  "PATIENT",
  "Id" AS "ENCOUNTER",
  diagnosis_code AS "CODE",
  diagnosis AS "DESCRIPTION"
FROM diagnosed
ORDER BY "START", "ENCOUNTER", "CODE";

/* One row per patient and spell with one payer: it ends the day before the next begins, the last with the data. */
CREATE TABLE files.payer_transitions AS
WITH followed AS (
  SELECT
    *,
    "PAYER" IS DISTINCT FROM lag("PAYER") OVER (PARTITION BY "PATIENT" ORDER BY "START", "Id") AS is_change
  FROM files.encounters
), spell AS (
  SELECT "PATIENT", "PAYER", left("START", 10) AS first_day FROM followed WHERE is_change
)
SELECT
  "PATIENT",
  first_day AS "START_DATE",
  coalesce(
    lead(first_day) OVER (PARTITION BY "PATIENT" ORDER BY first_day)::DATE - 1, getvariable('last_day')
  )::VARCHAR AS "END_DATE",
  "PAYER"
FROM spell
ORDER BY "PATIENT", "START_DATE";

/* These count the stays of one house. */
DROP TABLE answers.stays;
DROP TABLE answers.gap_days;
DROP TABLE answers.readmission;
DROP TABLE answers.edge_case;

CREATE TABLE answers.houses AS
SELECT
  "NAME" AS organization_name,
  count(*) AS encounters,
  count(*) FILTER ("ENCOUNTERCLASS" = 'inpatient') AS inpatient_encounters,
  count(*) FILTER (is_transfer) AS transfers_in
FROM files.encounters
JOIN placed_encounter USING ("Id")
JOIN files.organizations ON organizations."Id" = encounters."ORGANIZATION"
GROUP BY ALL
ORDER BY ALL;
COMMENT ON TABLE answers.houses IS 'Encounters by the house that gave the care.';
COMMENT ON COLUMN answers.houses.organization_name IS 'NAME of organizations.csv.';
COMMENT ON COLUMN answers.houses.encounters IS 'Rows of encounters.csv.';
COMMENT ON COLUMN answers.houses.inpatient_encounters IS 'Those of class inpatient.';
COMMENT ON COLUMN answers.houses.transfers_in IS
  'Those of class inpatient that begin on the day on which the patient left a bed of the other house.';

/* One row per encounter, with where the patient went. No column of a Synthea export says it; other shapes have one. */
CREATE TEMP TABLE left_for AS
WITH stay AS (
  SELECT
    "Id",
    "STOP",
    "DEATHDATE"::DATE <= wall_clock("STOP")::DATE AS is_dead,
    lead(is_transfer) OVER (PARTITION BY "PATIENT" ORDER BY "START", "STOP") AS is_moved_on
  FROM files.encounters
  JOIN placed_encounter USING ("Id")
  JOIN files.patients ON patients."Id" = encounters."PATIENT"
  WHERE "ENCOUNTERCLASS" = 'inpatient'
)
SELECT
  "Id",
  CASE WHEN is_dead THEN '20' WHEN is_moved_on THEN '02' ELSE '01' END AS disposition
FROM stay
WHERE "STOP" IS NOT NULL;
