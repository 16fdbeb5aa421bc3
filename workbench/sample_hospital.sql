/* The hospital family: a made-up hospital in the shape of a Synthea export, with the quirks that such files have.

   In:  the variables seed and patients (how many to make).
   Out: schema files    a table a CSV file, every column text as it is to be written, rows in the order of the file;
        schema answers  what is true of those files, computed from the plan they were made by, not read back;
        schema dirt     raw lines that break the files, appended only when dirt is asked for.

   Nothing here draws from random(): every choice is an md5 of (seed, what is chosen, patient, which one), and every
   number is built with + - * / and sqrt, which IEEE 754 rounds the same everywhere. So the same seed gives the same
   bytes whatever the threads, the machine or the DuckDB version. The names, streets, telephone numbers and ids are
   invented; the codes are SNOMED CT's. */

CREATE SCHEMA files;
CREATE SCHEMA answers;
CREATE SCHEMA dirt;

/* The last day ends no month and no year: a period that is not over yet is part of the picture. */
SET VARIABLE first_day = DATE '2011-01-02';
SET VARIABLE last_day = DATE '2022-06-17';

/* A number in [0, 1), always the same for the same three arguments. */
CREATE MACRO draw(what, patient_no, nth) AS
  (md5_number_lower(concat_ws('|', getvariable('seed'), what, patient_no, nth)) >> 11) / 9007199254740992.0;
/* A whole number from low to high, both included. */
CREATE MACRO whole(low, high, share) AS (low + floor(share * (high - low + 1)))::INTEGER;
/* A factor around 1 with a long right tail: 0.1 at 1 %, 3 at 90 %, 7 at most. Bills and use of care look like this. */
CREATE MACRO skewed(share) AS sqrt(least(share, 0.98) / (1 - least(share, 0.98)));
/* The same, narrower: 0.3 at 1 %, 1.7 at 90 %, 2.6 at most. */
CREATE MACRO spread(share) AS sqrt(skewed(share));
/* Ids do not follow the seed (the 1 is any constant): two hospitals, of two seeds, give one id to different people. */
CREATE MACRO made_id(what, patient_no, nth) AS
  regexp_replace(md5(concat_ws('|', 1, what, patient_no, nth)),
    '^(.{8})(.{4})(.{4})(.{4})(.{12})$', '\1-\2-\3-\4-\5');
/* 85.50 is written 85.5 and 903.00 is written 903, as Synthea does. */
CREATE MACRO amount_text(cents) AS rtrim(rtrim((cents / 100)::DECIMAL(14, 2)::VARCHAR, '0'), '.');
CREATE MACRO instant_text(instant) AS strftime(instant, '%Y-%m-%dT%H:%M:%SZ');

/* ------------------------------------------------------------------------------------- what there is to choose from */

/* unpaid_share: of its claims, those it pays nothing for (a deductible not yet met); else from .. to per mille. */
CREATE TEMP TABLE payer (
  payer_no INTEGER, payer_name VARCHAR, payer_category VARCHAR, address VARCHAR, city VARCHAR, state VARCHAR,
  zip VARCHAR, phone VARCHAR, unpaid_share DOUBLE, pays_from INTEGER, pays_to INTEGER
);
INSERT INTO payer VALUES
  (1, 'Dual Eligible', 'Dual', '100 Federal Plaza', 'Baltimore', 'MD', '21201', '1-800-555-0101', 0.05, 850, 1000),
  (2, 'Medicare', 'Medicare', '100 Federal Plaza', 'Baltimore', 'MD', '21201', '1-800-555-0102', 0.03, 700, 850),
  (3, 'Medicaid', 'Medicaid', '100 Federal Plaza', 'Baltimore', 'MD', '21201', '1-800-555-0103', 0.01, 900, 1000),
  (4, 'Humana', 'Private', '22 River Walk', 'Louisville', 'KY', '40202', '1-800-555-0104', 0.45, 500, 800),
  (5, 'Blue Cross Blue Shield', 'Private', '7 Lake Street', 'Chicago', 'IL', '60601', '1-800-555-0105', 0.25, 600, 850),
  (6, 'UnitedHealthcare', 'Private', '300 Prairie Road', 'Minnetonka', 'MN', '55343', '1-800-555-0106', 0.45, 550, 800),
  (7, 'Aetna', 'Private', '19 Charter Oak Place', 'Hartford', 'CT', '06103', '1-800-555-0107', 0.50, 500, 750),
  (8, 'Cigna Health', 'Private', '41 Day Hill Road', 'Windsor', 'CT', '06095', '1-800-555-0108', 0.50, 550, 800),
  (9, 'Anthem', 'Private', '5 Canal Walk', 'Indianapolis', 'IN', '46204', '1-800-555-0109', 0.60, 500, 700),
  (10, 'NO_INSURANCE', 'Self-pay/Uninsured', NULL, NULL, NULL, NULL, NULL, 1, 0, 0);

/* Who pays, from an age on, by the patient's place on a line from 0 to 1; upto closes a piece of it. The pieces are
   laid so that half of the uninsured get Medicare at 65, and most Medicaid patients become dual eligible. */
CREATE TEMP TABLE payer_share (age_from INTEGER, upto DOUBLE, payer_name VARCHAR);
INSERT INTO payer_share VALUES
  (0, 0.24, 'NO_INSURANCE'), (0, 0.38, 'Medicaid'), (0, 0.48, 'Aetna'), (0, 0.58, 'Anthem'),
  (0, 0.69, 'Blue Cross Blue Shield'), (0, 0.79, 'Cigna Health'), (0, 0.89, 'Humana'), (0, 1, 'UnitedHealthcare'),
  (65, 0.12, 'NO_INSURANCE'), (65, 0.24, 'Medicare'), (65, 0.34, 'Dual Eligible'), (65, 1, 'Medicare');

/* upto closes the town's piece of the line from 0 to 1. A town without ZIPs leaves its patients without one. */
CREATE TEMP TABLE town (upto DOUBLE, city VARCHAR, county VARCHAR, zips VARCHAR[], lat DOUBLE, lon DOUBLE);
INSERT INTO town VALUES
  (0.52, 'Boston', 'Suffolk County', ['02108', '02115', '02118', '02124', '02128', '02130', '02135'], 42.32, -71.09),
  (0.61, 'Quincy', 'Norfolk County', ['02169', '02170', '02171'], 42.25, -71.00),
  (0.67, 'Cambridge', 'Middlesex County', ['02138', '02139', '02141'], 42.37, -71.11),
  (0.72, 'Revere', 'Suffolk County', ['02151'], 42.41, -71.01),
  (0.77, 'Chelsea', 'Suffolk County', ['02150'], 42.39, -71.03),
  (0.82, 'Weymouth', 'Norfolk County', ['02188', '02190'], 42.20, -70.95),
  (0.86, 'Somerville', 'Middlesex County', ['02143', '02144'], 42.39, -71.10),
  (0.89, 'Hingham', 'Plymouth County', ['02043'], 42.22, -70.89),
  (0.92, 'Newton', 'Middlesex County', ['02458', '02467'], 42.34, -71.20),
  (0.95, 'Cohasset', 'Norfolk County', NULL, 42.24, -70.80),
  (0.98, 'Norwell', 'Plymouth County', NULL, 42.16, -70.79),
  (1, 'Lynnfield', 'Essex County', NULL, 42.54, -71.04);

CREATE TEMP TABLE name_list (kind VARCHAR, origin VARCHAR, names VARCHAR[]);
INSERT INTO name_list VALUES
  ('F', 'general', ['Alice', 'Barbara', 'Carol', 'Dorothy', 'Emily', 'Frances', 'Grace', 'Helen', 'Irene', 'Joan',
    'Karen', 'Linda', 'Margaret', 'Nora', 'Olivia', 'Patricia', 'Quinn', 'Ruth', 'Susan', 'Teresa', 'Ursula', 'Wendy']),
  ('M', 'general', ['Adam', 'Brian', 'Charles', 'David', 'Edward', 'Frank', 'George', 'Henry', 'Ivan', 'James',
    'Keith', 'Louis', 'Martin', 'Nathan', 'Oscar', 'Paul', 'Quentin', 'Robert', 'Samuel', 'Thomas', 'Victor',
    'Zachary']),
  ('F', 'hispanic', ['Ana', 'Beatriz', 'Carmen', 'Inés', 'Isabel', 'Lucía', 'María José', 'Mónica', 'Pilar', 'Rocío',
    'Sofía', 'Verónica']),
  ('M', 'hispanic', ['Álvaro', 'Andrés', 'Carlos', 'Diego', 'Jesús', 'José', 'José Luis', 'Manuel', 'Martín', 'Pedro',
    'Ramón', 'Raúl']),
  ('last', 'general', ['Adams', 'Baker', 'Campbell', 'Davis', 'Evans', 'Foster', 'Green', 'Harris', 'Irving',
    'Johnson', 'King', 'Lewis', 'Mitchell', 'Nelson', 'O''Brien', 'O''Neill', 'Parker', 'Quigley', 'Roberts', 'Smith',
    'Turner', 'Van der Berg', 'Walker', 'Young', 'Zimmerman', 'Smith-Jones', 'Brown', 'Clark', 'Hill', 'Moore',
    'Wright']),
  ('last', 'hispanic', ['Álvarez', 'Castro', 'Díaz', 'Fernández', 'García', 'Gómez', 'Güell', 'Herrera', 'López',
    'Morales', 'Muñoz', 'Núñez', 'Ortiz', 'Peña', 'Ramírez', 'Reyes', 'Ruiz', 'Sánchez', 'Torres', 'Vargas']),
  ('birthplace', 'general', ['Boston  Massachusetts  US', 'Cambridge  Massachusetts  US',
    'Worcester  Massachusetts  US', 'Lowell  Massachusetts  US', 'Springfield  Massachusetts  US',
    'Plymouth  Massachusetts  US', 'Portland  Maine  US', 'Providence  Rhode Island  US', 'Dublin  Leinster  IE',
    'Lisbon  Lisbon  PT', 'Fall River  Massachusetts  US', 'Lynn  Massachusetts  US', 'Malden  Massachusetts  US',
    'Salem  Massachusetts  US', 'Natick  Massachusetts  US', 'New Bedford  Massachusetts  US',
    'Pittsfield  Massachusetts  US', 'Revere  Massachusetts  US', 'Taunton  Massachusetts  US',
    'Waltham  Massachusetts  US', 'Đà Nẵng  Đà Nẵng  VN']),
  ('birthplace', 'hispanic', ['San Juan  Puerto Rico  PR', 'Ponce  Puerto Rico  PR',
    'Santo Domingo  National District  DO', 'León  Guanajuato  MX', 'Mérida  Yucatán  MX', 'Bogotá  Bogotá  CO',
    'Boston  Massachusetts  US']),
  ('street', 'general', ['Acorn Street', 'Birch Lane', 'Cedar Road', 'Dover Court', 'Elm Avenue', 'Forge Hill',
    'Garden Walk', 'Harbor View', 'Juniper Way', 'Keel Row', 'Linden Place', 'Mill Lane', 'North Wharf',
    'Pier Street']);

/* UTF-8 read as Mac Roman and saved again, letter by letter: the bytes C3 A9 of é become √ and ©. */
CREATE TEMP TABLE mac_roman (letter VARCHAR, mangled VARCHAR);
INSERT INTO mac_roman VALUES
  ('á', '√°'), ('é', '√©'), ('í', '√≠'), ('ó', '√≥'), ('ú', '√∫'), ('ñ', '√±'), ('ü', '√º'), ('Á', '√Å'),
  ('à', '√†'), ('Đ', 'ƒê'), ('ẵ', '·∫µ');

/* The lists again, each name as it should be and as it comes out mangled. Synthea marks its people as made up by digits
   behind each name, always the same behind the same name. */
CREATE TEMP TABLE name AS
WITH listed AS (
  SELECT kind, origin, unnest(names) AS name, generate_subscripts(names, 1) AS position FROM name_list
), letters AS (
  SELECT
    kind, origin, position, string_split(name, '') AS spelled, unnest(spelled) AS letter,
    generate_subscripts(spelled, 1) AS letter_no
  FROM listed
), spelled AS (
  SELECT
    kind, origin, position,
    string_agg(letter, '' ORDER BY letter_no) AS clean,
    string_agg(coalesce(mangled, letter), '' ORDER BY letter_no) AS mangled
  FROM letters
  LEFT JOIN mac_roman USING (letter)
  GROUP BY ALL
), marked AS (
  SELECT *, CASE WHEN kind IN ('F', 'M', 'last') THEN (md5_number_lower(clean) % 1000)::VARCHAR ELSE '' END AS digits
  FROM spelled
)
SELECT
  kind, origin,
  list(clean || digits ORDER BY position) AS clean,
  list(mangled || digits ORDER BY position) AS mangled
FROM marked
GROUP BY ALL;

/* What the hospital does. base_cost is the visit's own price; extra_cost is what is usual for things without a line of
   their own (drugs, supplies; in a stay, each day of the bed). reason_share: how often the reason was coded. */
CREATE TEMP TABLE care (
  care VARCHAR, class VARCHAR, code VARCHAR, description VARCHAR, reason_code VARCHAR, reason VARCHAR,
  reason_share DOUBLE, minutes INTEGER, base_cost DECIMAL(9, 2), extra_cost INTEGER
);
INSERT INTO care VALUES
  ('sinusitis', 'ambulatory', '185345009', 'Encounter for symptom',
    '444814009', 'Viral sinusitis (disorder)', 0.8, 15, 85.55, 300),
  ('sore throat', 'ambulatory', '185345009', 'Encounter for symptom',
    '195662009', 'Acute viral pharyngitis (disorder)', 0.8, 15, 85.55, 260),
  ('bronchitis', 'ambulatory', '185345009', 'Encounter for symptom',
    '10509002', 'Acute bronchitis (disorder)', 0.8, 20, 85.55, 350),
  ('problem', 'ambulatory', '185347001', 'Encounter for problem', NULL, NULL, 0, 25, 85.55, 900),
  ('lipid follow-up', 'ambulatory', '390906007', 'Follow-up encounter',
    '55822004', 'Hyperlipidemia', 1, 15, 85.55, 120),
  ('heart failure follow-up', 'ambulatory', '390906007', 'Follow-up encounter (procedure)',
    '88805009', 'Chronic congestive heart failure (disorder)', 0.9, 30, 85.55, 700),
  ('telemedicine', 'ambulatory', '448337001', 'Telemedicine consultation with patient', NULL, NULL, 0, 15, 142.58, 0),
  ('dialysis', 'ambulatory', '185347001', 'Encounter for problem (procedure)', NULL, NULL, 0, 210, 85.55, 60),
  ('screening visit', 'ambulatory', '185349003', 'Encounter for ''check-up''', NULL, NULL, 0, 30, 85.55, 250),
  ('office visit', 'ambulatory', '316744009', 'Office Visit', NULL, NULL, 0, 15, 142.58, 60),
  ('first prenatal visit', 'ambulatory', '424441002', 'Prenatal initial visit',
    '72892002', 'Normal pregnancy', 1, 15, 142.58, 400),
  ('prenatal visit', 'ambulatory', '424619006', 'Prenatal visit', '72892002', 'Normal pregnancy', 1, 15, 142.58, 150),
  ('birth', 'emergency', '183460006', 'Obstetric emergency hospital admission',
    '72892002', 'Normal pregnancy', 1, 60, 146.18, 2400),
  ('postnatal visit', 'ambulatory', '169762003', 'Postnatal visit', NULL, NULL, 0, 15, 142.58, 250),
  ('asthma follow-up', 'ambulatory', '394701000', 'Asthma follow-up', '195967001', 'Asthma', 1, 15, 142.58, 90),
  /* 185347001 whose last two digits were lost on the way: a known wound of such files, and no code of SNOMED CT. */
  ('lung rehabilitation', 'ambulatory', '1853470', 'Encounter for problem (procedure)', NULL, NULL, 0, 30, 142.58, 100),
  ('check-up', 'outpatient', '185349003', 'Encounter for check up (procedure)', NULL, NULL, 0, 15, 85.55, 260),
  ('injury', 'outpatient', '185347001', 'Encounter for problem (procedure)', NULL, NULL, 0, 60, 85.55, 150),
  ('vaccination', 'outpatient', '33879002', 'Administration of vaccine to produce active immunity (procedure)',
    NULL, NULL, 0, 15, 142.58, 130),
  ('outpatient procedure', 'outpatient', '308335008', 'Patient encounter procedure', NULL, NULL, 0, 30, 142.58, 300),
  ('consultation', 'outpatient', '698314001', 'Consultation for treatment', NULL, NULL, 0, 20, 142.58, 800),
  ('lung cancer work-up', 'outpatient', '185347001', 'Encounter for problem (procedure)',
    '162573006', 'Suspected lung cancer (situation)', 1, 60, 85.55, 900),
  ('urgent care', 'urgentcare', '702927004', 'Urgent care clinic (procedure)', NULL, NULL, 0, 15, 142.58, 90),
  ('cardioversion', 'urgentcare', '702927004', 'Urgent care clinic (procedure)', NULL, NULL, 0, 15, 142.58, 400),
  ('emergency', 'emergency', '50849002', 'Emergency room admission (procedure)', NULL, NULL, 0, 90, 146.18, 1400),
  ('emergency before a stay', 'emergency', '50849002', 'Emergency Room Admission', NULL, NULL, 0, 150, 146.18, 2600),
  ('overdose', 'emergency', '50849002', 'Emergency Encounter', '55680006', 'Drug overdose', 1, 60, 146.18, 1600),
  ('examination', 'wellness', '162673000', 'General examination of patient (procedure)', NULL, NULL, 0, 15, 136.8, 500),
  ('death certificate', 'wellness', '308646001', 'Death Certification',
    '88805009', 'Chronic congestive heart failure (disorder)', 0.4, 15, 136.8, 0),
  ('chemotherapy', 'inpatient', '185347001', 'Encounter for problem',
    '254837009', 'Malignant neoplasm of breast (disorder)', 0.3, NULL, 87.71, 200),
  ('screening', 'inpatient', '410410006', 'Screening surveillance (regime/therapy)',
    '254837009', 'Malignant neoplasm of breast (disorder)', 1, NULL, 146.18, 60),
  ('gynecology', 'inpatient', '310061009', 'Gynecology service (qualifier value)',
    '254837009', 'Malignant neoplasm of breast (disorder)', 1, NULL, 146.18, 90),
  ('detoxification', 'inpatient', '56876005', 'Drug rehabilitation and detoxification',
    '5602001', 'Opioid abuse (disorder)', 0.2, NULL, 146.18, 650),
  ('surgery', 'inpatient', '305408004', 'Admission to surgical department',
    '65275009', 'Acute Cholecystitis', 0.5, NULL, 146.18, 1500),
  ('orthopedics', 'inpatient', '183495009', 'Non-urgent orthopedic admission',
    '239872002', 'Osteoarthritis of hip', 0.6, NULL, 146.18, 1700),
  ('reevaluation', 'inpatient', '86013001', 'Periodic reevaluation and management of healthy individual (procedure)',
    NULL, NULL, 0, NULL, 146.18, 240),
  ('hospice', 'inpatient', '305336008', 'Admission to hospice (procedure)', NULL, NULL, 0, NULL, 146.18, 180),
  ('wound infection', 'inpatient', '183452005', 'Encounter Inpatient', NULL, NULL, 0, NULL, 87.71, 1100),
  ('heart failure', 'inpatient', '185347001', 'Encounter for problem',
    '88805009', 'Chronic congestive heart failure (disorder)', 0.7, NULL, 87.71, 1300),
  ('pneumonia', 'inpatient', '183452005', 'Encounter Inpatient', '233604007', 'Pneumonia', 0.4, NULL, 87.71, 1200),
  ('sepsis', 'inpatient', '305351004', 'Admission to intensive care unit (procedure)',
    '91302008', 'Sepsis (disorder)', 0.4, NULL, 146.18, 3000),
  ('heart attack', 'inpatient', '185347001', 'Encounter for problem',
    '22298006', 'Myocardial Infarction', 0.5, NULL, 87.71, 1900),
  ('stroke', 'inpatient', '185347001', 'Encounter for problem (procedure)',
    '230690007', 'Stroke', 0.5, NULL, 87.71, 1700),
  ('hip fracture', 'inpatient', '183452005', 'Encounter Inpatient',
    '359817006', 'Closed fracture of hip', 0.5, NULL, 87.71, 1500),
  ('lung disease', 'inpatient', '185347001', 'Encounter for problem',
    '87433001', 'Pulmonary emphysema (disorder)', 0.4, NULL, 87.71, 1100),
  ('migraine', 'inpatient', '185345009', 'Encounter for symptom (procedure)',
    '124171000119105', 'Chronic intractable migraine without aura', 0.5, NULL, 87.71, 900),
  ('observation', 'inpatient', '185345009', 'Encounter for symptom (procedure)', NULL, NULL, 0, NULL, 87.71, 1000),
  ('isolation', 'inpatient', '1505002', 'Hospital admission for isolation (procedure)',
    '840539006', 'COVID-19', 1, NULL, 146.18, 1600);

/* Stays alone. weight_upto: the mix of unplanned medical stays, as pieces of a line from 0 to 1. The flags are what the
   readmission rules of the answers need to know; they follow from the codes above and the procedures below. */
CREATE TEMP TABLE stay_care AS
SELECT
  care, weight_upto, usual_days,
  kind IN ('cancer care', 'screening') AS is_session,
  kind IN ('cancer care', 'screening', 'planned') AS is_planned,
  kind = 'screening' AS is_screening,
  kind = 'detoxification' AS is_detox,
  kind = 'hospice' AS is_hospice,
  kind IN ('medical', 'planned') AS is_hwr_index
FROM (VALUES
  ('heart failure', 0.22, 4, 'medical'), ('pneumonia', 0.38, 4, 'medical'), ('sepsis', 0.47, 7, 'medical'),
  ('heart attack', 0.55, 4, 'medical'), ('stroke', 0.63, 5, 'medical'), ('hip fracture', 0.70, 5, 'medical'),
  ('lung disease', 0.82, 3, 'medical'), ('migraine', 0.85, 2, 'medical'), ('observation', 1, 2, 'medical'),
  ('isolation', NULL, 8, 'medical'), ('wound infection', NULL, 4, 'medical'),
  ('chemotherapy', NULL, 1, 'cancer care'), ('gynecology', NULL, 1, 'cancer care'), ('screening', NULL, 1, 'screening'),
  ('surgery', NULL, 3, 'planned'), ('orthopedics', NULL, 3, 'planned'), ('reevaluation', NULL, 70, 'planned'),
  ('detoxification', NULL, 5, 'detoxification'), ('hospice', NULL, 6, 'hospice')
) AS stay_kind (care, weight_upto, usual_days, kind);

/* What is done during the care, and how often. List price 431 is the default and never varies; others do. */
CREATE TEMP TABLE care_procedure (
  care VARCHAR, code VARCHAR, description VARCHAR, list_price INTEGER, share DOUBLE,
  every_day BOOLEAN, bears_reason BOOLEAN
);
INSERT INTO care_procedure VALUES
  ('check-up', '710824005', 'Assessment of health and social care needs (procedure)', 431, 0.90, false, false),
  ('check-up', '171207006', 'Depression screening (procedure)', 431, 0.75, false, false),
  ('check-up', '454711000124102', 'Depression screening using Patient Health Questionnaire Two-Item score (procedure)',
    431, 0.75, false, false),
  ('check-up', '428211000124100', 'Assessment of substance use (procedure)', 431, 0.65, false, false),
  ('check-up', '762993000', 'Assessment using Morse Fall Scale (procedure)', 431, 0.60, false, false),
  ('check-up', '710841007', 'Assessment of anxiety (procedure)', 431, 0.50, false, false),
  ('check-up', '430193006', 'Medication Reconciliation (procedure)', 500, 0.50, false, false),
  ('check-up', '713106006', 'Screening for drug abuse (procedure)', 431, 0.35, false, false),
  ('check-up', '866148006', 'Screening for domestic abuse (procedure)', 431, 0.35, false, false),
  ('check-up', '763302001', 'Assessment using Alcohol Use Disorders Identification Test - Consumption (procedure)',
    431, 0.35, false, false),
  ('check-up', '127783003', 'Spirometry (procedure)', 7000, 0.04, false, false),
  ('examination', '710824005', 'Assessment of health and social care needs (procedure)', 431, 0.86, false, false),
  ('examination', '171207006', 'Depression screening (procedure)', 431, 0.62, false, false),
  ('examination', '454711000124102',
    'Depression screening using Patient Health Questionnaire Two-Item score (procedure)', 431, 0.62, false, false),
  ('examination', '428211000124100', 'Assessment of substance use (procedure)', 431, 0.51, false, false),
  ('examination', '430193006', 'Medication Reconciliation (procedure)', 500, 0.40, false, false),
  ('examination', '710841007', 'Assessment of anxiety (procedure)', 431, 0.39, false, false),
  ('examination', '762993000', 'Assessment using Morse Fall Scale (procedure)', 431, 0.40, false, false),
  ('examination', '866148006', 'Screening for domestic abuse (procedure)', 431, 0.25, false, false),
  ('examination', '713106006', 'Screening for drug abuse (procedure)', 431, 0.25, false, false),
  ('examination', '180325003', 'Electrical cardioversion', 24000, 0.05, false, false),
  ('screening visit', '73761001', 'Colonoscopy', 11000, 0.60, false, false),
  ('screening visit', '274031008', 'Rectal polypectomy', 10000, 0.12, false, false),
  ('outpatient procedure', '76601001', 'Intramuscular injection', 2400, 0.70, false, false),
  ('outpatient procedure', '65200003', 'Insertion of intrauterine contraceptive device', 8700, 0.08, false, false),
  ('injury', '1225002', 'Upper arm X-ray', 431, 0.25, false, false),
  ('injury', '288086009', 'Suture open wound', 1800, 0.12, false, false),
  ('consultation', '228557008', 'Cognitive and behavioral therapy (regime/therapy)', 2600, 0.30, false, false),
  ('bronchitis', '23426006', 'Measurement of respiratory function (procedure)', 350, 0.50, false, true),
  ('sore throat', '117015009', 'Throat culture (procedure)', 1900, 0.30, false, true),
  ('problem', '430193006', 'Medication Reconciliation (procedure)', 500, 0.45, false, false),
  ('problem', '710824005', 'Assessment of health and social care needs (procedure)', 431, 0.40, false, false),
  ('heart failure follow-up', '385763009', 'Hospice care (regime/therapy)', 431, 0.60, false, false),
  ('heart failure follow-up', '762998009', 'Assessment using New York Heart Association Classification (procedure)',
    431, 0.60, false, true),
  ('dialysis', '265764009', 'Renal dialysis (procedure)', 950, 1, false, false),
  ('dialysis', '430193006', 'Medication Reconciliation (procedure)', 500, 0.20, false, false),
  ('telemedicine', '171207006', 'Depression screening (procedure)', 431, 0.30, false, false),
  ('lipid follow-up', '710824005', 'Assessment of health and social care needs (procedure)', 431, 0.60, false, false),
  ('first prenatal visit', '252160004', 'Standard pregnancy test', 4900, 1, false, true),
  ('first prenatal visit', '169230002', 'Ultrasound scan for fetal viability', 8800, 1, false, true),
  ('first prenatal visit', '171207006', 'Depression screening', 431, 0.80, false, true),
  ('first prenatal visit', '44608003', 'Blood typing  RH typing', 2000, 0.80, false, true),
  ('first prenatal visit', '104091002', 'Hemoglobin / Hematocrit / Platelet count', 2000, 0.80, false, true),
  ('first prenatal visit', '47758006', 'Hepatitis B Surface Antigen Measurement', 2000, 0.80, false, true),
  ('first prenatal visit', '104375008', 'Hepatitis C antibody test', 2000, 0.80, false, true),
  ('first prenatal visit', '31676001', 'Human immunodeficiency virus antigen test', 2000, 0.80, false, true),
  ('first prenatal visit', '310861008', 'Chlamydia antigen test', 2000, 0.80, false, true),
  ('first prenatal visit', '117010004', 'Urine culture', 2000, 0.80, false, true),
  ('first prenatal visit', '169690007', 'Rubella screening', 2000, 0.80, false, true),
  ('first prenatal visit', '399014008', 'Vaccination for diphtheria  pertussis  and tetanus', 2600, 0.60, false, true),
  ('prenatal visit', '225158009', 'Auscultation of the fetal heart', 5000, 1, false, true),
  ('prenatal visit', '274804006', 'Evaluation of uterine fundal height', 5000, 1, false, true),
  ('birth', '66348005', 'Childbirth', 431, 1, false, true),
  ('birth', '18946005', 'Epidural anesthesia', 1900, 0.40, false, true),
  ('birth', '11466000', 'Cesarean section', 7500, 0.25, false, true),
  ('postnatal visit', '5880005', 'Physical examination following birth', 431, 1, false, false),
  ('lung rehabilitation', '15081005', 'Pulmonary rehabilitation (regime/therapy)', 1800, 1, false, false),
  ('lung cancer work-up', '399208008', 'Plain chest X-ray (procedure)', 7400, 1, false, true),
  ('lung cancer work-up', '173160006', 'Diagnostic fiberoptic bronchoscopy (procedure)', 9000, 0.40, false, true),
  ('urgent care', '710824005', 'Assessment of health and social care needs (procedure)', 431, 0.50, false, false),
  ('cardioversion', '180325003', 'Electrical cardioversion', 24000, 0.65, false, false),
  ('cardioversion', '18286008', 'Catheter ablation of tissue of heart', 9000, 0.30, false, false),
  ('emergency', '40701008', 'Echocardiography (procedure)', 950, 0.25, false, false),
  ('emergency', '399208008', 'Chest X-ray', 8000, 0.15, false, false),
  ('emergency', '430193006', 'Medication Reconciliation (procedure)', 500, 0.70, false, false),
  ('emergency before a stay', '399208008', 'Chest X-ray', 8000, 0.30, false, false),
  ('overdose', '713106006', 'Screening for drug abuse (procedure)', 431, 0.50, false, true),
  ('chemotherapy', '703423002', 'Combined chemotherapy and radiation therapy (procedure)', 11000, 1, false, true),
  ('screening', '71651007', 'Mammography (procedure)', 115, 1, false, true),
  ('gynecology', '35025007', 'Manual pelvic examination (procedure)', 140, 1, false, true),
  ('gynecology', '90226004', 'Cytopathology procedure  preparation of smear  genital source (procedure)',
    2000, 1, false, true),
  ('detoxification', '228557008', 'Cognitive and behavioral therapy (regime/therapy)', 431, 0.60, true, false),
  ('surgery', '45595009', 'Laparoscopic Removal of Gall Bladder', 11500, 0.90, false, true),
  ('orthopedics', '699253003', 'Surgical manipulation of joint of knee', 16000, 0.90, false, true),
  ('hospice', '385763009', 'Hospice care (regime/therapy)', 431, 1, true, false),
  ('wound infection', '430701006', 'Resuscitation using intravenous fluid (procedure)', 431, 0.50, false, false),
  ('heart failure', '40701008', 'Echocardiography (procedure)', 950, 0.70, false, true),
  ('heart failure', '29303009', 'Electrocardiographic procedure', 1300, 0.80, false, true),
  /* An odd code above 2^53: any tool that takes it for a number returns another code. */
  ('observation', '16335031000119103', 'High resolution computed tomography of chest without contrast (procedure)',
    431, 1, false, false),
  ('pneumonia', '399208008', 'Plain chest X-ray (procedure)', 7400, 0.60, false, true),
  ('sepsis', '430701006', 'Resuscitation using intravenous fluid (procedure)', 431, 0.90, true, true),
  ('sepsis', '52765003', 'Intubation', 420, 0.30, false, true),
  ('heart attack', '415070008', 'Percutaneous coronary intervention', 19000, 0.50, false, true),
  ('heart attack', '232717009', 'Coronary artery bypass grafting', 46000, 0.20, false, true),
  ('stroke', '433112001', 'Percutaneous mechanical thrombectomy of portal vein using fluoroscopic guidance',
    19500, 0.30, false, true),
  ('hip fracture', '305428000', 'Admission to orthopedic department', 431, 1, false, true),
  ('lung disease', '371908008', 'Oxygen administration by mask (procedure)', 431, 1, true, false),
  ('isolation', '371908008', 'Oxygen administration by mask (procedure)', 431, 1, true, false),
  ('isolation', '431182000', 'Placing subject in prone position (procedure)', 431, 0.70, true, false);

/* Who has what, and what it brings: visits at random times (per_year), or courses of visits at a distance. */
CREATE TEMP TABLE condition (condition VARCHAR, born_from INTEGER, born_to INTEGER, sex VARCHAR, share DOUBLE);
INSERT INTO condition VALUES
  ('none in particular', 1900, 2010, NULL, 1), ('atrial fibrillation', 1900, 1960, NULL, 0.10),
  ('heart failure', 1900, 1955, NULL, 0.07), ('high cholesterol', 1900, 1975, NULL, 0.22),
  ('asthma', 1900, 2010, NULL, 0.03), ('emphysema', 1900, 1955, NULL, 0.02), ('telemedicine', 1900, 2010, NULL, 0.02),
  ('addiction', 1955, 1995, NULL, 0.05), ('lung cancer', 1900, 1955, NULL, 0.02), ('pregnancy', 1975, 1995, 'F', 0.65);

CREATE TEMP TABLE visit_rule (condition VARCHAR, care VARCHAR, per_year DOUBLE);
INSERT INTO visit_rule VALUES
  ('none in particular', 'sinusitis', 0.11), ('none in particular', 'sore throat', 0.07),
  ('none in particular', 'bronchitis', 0.06), ('none in particular', 'problem', 0.08),
  ('none in particular', 'screening visit', 0.08), ('none in particular', 'office visit', 0.03),
  ('none in particular', 'check-up', 0.50), ('none in particular', 'injury', 0.12),
  ('none in particular', 'vaccination', 0.14), ('none in particular', 'outpatient procedure', 0.12),
  ('none in particular', 'consultation', 0.05), ('none in particular', 'urgent care', 0.28),
  ('none in particular', 'emergency', 0.27), ('none in particular', 'examination', 0.31),
  ('atrial fibrillation', 'cardioversion', 1.8), ('heart failure', 'heart failure follow-up', 5.5),
  ('high cholesterol', 'lipid follow-up', 1.3), ('asthma', 'asthma follow-up', 0.9),
  ('emphysema', 'lung rehabilitation', 2.2), ('telemedicine', 'telemedicine', 10),
  ('addiction', 'overdose', 0.9), ('lung cancer', 'lung cancer work-up', 0.5);

/* How much of the visits above really happen at an age: the old are seen most, the young come by the emergency room. */
CREATE TEMP TABLE use_by_age (class VARCHAR, age_from INTEGER, age_to INTEGER, share DOUBLE);
INSERT INTO use_by_age VALUES
  ('ambulatory', 0, 39, 0.55), ('ambulatory', 40, 64, 0.70), ('ambulatory', 65, 79, 0.90), ('ambulatory', 80, 150, 1),
  ('outpatient', 0, 39, 0.35), ('outpatient', 40, 64, 0.60), ('outpatient', 65, 79, 0.90), ('outpatient', 80, 150, 1),
  ('urgentcare', 0, 39, 0.60), ('urgentcare', 40, 64, 0.60), ('urgentcare', 65, 79, 0.85), ('urgentcare', 80, 150, 1),
  ('emergency', 0, 39, 0.60), ('emergency', 40, 64, 0.40), ('emergency', 65, 79, 0.65), ('emergency', 80, 150, 1),
  ('wellness', 0, 39, 0.30), ('wellness', 40, 64, 0.50), ('wellness', 65, 79, 1), ('wellness', 80, 150, 0.80);

CREATE TEMP TABLE course_rule (
  condition VARCHAR, care VARCHAR, after_days INTEGER, every_days DOUBLE, visits_from INTEGER, visits_to INTEGER
);
INSERT INTO course_rule VALUES
  ('pregnancy', 'first prenatal visit', 0, 1, 1, 1), ('pregnancy', 'prenatal visit', 28, 28, 7, 9),
  ('pregnancy', 'birth', 281, 1, 1, 1), ('pregnancy', 'postnatal visit', 310, 1, 1, 1),
  /* Three times a week, for as long as the patient lives or stays: a handful of patients own thousands of rows. */
  ('dialysis', 'dialysis', 0, 2.3333333333333335, 450, 1000);

/* Patients whose stays follow a pattern: of every so many patients, the one with this remainder. After a stay the next
   comes soon (return_share, within soon_from .. soon_to days) or later. */
CREATE TEMP TABLE programme (
  programme VARCHAR, every INTEGER, remainder INTEGER, born_from INTEGER, born_to INTEGER, sex VARCHAR,
  dies_share DOUBLE, stays_from INTEGER, stays_to INTEGER, first_from INTEGER, first_to INTEGER,
  return_share DOUBLE, soon_from INTEGER, soon_to INTEGER, later_from INTEGER, later_to INTEGER
);
INSERT INTO programme VALUES
  ('chemotherapy', 50, 27, 1936, 1966, NULL, 0.30, 10, 32, 60, 3700, 0.85, 13, 27, 60, 240),
  ('screening', 50, 33, 1940, 1965, 'F', 0.05, 5, 9, 0, 2200, 0, 0, 0, 340, 380),
  ('gynecology', 100, 41, 1940, 1970, 'F', 0.05, 4, 9, 0, 3600, 0, 0, 0, 60, 120),
  ('detoxification', 50, 45, 1955, 1990, NULL, 0.10, 1, 4, 100, 4000, 0.20, 5, 30, 40, 700),
  ('elective', 25, 15, 1935, 1975, NULL, 0.05, 1, 2, 100, 4100, 0.25, 4, 28, 60, 900),
  ('hospice', 50, 47, 1922, 1945, NULL, 1, 2, 4, 300, 4000, 0.30, 2, 30, 31, 300),
  ('reevaluation', 250, 61, 1930, 1960, NULL, 0.20, 1, 1, 500, 3000, 0, 0, 0, 0, 0),
  ('dialysis', 250, 31, 1935, 1955, NULL, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
  ('medical', NULL, NULL, NULL, NULL, NULL, NULL, 1, 7, 0, 4150, 0.24, 1, 30, 31, 1100);

/* Everyone else, by the decade of birth: how many are ever admitted for a medical cause, and how many die. */
CREATE TEMP TABLE birth_decade (decade INTEGER, upto DOUBLE, admitted_share DOUBLE, dies_share DOUBLE);
INSERT INTO birth_decade VALUES
  (1920, 0.11, 0.42, 0.55), (1930, 0.27, 0.38, 0.32), (1940, 0.44, 0.32, 0.14), (1950, 0.60, 0.24, 0.07),
  (1960, 0.74, 0.15, 0.04), (1970, 0.86, 0.09, 0.02), (1980, 0.95, 0.06, 0.01), (1990, 1, 0.05, 0.01);

/* ------------------------------------------------------------------------------------- what was planted by hand */

/* The first patients' stays are written out: a line is a row of the file, with the stay it belongs to, so that it is
   known, not computed, what counts as a stay and as a return. */
CREATE TEMP TABLE planted_case (patient_no INTEGER, edge_case VARCHAR);
INSERT INTO planted_case VALUES
  (1, 'readmitted on the day of discharge: one stay'),
  (2, 'readmitted after 1 day'),
  (3, 'readmitted after 1 day, less than 24 hours'),
  (4, 'readmitted after 30 days'),
  (5, 'readmitted after 31 days'),
  (6, 'readmitted after 31 days, less than 31 times 24 hours'),
  (7, 'second row starts before the first ends: one stay'),
  (8, 'short rows inside a long one: one stay'),
  (9, 'chain of three rows: one stay'),
  (10, 'admitted and discharged on one day'),
  (11, 'overnight stay of 23 hours'),
  (12, 'planned stay, then an unplanned one, within 30 days'),
  (13, 'died during the stay'),
  (14, 'died 10 days after discharge'),
  (15, 'hospice after a medical stay, within 30 days'),
  (16, 'detoxification, then an unplanned stay, within 30 days'),
  (17, 'discharged 29 days before the data end'),
  (18, 'discharged 30 days before the data end'),
  (20, 'still in hospital at the data end'),
  (21, 'stay that stops after the day of death'),
  (22, 'elective surgery, then an unplanned stay, within 30 days'),
  (23, 'screening between two unplanned stays, within 30 days');

CREATE TEMP TABLE planted_row (
  patient_no INTEGER, stay_no INTEGER, row_no INTEGER, care VARCHAR, started_at TIMESTAMP, stopped_at TIMESTAMP
);
INSERT INTO planted_row VALUES
  (1, 1, 1, 'pneumonia', '2014-03-03 10:00:00', '2014-03-06 09:30:00'),
  (1, 1, 2, 'pneumonia', '2014-03-06 18:00:00', '2014-03-08 12:00:00'),
  (2, 1, 1, 'heart failure', '2015-05-04 15:00:00', '2015-05-07 11:00:00'),
  (2, 2, 1, 'heart failure', '2015-05-08 20:00:00', '2015-05-12 13:00:00'),
  (3, 1, 1, 'observation', '2016-02-08 22:00:00', '2016-02-10 22:00:00'),
  (3, 2, 1, 'sepsis', '2016-02-11 06:00:00', '2016-02-18 12:00:00'),
  (4, 1, 1, 'pneumonia', '2013-09-02 08:00:00', '2013-09-05 16:00:00'),
  (4, 2, 1, 'lung disease', '2013-10-05 18:00:00', '2013-10-09 10:00:00'),
  (5, 1, 1, 'pneumonia', '2013-09-02 08:00:00', '2013-09-05 10:00:00'),
  (5, 2, 1, 'lung disease', '2013-10-06 18:00:00', '2013-10-09 10:00:00'),
  (6, 1, 1, 'heart failure', '2016-12-27 09:00:00', '2017-01-01 20:00:00'),
  (6, 2, 1, 'heart failure', '2017-02-01 08:00:00', '2017-02-04 15:00:00'),
  (7, 1, 1, 'sepsis', '2013-06-01 08:00:00', '2013-06-05 12:00:00'),
  (7, 1, 2, 'sepsis', '2013-06-04 09:00:00', '2013-06-09 10:00:00'),
  /* The row before the third ended on the 4th, but the stay lasts to the 20th: looking one row back, one returns. */
  (8, 1, 1, 'stroke', '2012-06-01 08:00:00', '2012-06-20 12:00:00'),
  (8, 1, 2, 'stroke', '2012-06-03 09:00:00', '2012-06-04 10:00:00'),
  (8, 1, 3, 'stroke', '2012-06-10 09:00:00', '2012-06-11 10:00:00'),
  (9, 1, 1, 'heart attack', '2018-01-10 03:00:00', '2018-01-12 12:00:00'),
  (9, 1, 2, 'heart attack', '2018-01-12 12:00:00', '2018-01-15 09:00:00'),
  (9, 1, 3, 'heart attack', '2018-01-15 14:00:00', '2018-01-20 11:00:00'),
  (10, 1, 1, 'observation', '2017-08-14 09:00:00', '2017-08-14 17:00:00'),
  (11, 1, 1, 'observation', '2017-11-14 18:00:00', '2017-11-15 17:00:00'),
  (12, 1, 1, 'pneumonia', '2019-03-01 10:00:00', '2019-03-04 12:00:00'),
  (12, 2, 1, 'chemotherapy', '2019-03-14 08:00:00', '2019-03-15 08:00:00'),
  (12, 3, 1, 'sepsis', '2019-03-24 21:00:00', '2019-03-31 12:00:00'),
  (13, 1, 1, 'heart attack', '2016-05-09 04:00:00', '2016-05-12 20:00:00'),
  (14, 1, 1, 'heart failure', '2018-10-01 11:00:00', '2018-10-06 15:00:00'),
  (15, 1, 1, 'stroke', '2017-04-03 06:00:00', '2017-04-10 14:00:00'),
  (15, 2, 1, 'hospice', '2017-04-14 10:00:00', '2017-04-22 23:00:00'),
  (16, 1, 1, 'detoxification', '2014-07-07 10:00:00', '2014-07-12 10:00:00'),
  (16, 2, 1, 'observation', '2014-07-20 23:00:00', '2014-07-22 10:00:00'),
  (17, 1, 1, 'pneumonia', '2022-05-14 10:00:00', '2022-05-19 12:00:00'),
  (18, 1, 1, 'pneumonia', '2022-05-14 10:00:00', '2022-05-18 12:00:00'),
  (20, 1, 1, 'hip fracture', '2022-06-13 19:00:00', NULL),
  (21, 1, 1, 'pneumonia', '2015-01-20 10:00:00', '2015-01-24 09:00:00'),
  (22, 1, 1, 'orthopedics', '2018-06-04 11:00:00', '2018-06-07 12:00:00'),
  (22, 2, 1, 'wound infection', '2018-06-19 22:00:00', '2018-06-23 12:00:00'),
  (23, 1, 1, 'heart failure', '2019-09-02 10:00:00', '2019-09-06 12:00:00'),
  (23, 2, 1, 'screening', '2019-09-16 08:00:00', '2019-09-17 08:00:00'),
  (23, 3, 1, 'heart failure', '2019-09-27 20:00:00', '2019-10-01 12:00:00');

/* Of all other visits only these are written out, so that the oddest are there however few patients are made. The
   last one is the last thing that happens at all: it fixes the data end, up to which 30 days of follow-up are counted.
   Patient 19 has no encounter; patient 24 is the one without a marital status. */
CREATE TEMP TABLE planted_visit (patient_no INTEGER, care VARCHAR, started_at TIMESTAMP);
INSERT INTO planted_visit VALUES
  (13, 'death certificate', '2016-05-13 15:00:00'),
  (14, 'telemedicine', '2018-11-05 15:00:00'),
  (11, 'lung rehabilitation', '2018-02-01 15:00:00'),
  (10, 'office visit', getvariable('last_day') + INTERVAL 18 HOUR);

CREATE TEMP TABLE planted_death (patient_no INTEGER, death_date DATE);
INSERT INTO planted_death VALUES (13, '2016-05-12'), (14, '2018-10-16'), (15, '2017-04-22'), (21, '2015-01-23');

SET VARIABLE planted_patients = 24;

/* ---------------------------------------------------------------------------------------- people and their stays */

CREATE TEMP TABLE person AS
WITH numbered AS (
  SELECT unnest(range(1, getvariable('patients') + 1))::INTEGER AS patient_no
), placed AS (
  SELECT
    patient_no,
    patient_no <= getvariable('planted_patients') AS is_planted,
    CASE WHEN is_planted THEN 'planted' ELSE programme END AS programme,
    CASE WHEN is_planted THEN 1938 ELSE born_from END AS born_from,
    CASE WHEN is_planted THEN 1952 ELSE born_to END AS born_to,
    CASE WHEN is_planted THEN 0 ELSE dies_share END AS dies_share,
    coalesce(sex, CASE WHEN draw('sex', patient_no, 0) < 0.5 THEN 'F' ELSE 'M' END) AS sex
  FROM numbered
  LEFT JOIN programme ON patient_no % every = remainder
), born AS (
  SELECT
    patient_no,
    sex,
    CASE
      WHEN programme IS NULL AND draw('admitted', patient_no, 0) < admitted_share THEN 'medical'
      ELSE coalesce(programme, 'ordinary')
    END AS programme,
    coalesce(placed.dies_share, birth_decade.dies_share) AS dies_share,
    whole(coalesce(born_from, decade), coalesce(born_to, decade + 9), draw('birth year', patient_no, 0)) AS birth_year
  FROM placed
  ASOF JOIN birth_decade ON draw('decade', patient_no, 0) < birth_decade.upto
), counted AS (
  SELECT
    born.*,
    /* Most medical patients have one stay or two; the product of two draws leaves a few with six. */
    draw('stays', patient_no, 0)
      * CASE programme WHEN 'medical' THEN draw('stays', patient_no, 1) ELSE 1 END AS stays_place
  FROM born
)
SELECT
  patient_no,
  made_id('patient', patient_no, 0) AS patient_id,
  programme,
  counted.sex,
  make_date(birth_year, 1, 1) + whole(0, 364, draw('day of birth', patient_no, 0)) AS birth_date,
  draw('dies', patient_no, 0) < counted.dies_share AS is_to_die,
  coalesce(whole(stays_from, stays_to, stays_place), 0) AS stays,
  /* Half are known from the first day; the others move in, or first fall ill, some time later. */
  getvariable('first_day') + CASE
    WHEN draw('known late', patient_no, 0) < 0.5 THEN whole(0, 3900, draw('known', patient_no, 0))
    ELSE 0
  END AS known_from,
  skewed(draw('frailty', patient_no, 0)) AS frailty
FROM counted
LEFT JOIN programme USING (programme);

/* One row per stay to come, each some days after the discharge before it: which stay follows which, and how soon, is
   decided here and nowhere computed from dates. */
CREATE TEMP TABLE drawn_stay AS
WITH numbered AS (
  SELECT patient_no, programme, stays, unnest(range(1, stays + 1))::INTEGER AS stay_no FROM person WHERE stays > 0
), followed AS (
  SELECT
    numbered.*,
    programme.* EXCLUDE (programme),
    stay_no > 1 AND draw('return', patient_no, stay_no) < return_share AS is_soon,
    programme = 'chemotherapy' AND stay_no > 1 AND draw('complication', patient_no, stay_no) < 0.05 AS is_complication
  FROM numbered
  JOIN programme USING (programme)
), spaced AS (
  SELECT
    patient_no, stay_no,
    CASE
      WHEN stay_no = 1 THEN whole(first_from, first_to, draw('gap', patient_no, 1))
      WHEN is_complication THEN whole(3, 9, draw('gap', patient_no, stay_no))
      WHEN NOT is_soon THEN whole(later_from, later_to, draw('gap', patient_no, stay_no))
      /* A cycle of two, three or four weeks, the same each time; the session itself is its last day. */
      WHEN programme = 'chemotherapy' THEN 7 * whole(2, 4, draw('cycle', patient_no, 0)) - 1
      /* Returns are likeliest in the first days. */
      ELSE whole(soon_from, soon_to, draw('gap', patient_no, stay_no) * draw('gap', patient_no, -stay_no))
    END AS gap_days,
    CASE
      WHEN is_complication THEN 'sepsis'
      WHEN programme = 'elective' AND is_soon THEN 'wound infection'
      WHEN programme = 'elective' AND draw('elective', patient_no, stay_no) < 0.5 THEN 'surgery'
      WHEN programme = 'elective' THEN 'orthopedics'
      WHEN programme = 'medical' OR programme = 'hospice' AND stay_no < stays THEN medical.care
      ELSE programme
    END AS care
  FROM followed
  ASOF JOIN (SELECT care, weight_upto FROM stay_care WHERE weight_upto IS NOT NULL) AS medical
    ON draw('cause', patient_no, stay_no) < medical.weight_upto
), lasting AS (
  SELECT
    spaced.*,
    is_session,
    CASE
      WHEN is_session THEN 1
      WHEN draw('same day', patient_no, stay_no) < 0.04 THEN 0
      ELSE greatest(round(usual_days * spread(draw('days', patient_no, stay_no))), 1)
    END::INTEGER AS los_days
  FROM spaced
  JOIN stay_care USING (care)
), dated AS (
  SELECT
    *,
    (sum(gap_days + los_days) OVER (PARTITION BY patient_no ORDER BY stay_no) - los_days)::INTEGER AS days_to_admission,
    getvariable('first_day') + days_to_admission AS admit_date
  FROM lasting
), timed AS (
  SELECT
    patient_no, stay_no, is_session, los_days, admit_date,
    CASE
      WHEN care IN ('pneumonia', 'observation', 'sepsis') AND admit_date >= DATE '2020-03-15'
        AND draw('pandemic', patient_no, stay_no) < 0.6 THEN 'isolation'
      ELSE care
    END AS care,
    /* Stays begin at any hour and end by day; who goes home the same day came before noon. A session lasts 24 hours. */
    admit_date + to_seconds(whole(0, CASE los_days WHEN 0 THEN 43199 ELSE 86399 END, draw('from', patient_no, stay_no)))
      AS admitted_at,
    CASE
      WHEN is_session THEN admitted_at + INTERVAL 1 DAY
      ELSE admit_date + los_days + to_seconds(whole(50400, 82799, draw('until', patient_no, stay_no)))
    END AS discharged_at
  FROM dated
)
SELECT * FROM timed WHERE discharged_at < getvariable('last_day')::TIMESTAMP;

/* One row per row of the file that is a stay or a part of one. Parts of a stay overlap, follow on the same day, or
   lie one inside the other. */
CREATE TEMP TABLE stay_row AS
WITH divided AS (
  SELECT
    *,
    draw('division', patient_no, stay_no) AS division_place,
    CASE
      WHEN los_days < 2 OR care = 'hospice' OR draw('divided', patient_no, stay_no) >= 0.13 THEN 'whole'
      WHEN division_place < 0.4 THEN 'same day'
      WHEN division_place < 0.8 THEN 'overlapping'
      ELSE 'inside'
    END AS division,
    admit_date + los_days // 2 AS middle
  FROM drawn_stay
), first_part AS (
  SELECT
    patient_no, stay_no, 1 AS row_no, care, admitted_at AS started_at,
    CASE division
      WHEN 'same day' THEN middle + to_seconds(whole(32400, 43199, draw('moved', patient_no, stay_no)))
      WHEN 'overlapping' THEN middle + INTERVAL 12 HOUR
      ELSE discharged_at
    END AS stopped_at
  FROM divided
), second_part AS (
  SELECT
    patient_no, stay_no, 2 AS row_no, care,
    CASE division
      WHEN 'same day' THEN middle + to_seconds(whole(46800, 79200, draw('moved', patient_no, stay_no)))
      ELSE middle + INTERVAL 6 HOUR
    END AS started_at,
    CASE division WHEN 'inside' THEN middle + INTERVAL 11 HOUR ELSE discharged_at END AS stopped_at
  FROM divided
  WHERE division <> 'whole'
)
SELECT * FROM first_part
UNION ALL
SELECT * FROM second_part
UNION ALL
SELECT patient_no, stay_no, row_no, care, started_at, stopped_at FROM planted_row;

/* Who is to die with stays behind them dies in or after the last one, so that no stay begins after death. */
CREATE TEMP TABLE death AS
WITH last_stay AS (
  SELECT patient_no, max(discharged_at)::DATE AS discharge_date, arg_max(care, stay_no) AS care
  FROM drawn_stay
  GROUP BY ALL
), drawn_death AS (
  SELECT
    patient_no,
    CASE
      WHEN discharge_date IS NULL THEN getvariable('first_day') + whole(200, 4150, draw('death', patient_no, 0))
      WHEN care = 'hospice' THEN discharge_date + whole(0, 2, draw('death', patient_no, 0))
      WHEN draw('death in hospital', patient_no, 0) < 0.3 THEN discharge_date
      ELSE discharge_date + whole(1, 700, draw('death', patient_no, 0) * draw('death', patient_no, 1))
    END AS death_date
  FROM person
  LEFT JOIN last_stay USING (patient_no)
  WHERE is_to_die
)
SELECT patient_no, death_date FROM drawn_death WHERE death_date < getvariable('last_day')
UNION ALL
SELECT patient_no, death_date FROM planted_death;

/* ----------------------------------------------------------------------------------------------- every encounter */

CREATE TEMP TABLE patient_condition AS
SELECT patient_no, condition
FROM person
JOIN condition
  ON year(birth_date) BETWEEN born_from AND born_to AND coalesce(condition.sex = person.sex, true)
  AND draw(condition, patient_no, 0) < share
WHERE patient_no <> 19
UNION ALL
SELECT patient_no, 'dialysis' FROM person WHERE programme = 'dialysis';

/* One row per visit that is not a stay. */
CREATE TEMP TABLE visit AS
WITH known AS (
  /* Known to the hospital until the day before death, or before the last day of the data. */
  SELECT
    patient_no, birth_date, frailty, condition, known_from,
    least(coalesce(death_date, getvariable('last_day')), getvariable('last_day') - 1) AS known_to
  FROM person
  JOIN patient_condition USING (patient_no)
  LEFT JOIN death USING (patient_no)
), offered AS (
  /* As many visits as the rule asks for, the fraction rounded up or down by a draw. */
  SELECT
    known.*,
    care,
    per_year * frailty * greatest(known_to - known_from, 0) / 365.25 + draw(care, patient_no, -1) AS visits,
    unnest(range(floor(visits)::BIGINT)) AS nth
  FROM known
  JOIN visit_rule USING (condition)
), random_visit AS (
  SELECT
    patient_no, birth_date, care, nth,
    known_from + whole(0, known_to - known_from - 1, draw(care || ' on', patient_no, nth)) AS visit_date
  FROM offered
), used_visit AS (
  SELECT patient_no, care, nth, visit_date
  FROM random_visit
  JOIN care USING (care)
  JOIN use_by_age USING (class)
  WHERE
    date_sub('year', birth_date, visit_date) BETWEEN age_from AND age_to
    AND draw(care || ' used', patient_no, nth) < use_by_age.share
), course AS (
  /* One course of dialysis; up to three pregnancies, two years apart. */
  SELECT
    known.*,
    CASE condition WHEN 'dialysis' THEN 1 ELSE whole(1, 3, draw('courses', patient_no, 0)) END AS courses,
    unnest(range(courses))::INTEGER AS course_no
  FROM known
  WHERE condition IN ('dialysis', 'pregnancy')
), course_visit AS (
  SELECT
    patient_no, care, known_to,
    known_from + 700 * course_no + whole(0, 300, draw('course', patient_no, course_no)) AS course_date,
    unnest(range(whole(visits_from, visits_to, draw(care, patient_no, course_no)))) AS visit_no,
    10000 * (course_no + 1) + visit_no AS nth,
    course_date + after_days + floor(visit_no * every_days)::INTEGER AS visit_date
  FROM course
  JOIN course_rule USING (condition)
)
SELECT patient_no, care, nth, visit_date FROM used_visit
UNION ALL
SELECT patient_no, care, nth, visit_date FROM course_visit WHERE visit_date < known_to;

/* One row per row of encounters.csv. nth tells a patient's encounters of one care apart. */
CREATE TEMP TABLE encounter AS
WITH visit_time AS (
  SELECT
    patient_no, care, nth,
    /* Offices open from 8 to 18 in Boston, which is 12 to 22 UTC in summer; emergencies come at any hour. */
    CASE WHEN class IN ('emergency', 'urgentcare') THEN 0 ELSE 43200 END AS opens,
    CASE WHEN class IN ('emergency', 'urgentcare') THEN 86399 ELSE 79199 END AS closes,
    visit_date + to_seconds(whole(opens, closes, draw(care || ' at', patient_no, nth))) AS started_at,
    CASE
      WHEN minutes <= 60 THEN minutes
      ELSE whole(minutes * 7 // 10, minutes * 13 // 10, draw(care || ' for', patient_no, nth))
    END AS minutes
  FROM visit
  JOIN care USING (care)
), way_in AS (
  /* Six in ten unplanned stays begin in the emergency room. */
  SELECT
    patient_no, stay_no AS nth, started_at AS stopped_at,
    started_at - to_minutes(whole(90, 400, draw('waited', patient_no, stay_no))) AS started_at
  FROM stay_row
  JOIN stay_care USING (care)
  WHERE
    row_no = 1 AND patient_no > getvariable('planted_patients') AND NOT (is_planned OR is_hospice OR is_detox)
    AND started_at >= getvariable('first_day') + INTERVAL 1 DAY
    AND draw('came by emergency', patient_no, stay_no) < 0.6
), drawn_death AS (
  SELECT * FROM death
  WHERE patient_no > getvariable('planted_patients') AND death_date + 61 < getvariable('last_day')
), death_certificate AS (
  /* Written within three days, so that most start after the day of death; one in three is in the file. */
  SELECT
    patient_no,
    death_date + whole(0, 3, draw('certified', patient_no, 1))
      + to_seconds(whole(43200, 79199, draw('certified', patient_no, 2))) AS started_at
  FROM drawn_death
  WHERE draw('certified', patient_no, 0) < 0.35
), bill_of_the_dead AS (
  /* Visits that the patient cannot have made: appointments that nobody cancelled. */
  SELECT patient_no, death_date + whole(5, 60, draw('billed', patient_no, 1)) + INTERVAL 14 HOUR AS started_at
  FROM drawn_death
  WHERE draw('billed', patient_no, 0) < 0.08
), timed AS (
  SELECT patient_no, care, nth, started_at, started_at + to_minutes(minutes) AS stopped_at FROM visit_time
  UNION ALL
  SELECT patient_no, care, 100 * stay_no + row_no, started_at, stopped_at FROM stay_row
  UNION ALL
  SELECT patient_no, 'emergency before a stay', nth, started_at, stopped_at FROM way_in
  UNION ALL
  SELECT patient_no, 'death certificate', -1, started_at, started_at + INTERVAL 15 MINUTE FROM death_certificate
  UNION ALL
  SELECT patient_no, 'telemedicine', -1, started_at, started_at + INTERVAL 15 MINUTE FROM bill_of_the_dead
  UNION ALL
  SELECT patient_no, care, -1, started_at, started_at + INTERVAL 15 MINUTE FROM planted_visit
)
SELECT
  made_id('encounter', patient_no, concat_ws('.', care, nth)) AS encounter_id,
  patient_no, care, nth, started_at, stopped_at,
  draw(care || ' reason', patient_no, nth) < reason_share AS has_reason
FROM timed
JOIN care USING (care);

/* One row per row of procedures.csv. They are booked one after the other from the start of the encounter, each with a
   length of its own, so that many end after it: as they do in the real files. */
CREATE TEMP TABLE procedure AS
WITH offered AS (
  SELECT
    encounter.*, code, description, list_price, bears_reason,
    CASE WHEN every_day THEN greatest(coalesce(stopped_at::DATE - started_at::DATE, 1), 1) ELSE 1 END AS days,
    concat_ws('.', care, nth, code, description) AS procedure_nth
  FROM encounter
  JOIN care_procedure USING (care)
  WHERE draw('done', patient_no, procedure_nth) < share
), done AS (
  SELECT *, unnest(range(days))::INTEGER AS day_no FROM offered
), booked AS (
  SELECT
    *,
    concat_ws('.', procedure_nth, day_no) AS day_nth,
    row_number() OVER (PARTITION BY encounter_id, day_no ORDER BY code, description) AS position
  FROM done
)
SELECT
  encounter_id, patient_no, care, code, description,
  has_reason AND bears_reason AS has_reason,
  started_at + to_days(day_no) + to_minutes(12 * (position - 1)) AS started_at,
  started_at + to_days(day_no) + to_minutes(12 * (position - 1) + whole(5, 60, draw('lasted', patient_no, day_nth)))
    AS stopped_at,
  CASE
    WHEN list_price = 431 THEN 43100
    ELSE round(100 * list_price * spread(draw('price', patient_no, day_nth)))
  END::BIGINT AS cost_cents
FROM booked;

/* One row per encounter: what was claimed and what the payer paid, in cents. */
CREATE TEMP TABLE bill AS
WITH listed AS (
  SELECT encounter_id, sum(cost_cents)::BIGINT AS list_cents FROM procedure GROUP BY ALL
), priced AS (
  SELECT
    encounter.*, birth_date, programme, base_cost,
    coalesce(list_cents, 0) AS list_cents,
    /* Three in ten are billed at an agreed price: there the list prices of the procedures may exceed the claim. */
    CASE
      WHEN draw(care || ' agreed', patient_no, nth) < 0.3 THEN 0.4 + 0.5 * draw(care || ' price', patient_no, nth)
      ELSE 1
    END AS agreed_share,
    CASE
      WHEN class = 'inpatient' THEN greatest(coalesce(stopped_at::DATE - started_at::DATE, 1), 1)
      ELSE 1
    END AS days,
    extra_cost * days * skewed(draw(care || ' extra', patient_no, nth)) AS extras
  FROM encounter
  JOIN person USING (patient_no)
  JOIN care USING (care)
  LEFT JOIN listed USING (encounter_id)
), claimed AS (
  SELECT
    *,
    CASE
      WHEN care = 'death certificate' THEN 0
      ELSE round(100 * base_cost) + round(list_cents * agreed_share) + round(100 * extras)
    END::BIGINT AS claim_cents,
    CASE WHEN date_sub('year', birth_date, started_at::DATE) < 65 THEN 0 ELSE 65 END AS age_from,
    CASE
      /* One dialysis patient in four is uninsured: thousands of unpaid rows that are a single person. */
      WHEN programme = 'dialysis' AND patient_no % 1000 = 31 THEN 0
      WHEN draw('cover', patient_no, 0) < 0.38 THEN draw('cover', patient_no, 0)
      /* Private cover changes every third year; being uninsured, on Medicaid or dual eligible does not. */
      ELSE 0.38 + 0.62 * draw('cover', patient_no, year(started_at) // 3)
    END AS cover_place
  FROM priced
), covered AS (
  SELECT claimed.*, payer_share.payer_name
  FROM claimed
  ASOF JOIN payer_share ON claimed.age_from = payer_share.age_from AND claimed.cover_place < payer_share.upto
)
SELECT
  encounter_id, payer_no, payer_name, payer_category, list_cents, claim_cents,
  CASE
    WHEN draw(care || ' unpaid', patient_no, nth) < unpaid_share THEN 0
    ELSE claim_cents * whole(pays_from, pays_to, draw(care || ' pays', patient_no, nth)) // 1000
  END AS coverage_cents
FROM covered
JOIN payer USING (payer_name);

/* ----------------------------------------------------------------------------------------------------- the files */

/* One row per patient: the names as they should be (clean) and as the file has them. */
CREATE TEMP TABLE spelled_person AS
WITH described AS (
  SELECT
    person.*,
    /* Patient 1 has a mangled name and patient 2 the same one intact, however few patients are made. */
    CASE WHEN patient_no <= 2 OR draw('hispanic', patient_no, 0) < 0.17 THEN 'hispanic' ELSE 'general' END AS origin,
    patient_no = 1 OR patient_no <> 2 AND draw('mangled', patient_no, 0) < 0.35 AS is_mangled,
    CASE WHEN draw('married', patient_no, 0) < 0.8 THEN 'M' ELSE 'S' END AS drawn_marital,
    CASE WHEN patient_no <> 24 THEN drawn_marital END AS marital
  FROM person
), chosen AS (
  SELECT
    described.*,
    whole(1, len(first.clean), draw('first', patient_no, 0)) AS first_no,
    CASE WHEN patient_no <= 2 THEN 5 ELSE whole(1, len(last.clean), draw('last', patient_no, 0)) END AS last_no,
    whole(1, len(last.clean), draw('maiden', patient_no, 0)) AS maiden_no,
    whole(1, len(birthplace.clean), draw('birthplace', patient_no, 0)) AS birthplace_no,
    CASE WHEN patient_no % 200 = 5 THEN ' "Sunny"' ELSE '' END AS nickname,
    first.clean[first_no] || nickname AS first_clean,
    first.mangled[first_no] || nickname AS first_mangled,
    last.clean[last_no] AS last_clean,
    last.mangled[last_no] AS last_mangled,
    CASE WHEN sex = 'F' AND marital = 'M' THEN last.clean[maiden_no] END AS maiden_clean,
    CASE WHEN sex = 'F' AND marital = 'M' THEN last.mangled[maiden_no] END AS maiden_mangled,
    birthplace.clean[birthplace_no] AS birthplace_clean,
    birthplace.mangled[birthplace_no] AS birthplace_mangled,
    street.clean[whole(1, len(street.clean), draw('street', patient_no, 0))] AS street
  FROM described
  JOIN name AS first ON first.kind = sex AND first.origin = described.origin
  JOIN name AS last ON last.kind = 'last' AND last.origin = described.origin
  JOIN name AS birthplace ON birthplace.kind = 'birthplace' AND birthplace.origin = described.origin
  JOIN name AS street ON street.kind = 'street'
)
SELECT
  *,
  CASE WHEN is_mangled THEN first_mangled ELSE first_clean END AS first,
  CASE WHEN is_mangled THEN last_mangled ELSE last_clean END AS last,
  CASE WHEN is_mangled THEN maiden_mangled ELSE maiden_clean END AS maiden,
  CASE WHEN is_mangled THEN birthplace_mangled ELSE birthplace_clean END AS birthplace
FROM chosen;

CREATE TABLE files.patients AS
WITH placed AS (
  SELECT
    spelled_person.*, death_date, city, county, lat, lon,
    draw('race', patient_no, 0) AS race_place,
    concat(whole(1, 999, draw('house', patient_no, 0)), ' ', street) AS house,
    whole(1, 99, draw('unit', patient_no, 0)) AS unit,
    CASE
      WHEN patient_no <> 3 AND draw('zip known', patient_no, 0) < 0.91
      THEN zips[whole(1, len(zips), draw('zip', patient_no, 0))]
    END AS zip
  FROM spelled_person
  LEFT JOIN death USING (patient_no)
  ASOF JOIN town ON draw('town', patient_no, 0) < town.upto
)
SELECT
  patient_id AS "Id",
  birth_date::VARCHAR AS "BIRTHDATE",
  death_date::VARCHAR AS "DEATHDATE",
  CASE WHEN sex = 'M' THEN 'Mr.' WHEN marital = 'M' THEN 'Mrs.' ELSE 'Ms.' END AS "PREFIX",
  first AS "FIRST",
  last AS "LAST",
  CASE
    WHEN draw('suffix', patient_no, 0) < 0.02 THEN ['PhD', 'MD', 'JD'][whole(1, 3, draw('suffix', patient_no, 1))]
  END AS "SUFFIX",
  maiden AS "MAIDEN",
  marital AS "MARITAL",
  CASE
    WHEN race_place < 0.70 THEN 'white'
    WHEN race_place < 0.86 THEN 'black'
    WHEN race_place < 0.95 THEN 'asian'
    WHEN race_place < 0.97 THEN 'other'
    WHEN race_place < 0.985 THEN 'hawaiian'
    ELSE 'native'
  END AS "RACE",
  CASE origin WHEN 'hispanic' THEN 'hispanic' ELSE 'nonhispanic' END AS "ETHNICITY",
  sex AS "GENDER",
  birthplace AS "BIRTHPLACE",
  CASE
    WHEN patient_no % 40 = 4 THEN concat(house, ', Unit ', unit)
    WHEN draw('flat', patient_no, 0) < 0.4 THEN concat(house, ' Apt ', unit)
    ELSE house
  END AS "ADDRESS",
  city AS "CITY",
  'Massachusetts' AS "STATE",
  county AS "COUNTY",
  zip AS "ZIP",
  (lat + 0.06 * draw('lat', patient_no, 0))::DECIMAL(17, 14)::VARCHAR AS "LAT",
  (lon + 0.06 * draw('lon', patient_no, 0))::DECIMAL(17, 14)::VARCHAR AS "LON"
FROM placed
ORDER BY patient_no;

CREATE TABLE files.encounters AS
SELECT
  encounter_id AS "Id",
  instant_text(started_at) AS "START",
  instant_text(stopped_at) AS "STOP",
  patient_id AS "PATIENT",
  made_id('organization', 0, 1) AS "ORGANIZATION",
  made_id('payer', 0, payer_no) AS "PAYER",
  class AS "ENCOUNTERCLASS",
  code AS "CODE",
  description AS "DESCRIPTION",
  amount_text(100 * base_cost) AS "BASE_ENCOUNTER_COST",
  amount_text(claim_cents) AS "TOTAL_CLAIM_COST",
  amount_text(coverage_cents) AS "PAYER_COVERAGE",
  CASE WHEN has_reason THEN reason_code END AS "REASONCODE",
  CASE WHEN has_reason THEN reason END AS "REASONDESCRIPTION"
FROM encounter
JOIN person USING (patient_no)
JOIN care USING (care)
JOIN bill USING (encounter_id)
ORDER BY started_at, encounter_id;

CREATE TABLE files.procedures AS
SELECT
  instant_text(started_at) AS "START",
  instant_text(stopped_at) AS "STOP",
  patient_id AS "PATIENT",
  encounter_id AS "ENCOUNTER",
  procedure.code AS "CODE",
  procedure.description AS "DESCRIPTION",
  amount_text(cost_cents) AS "BASE_COST",
  CASE WHEN has_reason THEN reason_code END AS "REASONCODE",
  CASE WHEN has_reason THEN reason END AS "REASONDESCRIPTION"
FROM procedure
JOIN person USING (patient_no)
JOIN care USING (care)
ORDER BY started_at, encounter_id;

/* A spreadsheet took the ZIPs for numbers: 06103 lost its zero. */
CREATE TABLE files.payers AS
SELECT
  made_id('payer', 0, payer_no) AS "Id",
  payer_name AS "NAME",
  address AS "ADDRESS",
  city AS "CITY",
  state AS "STATE_HEADQUARTERED",
  ltrim(zip, '0') AS "ZIP",
  phone AS "PHONE"
FROM payer
ORDER BY payer_no;

CREATE TABLE files.organizations AS
SELECT
  made_id('organization', 0, 1) AS "Id",
  'BAYSIDE GENERAL HOSPITAL' AS "NAME",
  '1 HARBOR WALK' AS "ADDRESS",
  'BOSTON' AS "CITY",
  'MA' AS "STATE",
  '02110' AS "ZIP",
  '42.360001' AS "LAT",
  '-71.050001' AS "LON";

/* ----------------------------------------------------------------------------------------- the truth about them */

CREATE TABLE answers.money AS
SELECT
  payer_name,
  payer_category,
  class AS encounter_class,
  count(*) AS encounters,
  sum(claim_cents)::BIGINT AS claim_cents,
  sum(coverage_cents)::BIGINT AS coverage_cents,
  sum(claim_cents - coverage_cents)::BIGINT AS gap_cents
FROM encounter
JOIN bill USING (encounter_id)
JOIN care USING (care)
GROUP BY ALL
ORDER BY ALL;
COMMENT ON TABLE answers.money IS 'Encounters and their money by payer and encounter class. Numbers may be summed.';
COMMENT ON COLUMN answers.money.payer_name IS 'NAME of payers.csv.';
COMMENT ON COLUMN answers.money.payer_category IS 'Medicare, Medicaid, Dual, Private or Self-pay/Uninsured.';
COMMENT ON COLUMN answers.money.encounter_class IS 'ENCOUNTERCLASS of encounters.csv.';
COMMENT ON COLUMN answers.money.encounters IS 'Rows of encounters.csv.';
COMMENT ON COLUMN answers.money.claim_cents IS 'Sum of TOTAL_CLAIM_COST, in cents.';
COMMENT ON COLUMN answers.money.coverage_cents IS 'Sum of PAYER_COVERAGE, in cents.';
COMMENT ON COLUMN answers.money.gap_cents IS 'Claim less coverage, in cents: the non-covered cost.';

CREATE TABLE answers.patients_by_payer AS
SELECT payer_name, count(DISTINCT patient_no) AS patients
FROM encounter
JOIN bill USING (encounter_id)
GROUP BY ALL
ORDER BY ALL;
COMMENT ON TABLE answers.patients_by_payer IS 'Patients with an encounter under the payer. Many have several payers.';
COMMENT ON COLUMN answers.patients_by_payer.payer_name IS 'NAME of payers.csv.';
COMMENT ON COLUMN answers.patients_by_payer.patients IS 'Different patients.';

CREATE TABLE answers.gap_by_kind AS
SELECT
  CASE
    WHEN payer_name = 'NO_INSURANCE' THEN 'uninsured'
    WHEN coverage_cents = 0 THEN 'insured_zero_paid'
    WHEN coverage_cents < claim_cents THEN 'partial'
    ELSE 'covered'
  END AS kind,
  count(*) AS encounters,
  sum(claim_cents - coverage_cents)::BIGINT AS gap_cents
FROM bill
GROUP BY ALL
ORDER BY ALL;
COMMENT ON TABLE answers.gap_by_kind IS 'Why a claim was not covered. Each encounter is of one kind.';
COMMENT ON COLUMN answers.gap_by_kind.kind IS
  'uninsured: payer NO_INSURANCE; insured_zero_paid: another paid 0 (of a claim of 0, too); partial; covered: no gap.';
COMMENT ON COLUMN answers.gap_by_kind.encounters IS 'Rows of encounters.csv.';
COMMENT ON COLUMN answers.gap_by_kind.gap_cents IS 'Claim less coverage, in cents.';

/* One row per stay, with what comes next by its number, not by its date. */
CREATE TEMP TABLE stay AS
WITH uncoded_operation AS (
  /* An operation on the heart that CMS takes for planned, as no diagnosis says that it was acute. */
  SELECT DISTINCT encounter.patient_no, encounter.nth
  FROM encounter
  JOIN procedure USING (encounter_id)
  WHERE procedure.code IN ('415070008', '232717009') AND NOT procedure.has_reason
), joined AS (
  SELECT
    stay_row.patient_no,
    stay_no,
    count(*) AS source_rows,
    min(started_at) AS admitted_at,
    CASE WHEN count(stopped_at) = count(*) THEN max(stopped_at) END AS discharged_at,
    bool_or(is_planned OR uncoded_operation.nth IS NOT NULL) AS is_planned,
    bool_or(is_hospice) AS is_hospice,
    bool_and(is_hwr_index) AS is_hwr_index
  FROM stay_row
  JOIN stay_care USING (care)
  LEFT JOIN uncoded_operation
    ON uncoded_operation.patient_no = stay_row.patient_no AND uncoded_operation.nth = 100 * stay_no + row_no
  GROUP BY ALL
)
SELECT
  joined.*,
  discharged_at::DATE - admitted_at::DATE AS los_midnights,
  lead(admitted_at::DATE) OVER following - discharged_at::DATE AS gap_days,
  lead(is_planned OR is_hospice) OVER following AS is_next_expected,
  coalesce(death_date <= discharged_at::DATE, false) AS is_dead,
  coalesce(getvariable('last_day') - discharged_at::DATE >= 30, false) AS is_followed
FROM joined
LEFT JOIN death USING (patient_no)
WINDOW following AS (PARTITION BY patient_no ORDER BY stay_no);

CREATE TABLE answers.stays AS
SELECT
  sum(source_rows)::BIGINT AS source_rows,
  count(*) AS stays,
  count(discharged_at) AS closed_stays,
  count(DISTINCT patient_no) AS patients,
  sum(los_midnights)::BIGINT AS los_midnights,
  sum(greatest(los_midnights, 1)) FILTER (discharged_at IS NOT NULL)::BIGINT AS los_days_cms,
  sum(epoch(discharged_at) - epoch(admitted_at))::BIGINT AS los_seconds,
  count(*) FILTER (is_dead) AS dead_at_discharge,
  getvariable('last_day')::VARCHAR AS data_end
FROM stay;
COMMENT ON TABLE answers.stays IS
  'Inpatient stays. Rows of the file that overlap, or of which one starts on the day another ends, are one. UTC days.';
COMMENT ON COLUMN answers.stays.source_rows IS 'Rows of encounters.csv of class inpatient.';
COMMENT ON COLUMN answers.stays.stays IS 'Stays, the open ones included.';
COMMENT ON COLUMN answers.stays.closed_stays IS 'Stays with a discharge.';
COMMENT ON COLUMN answers.stays.patients IS 'Different patients with a stay.';
COMMENT ON COLUMN answers.stays.los_midnights IS 'Sum over closed stays of the midnights passed, which may be 0.';
COMMENT ON COLUMN answers.stays.los_days_cms IS 'The same sum with at least 1 for each stay.';
COMMENT ON COLUMN answers.stays.los_seconds IS 'Sum over closed stays of the seconds from admission to discharge.';
COMMENT ON COLUMN answers.stays.dead_at_discharge IS 'Closed stays with the day of death not after that of discharge.';
COMMENT ON COLUMN answers.stays.data_end IS 'UTC day of the last STOP in encounters.csv.';

CREATE TABLE answers.gap_days AS
SELECT gap_days, count(*) AS pairs FROM stay WHERE gap_days <= 31 GROUP BY ALL ORDER BY ALL;
COMMENT ON TABLE answers.gap_days IS 'Pairs of a stay and the patient''s next one. Day 0 has none: that is one stay.';
COMMENT ON COLUMN answers.gap_days.gap_days IS 'UTC days from discharge to the next admission, up to 31.';
COMMENT ON COLUMN answers.gap_days.pairs IS 'Pairs that many days apart.';

CREATE TABLE answers.readmission AS
WITH reproduced_gap AS (
  /* The first dashboard looks one row back, not one stay, and drops hospice and screening rows. */
  SELECT
    patient_no,
    epoch(started_at) - epoch(lag(stopped_at) OVER (PARTITION BY patient_no ORDER BY stay_no, row_no)) AS seconds
  FROM stay_row
  JOIN stay_care USING (care)
  WHERE NOT is_hospice AND NOT is_screening
), reproduced_row AS (
  /* It counts whole periods of 24 hours. */
  SELECT patient_no, coalesce(seconds::BIGINT // 86400 BETWEEN 1 AND 30, false) AS is_readmission FROM reproduced_gap
), closed_stay AS (
  /* An open stay has no discharge to count days from. */
  SELECT * FROM stay WHERE discharged_at IS NOT NULL
), eligible AS (
  SELECT *, coalesce(gap_days <= 30 AND NOT is_next_expected, false) AS is_unplanned_return
  FROM closed_stay
  WHERE NOT is_hospice AND NOT is_dead AND is_followed
)
SELECT
  'R0' AS code,
  'readmissions over other rows, by the rules of the first dashboard: a ratio' AS label,
  count(*) FILTER (is_readmission) AS numerator,
  count(*) FILTER (NOT is_readmission) AS denominator
FROM reproduced_row
UNION ALL
SELECT 'R1', 'the same readmissions over all its rows', count(*) FILTER (is_readmission), count(*) FROM reproduced_row
UNION ALL
SELECT 'R2', 'any later stay', count(gap_days), count(*) FROM closed_stay
UNION ALL
SELECT 'R3', 'next stay within 30 days', count(*) FILTER (gap_days <= 30), count(*) FROM closed_stay
UNION ALL
SELECT
  'R4',
  'next stay within 30 days, where stays a day apart are one stay',
  count(*) FILTER (gap_days BETWEEN 2 AND 30),
  count(*) FILTER (gap_days IS DISTINCT FROM 1)
FROM closed_stay
UNION ALL
SELECT
  'R5',
  'next stay within 30 days, not planned, not hospice; index alive, not hospice, 30 days of follow-up',
  count(*) FILTER (is_unplanned_return),
  count(*)
FROM eligible
UNION ALL
SELECT
  'R6',
  'R5 with an index that is not for cancer treatment, screening or detoxification',
  count(*) FILTER (is_unplanned_return),
  count(*)
FROM eligible
WHERE is_hwr_index
UNION ALL
SELECT
  'R7',
  'patients with a readmission of R1 over patients with a row of R1',
  count(DISTINCT patient_no) FILTER (is_readmission),
  count(DISTINCT patient_no)
FROM reproduced_row
ORDER BY code;
COMMENT ON TABLE answers.readmission IS 'The readmission ladder. An open stay is in no denominator from R2 on. UTC days.';
COMMENT ON COLUMN answers.readmission.code IS 'Code of the definition.';
COMMENT ON COLUMN answers.readmission.label IS 'What is counted over what.';
COMMENT ON COLUMN answers.readmission.numerator IS 'Readmissions; in R7 patients.';
COMMENT ON COLUMN answers.readmission.denominator IS 'What they are held against.';

CREATE TABLE answers.mojibake AS
WITH value AS (
  SELECT 'FIRST' AS column_name, first AS delivered, first_clean AS clean FROM spelled_person
  UNION ALL SELECT 'LAST', last, last_clean FROM spelled_person
  UNION ALL SELECT 'MAIDEN', maiden, maiden_clean FROM spelled_person
  UNION ALL SELECT 'BIRTHPLACE', birthplace, birthplace_clean FROM spelled_person
)
SELECT column_name, delivered, clean, count(*) AS patients
FROM value
WHERE delivered <> clean
GROUP BY ALL
ORDER BY ALL;
COMMENT ON TABLE answers.mojibake IS 'Values of patients.csv whose UTF-8 was once read as Mac Roman.';
COMMENT ON COLUMN answers.mojibake.column_name IS 'Column of patients.csv.';
COMMENT ON COLUMN answers.mojibake.delivered IS 'The value as the file has it.';
COMMENT ON COLUMN answers.mojibake.clean IS 'What it should be, Synthea''s digits still behind it.';
COMMENT ON COLUMN answers.mojibake.patients IS 'Rows of patients.csv that have it.';

CREATE TABLE answers.payer_zip AS
SELECT payer_name, ltrim(zip, '0') AS delivered, zip AS clean FROM payer WHERE zip LIKE '0%' ORDER BY ALL;
COMMENT ON TABLE answers.payer_zip IS 'ZIPs of payers.csv that lost their leading zero.';
COMMENT ON COLUMN answers.payer_zip.payer_name IS 'NAME of payers.csv.';
COMMENT ON COLUMN answers.payer_zip.delivered IS 'The ZIP as the file has it.';
COMMENT ON COLUMN answers.payer_zip.clean IS 'What it should be.';

CREATE TABLE answers.edge_case AS
WITH planted AS (
  SELECT edge_case, 'encounters' AS file, count(*) AS found, arg_max(encounter_id, nth) AS example
  FROM planted_case
  JOIN planted_row USING (patient_no)
  JOIN encounter USING (patient_no, care, started_at)
  GROUP BY ALL
), mortal_encounter AS (
  SELECT encounter.*, death_date FROM encounter JOIN death USING (patient_no)
), billed AS (
  SELECT bill.*, code FROM bill JOIN encounter USING (encounter_id) JOIN care USING (care)
), odd AS (
  SELECT 'encounter that starts after the day of death' AS edge_case, 'encounters' AS file, encounter_id AS example
  FROM mortal_encounter
  WHERE started_at::DATE > death_date
  UNION ALL
  SELECT 'encounter that stops after the day of death', 'encounters', encounter_id
  FROM mortal_encounter
  WHERE stopped_at::DATE > death_date
  UNION ALL
  SELECT 'claim of zero', 'encounters', encounter_id FROM billed WHERE claim_cents = 0
  UNION ALL
  SELECT 'insured, claim above zero, nothing paid', 'encounters', encounter_id
  FROM billed
  WHERE payer_name <> 'NO_INSURANCE' AND claim_cents > 0 AND coverage_cents = 0
  UNION ALL
  SELECT 'list prices above the claim', 'encounters', encounter_id FROM billed WHERE list_cents > claim_cents
  UNION ALL
  SELECT 'code cut to 1853470', 'encounters', encounter_id FROM billed WHERE code = '1853470'
  UNION ALL
  SELECT 'code above 2^53', 'procedures', encounter_id FROM procedure WHERE code = '16335031000119103'
  UNION ALL
  SELECT 'procedure that stops after its encounter', 'procedures', encounter_id
  FROM procedure
  JOIN encounter USING (encounter_id)
  WHERE procedure.stopped_at > encounter.stopped_at
  UNION ALL
  SELECT 'patient without an encounter', 'patients', patient_id FROM person ANTI JOIN encounter USING (patient_no)
  UNION ALL
  SELECT 'patient without a ZIP', 'patients', "Id" FROM files.patients WHERE "ZIP" IS NULL
  UNION ALL
  SELECT 'patient without a marital status', 'patients', patient_id FROM spelled_person WHERE marital IS NULL
  UNION ALL
  SELECT 'first, last or maiden name mangled', 'patients', patient_id
  FROM spelled_person
  WHERE first <> first_clean OR last <> last_clean OR maiden <> maiden_clean
  UNION ALL
  SELECT 'first, last or maiden name with its accents intact', 'patients', patient_id
  FROM spelled_person
  WHERE first <> first_mangled OR last <> last_mangled OR maiden <> maiden_mangled
  UNION ALL
  SELECT 'quoted field: address with a comma', 'patients', "Id" FROM files.patients WHERE "ADDRESS" LIKE '%,%'
  UNION ALL
  SELECT 'quoted field: first name with quotes', 'patients', patient_id FROM spelled_person WHERE nickname <> ''
  UNION ALL
  SELECT 'payer without an address', 'payers', made_id('payer', 0, payer_no) FROM payer WHERE address IS NULL
)
SELECT edge_case, file, found, example FROM planted
UNION ALL
SELECT edge_case, file, count(*), min(example) FROM odd GROUP BY ALL
ORDER BY file, edge_case;
COMMENT ON TABLE answers.edge_case IS 'What is odd in the files on purpose.';
COMMENT ON COLUMN answers.edge_case.edge_case IS 'What is odd.';
COMMENT ON COLUMN answers.edge_case.file IS 'Where.';
COMMENT ON COLUMN answers.edge_case.found IS 'Rows of the file that are so; of a case about stays, all its rows.';
COMMENT ON COLUMN answers.edge_case.example IS
  'An id to look at: of a patient, a payer or an encounter (for a procedure its encounter, for stays the last row).';

/* -------------------------------------------------------------------------------------------- what breaks the files */

CREATE TABLE dirt.line (defect VARCHAR, file VARCHAR, raw VARCHAR);
INSERT INTO dirt.line
WITH victim AS (
  SELECT
    "Id" AS encounter_id,
    "PATIENT" AS patient_id,
    '2019-05-06T14:00:00Z,2019-05-06T14:15:00Z' AS times,
    concat_ws(',', "PATIENT", "ORGANIZATION", "PAYER", 'ambulatory,316744009,Office Visit,142.58,142.58,0,,') AS visit,
    '171207006,Depression screening (procedure),431,,' AS screening
  FROM files.encounters
  ORDER BY "Id"
  LIMIT 1
)
SELECT 'encounter id that another row has', 'encounters', concat_ws(',', encounter_id, times, visit)
FROM victim
UNION ALL
SELECT
  'start that is not a date', 'encounters',
  concat_ws(',', made_id('dirt', 0, 1), replace(times, '05-06', '02-30'), visit)
FROM victim
UNION ALL
SELECT 'row with too many fields', 'encounters', concat_ws(',', made_id('dirt', 0, 2), times, visit, 'surplus')
FROM victim
UNION ALL
SELECT
  'procedure without its encounter', 'procedures',
  concat_ws(',', times, patient_id, made_id('dirt', 0, 3), screening)
FROM victim
UNION ALL
SELECT 'row with too few fields', 'procedures', concat_ws(',', times, patient_id)
FROM victim;
