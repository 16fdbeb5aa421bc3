/* The patient records family: made-up patients, visits, prescriptions, laboratory results and stays, in the shape of the
   data set that ehr contracts describe, with the quirks that such files have.

   In:  the variables seed and patients (how many to make).
   Out: schema files    a table a CSV file, every column text as it is to be written, rows in the order of the file;
        schema answers  what is true of those files, computed from the plan they were made by, not read back;
        schema dirt     raw lines that break the files, appended only when dirt is asked for.

   Every choice is an md5 of (seed, what is chosen, patient, which one): the same seed gives the same bytes. How many
   visits, prescriptions, results and stays there are follows from the number of patients alone. */

CREATE SCHEMA files;
CREATE SCHEMA answers;
CREATE SCHEMA dirt;

/* 64 bits, always the same for the same three arguments, and a number in [0, 1) made of one quarter of them. */
CREATE MACRO bits(what, patient_no, nth) AS md5_number_lower(concat_ws('|', getvariable('seed'), what, patient_no, nth));
CREATE MACRO quarter(drawn, which) AS ((drawn >> (16 * which)) & 65535)::INTEGER / 65536.0;
CREATE MACRO draw(what, patient_no) AS quarter(bits(what, patient_no, 0), 0);
/* Of `total` for each 100,000 patients, those that fall to this one: the sum over all is exact. */
CREATE MACRO even(patient_no, total) AS
  ((patient_no * total) // 100000 - ((patient_no - 1) * total) // 100000)::INTEGER;
/* The same, but of two neighbours one gets more and the other less. */
CREATE MACRO uneven(patient_no, total, what) AS CASE
  WHEN patient_no % 2 = 0
    THEN even(patient_no, total) - floor(draw(what, patient_no) * (even(patient_no, total) + 1))::INTEGER
  WHEN patient_no < getvariable('patients')
    THEN even(patient_no, total) + floor(draw(what, patient_no + 1) * (even(patient_no + 1, total) + 1))::INTEGER
  ELSE even(patient_no, total)
END;
CREATE MACRO amount_text(cents) AS rtrim(rtrim((cents / 100)::DECIMAL(14, 2)::VARCHAR, '0'), '.');
/* Whole numbers in a column with empty cells, as pandas writes them. */
CREATE MACRO float_text(number) AS number::VARCHAR || '.0';

/* ------------------------------------------------------------------------------------- what there is to choose from */

/* What a patient has. The scores are written by hand, from the published weights: they are the truth that the warehouse
   is held to. upto closes the piece of the line from 0 to 1. */
CREATE TEMP TABLE mix (
  mix_no INTEGER, upto DOUBLE, labels VARCHAR[], codes VARCHAR[], cci_1987 INTEGER, cci_quan_2011 INTEGER
);
INSERT INTO mix VALUES
  (1, 0.22, ['hypertension', 'hyperlipidemia'], ['I10', 'E78.5'], 0, 0),
  (2, 0.32, ['type2_diabetes', 'hypertension'], ['E11.9', 'I10'], 1, 0),
  (3, 0.38, ['type2_diabetes', 'diabetic_kidney_disease', 'chronic_kidney_disease'], ['E11.9', 'E11.22', 'N18.30'], 4, 2),
  (4, 0.45, ['heart_failure', 'coronary_artery_disease', 'atrial_fibrillation'], ['I50.9', 'I25.10', 'I48.91'], 1, 2),
  (5, 0.53, ['copd', 'asthma'], ['J44.9', 'J45.909'], 1, 1),
  (6, 0.57, ['heart_failure', 'copd', 'chronic_kidney_disease', 'hypertension'], ['I50.9', 'J44.9', 'N18.30', 'I10'], 4, 4),
  (7, 0.60, ['type1_diabetes', 'diabetic_eye_disease'], ['E10.9', 'E10.319'], 2, 1),
  (8, 0.62, ['breast_cancer', 'bone_metastasis'], ['C50.912', 'C79.51'], 6, 6),
  (9, 0.65, ['cirrhosis', 'portal_hypertension'], ['K74.60', 'K76.6'], 3, 4),
  (10, 0.77, ['depression', 'anxiety'], ['F32.9', 'F41.9'], 0, 0),
  (11, 0.88, ['hypothyroidism', 'osteoarthritis', 'obesity'], ['E03.9', 'M19.90', 'E66.9'], 0, 0),
  (12, 0.93, ['coronary_artery_disease', 'old_myocardial_infarction'], ['I25.10', 'I25.2'], 1, 0),
  (13, 0.95, ['dementia', 'osteoarthritis'], ['F03.90', 'M19.90'], 1, 2),
  (14, 1, ['hypertension'], ['I10'], 0, 0);

CREATE TEMP TABLE insurance (upto DOUBLE, insurance_type VARCHAR, death_rate DOUBLE);
INSERT INTO insurance VALUES
  (0.42, 'Private', 0.010), (0.70, 'Medicare', 0.016), (0.86, 'Medicaid', 0.012), (0.98, 'Uninsured', 0.015),
  (1, NULL, 0.010);

/* drift: how far an abnormal value lies outside the range. */
CREATE TEMP TABLE lab_test (
  test_no INTEGER, test_name VARCHAR, unit VARCHAR, low DOUBLE, high DOUBLE, drift DOUBLE, abnormal_share DOUBLE
);
INSERT INTO lab_test VALUES
  (0, 'HbA1c', '%', 4.0, 5.6, 3.0, 0.22), (1, 'Glucose', 'mg/dL', 70, 99, 90, 0.20),
  (2, 'Creatinine', 'mg/dL', 0.6, 1.3, 2.0, 0.12), (3, 'eGFR', 'mL/min/1.73m2', 60, 120, 40, 0.15),
  (4, 'LDL', 'mg/dL', 0, 130, 60, 0.25), (5, 'HDL', 'mg/dL', 40, 80, 20, 0.10),
  (6, 'Triglycerides', 'mg/dL', 0, 150, 150, 0.18), (7, 'Hemoglobin', 'g/dL', 12.0, 17.5, 4.0, 0.14),
  (8, 'WBC', '10^3/uL', 4.0, 11.0, 6.0, 0.08), (9, 'TSH', 'mIU/L', 0.4, 4.0, 5.0, 0.06),
  (10, 'BNP', 'pg/mL', 0, 100, 700, 0.11), (11, 'Potassium', 'mmol/L', 3.5, 5.1, 1.2, 0.05);

CREATE TEMP TABLE drug (drug_no INTEGER, medication VARCHAR, dose DOUBLE, unit VARCHAR, frequency VARCHAR, indication VARCHAR);
INSERT INTO drug VALUES
  (0, 'Lisinopril', 10, 'mg', 'daily', 'hypertension'), (1, 'Amlodipine', 5, 'mg', 'daily', 'hypertension'),
  (2, 'Metformin', 500, 'mg', 'twice daily', 'type2_diabetes'), (3, 'Insulin glargine', 22.5, 'units', 'nightly', 'type1_diabetes'),
  (4, 'Atorvastatin', 40, 'mg', 'nightly', 'hyperlipidemia'), (5, 'Furosemide', 40, 'mg', 'daily', 'heart_failure'),
  (6, 'Metoprolol', 50, 'mg', 'twice daily', 'atrial_fibrillation'), (7, 'Apixaban', 5, 'mg', 'twice daily', 'atrial_fibrillation'),
  (8, 'Albuterol', 90, 'mcg', 'as needed', 'asthma'), (9, 'Tiotropium', 18, 'mcg', 'daily', 'copd'),
  (10, 'Sertraline', 50, 'mg', 'daily', 'depression'), (11, 'Levothyroxine', 75, 'mcg', 'daily', 'hypothyroidism'),
  (12, 'Ibuprofen', 400, 'mg', 'as needed', 'osteoarthritis');

/* --------------------------------------------------------------------------------------------------------- the plan */

CREATE TEMP TABLE patient AS
WITH numbered AS (
  SELECT n::BIGINT AS patient_no, bits('patient', n, 1) AS first, bits('patient', n, 2) AS second,
    bits('patient', n, 3) AS third
  FROM generate_series(1, getvariable('patients')) AS series(n)
)
SELECT
  patient_no,
  'P' || lpad(patient_no::VARCHAR, 7, '0') AS patient_id,
  CASE WHEN quarter(third, 0) >= 0.005 THEN (18 + floor(sqrt(quarter(first, 0)) * 73))::INTEGER END AS age,
  CASE WHEN quarter(first, 1) < 0.52 THEN 'F' ELSE 'M' END AS sex,
  m.mix_no,
  i.insurance_type,
  coalesce(i.insurance_type, '') AS insurance_text,
  180 + floor(quarter(second, 0) * 220)::INTEGER AS bmi_tenths,
  105 + floor(quarter(second, 1) * 60)::INTEGER AS systolic,
  60 + floor(quarter(second, 2) * 35)::INTEGER AS diastolic,
  55 + floor(quarter(second, 3) * 45)::INTEGER AS pulse,
  970 + floor(quarter(third, 1) * 25)::INTEGER AS temperature_tenths,
  ['never', 'former', 'current'][1 + floor(quarter(third, 2) * 3)::INTEGER] AS smoking,
  ['none', 'moderate', 'heavy'][1 + floor(quarter(third, 3) * 3)::INTEGER] AS alcohol,
  ['low', 'moderate', 'high'][1 + floor(quarter(third, 1) * 3)::INTEGER] AS exercise,
  uneven(patient_no, 274592, 'visits') AS visits,
  uneven(patient_no, 364174, 'drugs') AS drugs,
  uneven(patient_no, 2200000, 'labs') AS labs,
  even(patient_no, 11001) = 1 AS has_stay,
  /* One in ten sources a wrong index. */
  draw('index', patient_no) < 0.1 AS has_wrong_index
FROM numbered
ASOF JOIN insurance AS i ON quarter(numbered.first, 3) < i.upto
ASOF JOIN mix AS m ON quarter(numbered.first, 2) < m.upto;

/* Seven per cent of stays have their results outside, and one in twenty its diagnoses only afterwards. */
CREATE TEMP TABLE planned_stay AS
SELECT
  patient_no, age, insurance_type, insurance_text, mix_no, visits, labs,
  DATE '2018-06-01' + floor(quarter(drawn, 0) * 2300)::INTEGER AS admitted,
  least(30, 1 + floor(3.4 * sqrt(least(quarter(drawn, 1), 0.985) / (1 - least(quarter(drawn, 1), 0.985)))))::INTEGER AS days,
  admitted + days AS discharged,
  [194, 291, 292, 293, 392, 470][1 + floor(quarter(drawn, 2) * 6)::INTEGER] AS drg,
  200000 + floor(1100000 * sqrt(least(quarter(drawn, 3), 0.99) / (1 - least(quarter(drawn, 3), 0.99))))::BIGINT AS charge_cents,
  quarter(more, 0) < 0.022 AS has_icu,
  1 + floor(quarter(more, 1) * 6)::INTEGER AS icu_days,
  CASE
    WHEN quarter(more, 2) < 0.55 THEN 'home' WHEN quarter(more, 2) < 0.75 THEN 'home_health'
    WHEN quarter(more, 2) < 0.87 THEN 'skilled_nursing' WHEN quarter(more, 2) < 0.97 THEN 'rehab'
    WHEN quarter(more, 2) < 0.995 THEN 'hospice' ELSE 'Left before discharge'
  END AS disposition,
  1 + floor(quarter(more, 3) * 29)::INTEGER AS days_to_readmission,
  draw('labless', patient_no) < 0.07 AS has_labs_outside,
  draw('late', patient_no) < 0.05 AS has_late_diagnoses
FROM (SELECT *, bits('stay', patient_no, 1) AS drawn, bits('stay', patient_no, 2) AS more FROM patient WHERE has_stay);

CREATE TEMP TABLE lab AS
WITH numbered AS (
  SELECT p.patient_no, nth, bits('lab', p.patient_no, nth) AS drawn, s.admitted, s.days, s.has_labs_outside,
    (p.patient_no + nth) % 12 AS test_no
  FROM patient AS p
  LEFT JOIN planned_stay AS s USING (patient_no), generate_series(1, p.labs) AS series(nth)
)
SELECT
  n.patient_no, n.nth, n.test_no,
  /* A third of a patient's results fall into the stay, bounds included. */
  CASE
    WHEN n.admitted IS NULL THEN DATE '2018-01-01' + floor(quarter(n.drawn, 0) * 2550)::INTEGER
    WHEN n.nth % 3 = 0 AND NOT n.has_labs_outside THEN n.admitted + floor(quarter(n.drawn, 0) * (n.days + 1))::INTEGER
    ELSE n.admitted + n.days + 1 + floor(quarter(n.drawn, 0) * 400)::INTEGER
  END AS tested,
  n.admitted IS NOT NULL AND n.nth % 3 = 0 AND NOT n.has_labs_outside AS is_within_stay,
  quarter(n.drawn, 1) >= 0.04 AS is_flagged,
  quarter(n.drawn, 1) >= 0.01 AS has_value,
  quarter(n.drawn, 2) < t.abnormal_share AS is_abnormal,
  t.test_name, t.unit, t.low, t.high,
  round(CASE
    WHEN quarter(n.drawn, 2) < t.abnormal_share THEN t.high + t.drift * (0.05 + quarter(n.drawn, 3))
    ELSE t.low + (t.high - t.low) * quarter(n.drawn, 3)
  END, 2) AS value
FROM numbered AS n
JOIN lab_test AS t USING (test_no);

/* Deaths and readmissions are dealt out, not drawn: of each cell exactly its rate, rounded. */
CREATE TEMP TABLE stay AS
WITH counted AS (
  SELECT patient_no, count(*) AS results, sum(is_abnormal::INTEGER) FILTER (is_flagged) AS abnormal
  FROM lab
  WHERE is_within_stay
  GROUP BY 1
), banded AS (
  SELECT
    s.*, i.death_rate, c.results, c.abnormal,
    CASE WHEN s.age IS NULL THEN 'Unknown' WHEN s.age >= 65 THEN 'Senior' ELSE 'Under 65' END AS age_group,
    CASE
      WHEN c.abnormal IS NULL THEN 'none recorded' WHEN c.abnormal = 0 THEN '0' WHEN c.abnormal <= 2 THEN '1-2' ELSE '3+'
    END AS abnormal_band
  FROM planned_stay AS s
  JOIN insurance AS i ON i.insurance_type IS NOT DISTINCT FROM s.insurance_type
  LEFT JOIN counted AS c USING (patient_no)
), mortal AS (
  SELECT *,
    row_number() OVER (PARTITION BY insurance_text ORDER BY bits('death', patient_no, 0), patient_no)
      <= round(death_rate * count(*) OVER (PARTITION BY insurance_text)) AS died
  FROM banded
), rated AS (
  SELECT *,
    0.08 + CASE age_group WHEN 'Senior' THEN 0.08 ELSE 0.02 END
      + CASE abnormal_band WHEN '3+' THEN 0.10 WHEN '1-2' THEN 0.04 ELSE 0 END AS readmission_rate
  FROM mortal
)
SELECT *,
  NOT died AND row_number() OVER (PARTITION BY age_group, abnormal_band, died ORDER BY bits('return', patient_no, 0), patient_no)
    <= round(readmission_rate * count(*) OVER (PARTITION BY age_group, abnormal_band, died)) AS returned
FROM rated;

/* The first visit lists all that the patient has; each later one names one of it first, and every other one the rest.
   form: plain; or with a repeated item and blanks; or with a label too few; or None in place of a list. */
CREATE TEMP TABLE visit AS
WITH numbered AS (
  SELECT
    p.patient_no, nth, m.mix_no, m.labels, m.codes, len(m.codes) AS items, bits('visit', p.patient_no, nth) AS drawn,
    CASE
      WHEN s.patient_no IS NULL THEN DATE '2018-01-01' + floor(draw('first visit', p.patient_no) * 1800)::INTEGER
      WHEN s.has_late_diagnoses THEN s.discharged + 1 + floor(draw('first visit', p.patient_no) * 60)::INTEGER
      ELSE s.admitted - floor(draw('first visit', p.patient_no) * 150)::INTEGER
    END AS first_visited
  FROM patient AS p
  JOIN mix AS m USING (mix_no)
  LEFT JOIN planned_stay AS s USING (patient_no), generate_series(1, p.visits) AS series(nth)
)
SELECT
  patient_no, nth, items, labels, codes,
  first_visited + CASE WHEN nth = 1 THEN 0 ELSE ((nth - 1) * 45)::INTEGER + floor(quarter(drawn, 0) * 40)::INTEGER END AS visited,
  ['outpatient', 'telehealth', 'ER', 'inpatient'][1 + floor(quarter(drawn, 1) * 4)::INTEGER] AS visit_type,
  ['internal medicine', 'cardiology', 'family medicine', 'endocrinology'][1 + floor(quarter(drawn, 2) * 4)::INTEGER] AS specialty,
  CASE WHEN nth = 1 THEN 1 ELSE 1 + nth % items END AS first_item,
  CASE WHEN nth % 2 = 1 THEN list_filter(range(1, items + 1), item -> item <> first_item) ELSE [] END AS rest,
  CASE
    WHEN len(rest) = 0 THEN CASE WHEN quarter(drawn, 3) < 0.1 THEN 'none' ELSE 'plain' END
    WHEN quarter(drawn, 3) < 0.05 THEN 'repeated'
    WHEN quarter(drawn, 3) < 0.07 THEN 'label missing'
    ELSE 'plain'
  END AS form
FROM numbered;

/* -------------------------------------------------------------------------------------------------------- the files */

CREATE TABLE files.patients AS
SELECT
  p.patient_id, p.age::VARCHAR AS age, p.sex, (p.bmi_tenths / 10)::DECIMAL(5, 1)::VARCHAR AS bmi,
  p.systolic::VARCHAR AS systolic_bp, p.diastolic::VARCHAR AS diastolic_bp, p.pulse::VARCHAR AS heart_rate,
  (p.temperature_tenths / 10)::DECIMAL(5, 1)::VARCHAR AS temperature_f, p.smoking AS smoking_status,
  p.alcohol AS alcohol_use, p.exercise AS exercise_level, p.insurance_type,
  (m.cci_1987 + p.has_wrong_index::INTEGER)::VARCHAR AS charlson_index,
  list_contains(m.labels, 'hypertension')::INTEGER::VARCHAR AS dx_hypertension,
  list_contains(m.labels, 'type2_diabetes')::INTEGER::VARCHAR AS dx_type2_diabetes,
  list_contains(m.labels, 'hyperlipidemia')::INTEGER::VARCHAR AS dx_hyperlipidemia,
  list_contains(m.labels, 'obesity')::INTEGER::VARCHAR AS dx_obesity,
  list_contains(m.labels, 'coronary_artery_disease')::INTEGER::VARCHAR AS dx_coronary_artery_disease,
  list_contains(m.labels, 'heart_failure')::INTEGER::VARCHAR AS dx_heart_failure,
  list_contains(m.labels, 'atrial_fibrillation')::INTEGER::VARCHAR AS dx_atrial_fibrillation,
  list_contains(m.labels, 'chronic_kidney_disease')::INTEGER::VARCHAR AS dx_chronic_kidney_disease,
  list_contains(m.labels, 'copd')::INTEGER::VARCHAR AS dx_copd,
  list_contains(m.labels, 'asthma')::INTEGER::VARCHAR AS dx_asthma,
  list_contains(m.labels, 'depression')::INTEGER::VARCHAR AS dx_depression,
  list_contains(m.labels, 'anxiety')::INTEGER::VARCHAR AS dx_anxiety,
  list_contains(m.labels, 'hypothyroidism')::INTEGER::VARCHAR AS dx_hypothyroidism,
  list_contains(m.labels, 'osteoarthritis')::INTEGER::VARCHAR AS dx_osteoarthritis,
  list_contains(m.labels, 'type1_diabetes')::INTEGER::VARCHAR AS dx_type1_diabetes
FROM patient AS p
JOIN mix AS m USING (mix_no)
ORDER BY p.patient_no;

CREATE TABLE files.diagnoses AS
WITH listed AS (
  SELECT *, list_transform(rest, item -> codes[item]) AS rest_codes, list_transform(rest, item -> labels[item]) AS rest_labels
  FROM visit
)
SELECT
  p.patient_id, l.visited::VARCHAR AS visit_date, l.visit_type, l.labels[l.first_item] AS primary_diagnosis,
  l.codes[l.first_item] AS primary_icd10,
  CASE l.form
    WHEN 'none' THEN 'None'
    WHEN 'repeated' THEN array_to_string(l.rest_labels, '|') || '| ' || upper(l.rest_labels[1]) || ' '
    WHEN 'label missing' THEN nullif(array_to_string(l.rest_labels[:-2], '|'), '')
    ELSE nullif(array_to_string(l.rest_labels, '|'), '')
  END AS secondary_diagnoses,
  CASE l.form
    WHEN 'none' THEN 'None'
    WHEN 'repeated' THEN array_to_string(l.rest_codes, '|') || '| ' || lower(l.rest_codes[1]) || ' '
    ELSE nullif(array_to_string(l.rest_codes, '|'), '')
  END AS secondary_icd10s,
  l.specialty AS provider_specialty
FROM listed AS l
JOIN patient AS p USING (patient_no)
ORDER BY l.patient_no, l.nth;

CREATE TEMP TABLE prescription AS
SELECT p.patient_no, p.patient_id, nth, d.*, bits('drug', p.patient_no, nth) AS drawn
FROM patient AS p, generate_series(1, p.drugs) AS series(nth)
JOIN drug AS d ON d.drug_no = (p.patient_no * 7 + nth) % 13;

CREATE TABLE files.medications AS
SELECT
  patient_id, medication, dose::VARCHAR AS dose, unit, frequency, indication,
  (DATE '2018-01-01' + floor(quarter(drawn, 0) * 2500)::INTEGER)::VARCHAR AS start_date,
  ([30, 60, 90, 180, 365][1 + floor(quarter(drawn, 1) * 5)::INTEGER])::VARCHAR AS duration_days,
  (quarter(drawn, 2) < 0.8)::INTEGER::VARCHAR AS is_generic,
  CASE WHEN quarter(drawn, 3) >= 0.03 THEN (round(400 + 600 * quarter(drawn, 3)) / 10)::DECIMAL(5, 1)::VARCHAR END AS adherence_pct
FROM prescription
ORDER BY patient_no, nth;

CREATE TABLE files.lab_results AS
SELECT
  'P' || lpad(patient_no::VARCHAR, 7, '0') AS patient_id, tested::VARCHAR AS test_date, test_name,
  CASE WHEN has_value THEN value::VARCHAR END AS value, unit, low::VARCHAR AS reference_low, high::VARCHAR AS reference_high,
  CASE WHEN is_flagged THEN CASE WHEN is_abnormal THEN 'high' ELSE 'normal' END END AS flag,
  CASE WHEN is_flagged THEN CASE WHEN is_abnormal THEN '1.0' ELSE '0.0' END END AS is_abnormal,
  CASE WHEN has_value THEN greatest(0, round(value - high, 2))::VARCHAR END AS delta_from_normal
FROM lab
ORDER BY patient_no, nth;

CREATE TABLE files.outcomes AS
SELECT
  'P' || lpad(patient_no::VARCHAR, 7, '0') AS patient_id, admitted::VARCHAR AS admission_date,
  discharged::VARCHAR AS discharge_date, days::VARCHAR AS length_of_stay_days,
  has_icu::INTEGER::VARCHAR AS icu_admission, (CASE WHEN has_icu THEN icu_days ELSE 0 END)::VARCHAR AS icu_days,
  died::INTEGER::VARCHAR AS in_hospital_death,
  CASE WHEN died THEN 'expired' ELSE disposition END AS discharge_disposition,
  returned::INTEGER::VARCHAR AS readmitted_30d,
  CASE WHEN returned THEN float_text(days_to_readmission) END AS days_to_readmission, drg::VARCHAR AS primary_drg,
  amount_text(charge_cents) AS total_charges_usd
FROM stay
ORDER BY patient_no;

/* ------------------------------------------------------------------------------------------------------ the answers */

CREATE TABLE answers.stays AS
SELECT
  count(*) AS stays, count(*) FILTER (died) AS deaths, count(*) FILTER (NOT died) AS index_stays,
  count(*) FILTER (returned) AS readmissions, sum(days)::BIGINT AS los_days, sum(charge_cents)::BIGINT AS charge_cents,
  count(*) FILTER (has_icu) AS icu_stays, count(*) FILTER (NOT returned) AS days_to_readmission_null,
  count(*) FILTER (results IS NULL) AS stays_without_results
FROM stay;
COMMENT ON TABLE answers.stays IS 'All stays of outcomes.csv.';
COMMENT ON COLUMN answers.stays.index_stays IS 'Stays of patients discharged alive.';
COMMENT ON COLUMN answers.stays.stays_without_results IS 'Stays during which no laboratory result falls.';

CREATE TABLE answers.readmission_by_cell AS
SELECT age_group, abnormal_band, count(*) AS index_stays, count(*) FILTER (returned) AS readmissions
FROM stay
WHERE NOT died
GROUP BY ALL
ORDER BY ALL;
COMMENT ON TABLE answers.readmission_by_cell IS
  'Readmissions by age and by abnormal results within the stay; none recorded: no flagged result. The dead are left out.';

CREATE TABLE answers.readmission_by_decade AS
SELECT age // 10 * 10 AS age_from, count(*) AS index_stays, count(*) FILTER (returned) AS readmissions
FROM stay
WHERE NOT died
GROUP BY ALL
ORDER BY ALL;
COMMENT ON TABLE answers.readmission_by_decade IS 'Readmissions by decade of age, NULL where the age is unknown. 90 stands for 90 and over.';

CREATE TABLE answers.insurance AS
SELECT
  insurance_type, count(*) AS stays, count(*) FILTER (died) AS deaths, sum(days)::BIGINT AS los_days,
  sum(charge_cents)::BIGINT AS charge_cents
FROM stay
GROUP BY ALL
ORDER BY ALL;
COMMENT ON TABLE answers.insurance IS 'Stays by kind of insurance; NULL where not recorded, which is not uninsured.';

CREATE TABLE answers.drg AS
SELECT drg::VARCHAR AS drg, count(*) AS stays, sum(charge_cents)::BIGINT AS charge_cents, sum(days)::BIGINT AS los_days
FROM stay
GROUP BY ALL
ORDER BY ALL;
COMMENT ON TABLE answers.drg IS 'Stays by diagnosis-related group.';

CREATE TABLE answers.labs AS
SELECT
  count(*) AS results, count(*) FILTER (is_flagged AND is_abnormal) AS abnormal, count(*) FILTER (NOT is_flagged) AS unflagged,
  count(*) FILTER (is_within_stay) AS within_stay, count(*) FILTER (is_within_stay AND is_flagged AND is_abnormal) AS abnormal_within_stay,
  count(*) FILTER (is_within_stay AND NOT is_flagged) AS unflagged_within_stay, count(*) FILTER (NOT has_value) AS without_value,
  count(DISTINCT patient_no) AS patients
FROM lab;
COMMENT ON TABLE answers.labs IS 'Laboratory results. Within a stay: from the day of admission to that of discharge, both included.';

CREATE TABLE answers.lab_tests AS
SELECT test_name, count(*) AS results, count(*) FILTER (is_flagged AND is_abnormal) AS abnormal
FROM lab
GROUP BY ALL
ORDER BY ALL;
COMMENT ON TABLE answers.lab_tests IS 'Laboratory results by test.';

CREATE TABLE answers.charlson_of_patients AS
SELECT
  CASE WHEN p.visits > 0 THEN m.cci_1987 END AS cci_1987, CASE WHEN p.visits > 0 THEN m.cci_quan_2011 END AS cci_quan_2011,
  count(*) AS patients
FROM patient AS p
JOIN mix AS m USING (mix_no)
GROUP BY ALL
ORDER BY ALL;
COMMENT ON TABLE answers.charlson_of_patients IS 'Patients by Charlson score of all their visits; NULL where there is no visit.';

CREATE TABLE answers.charlson_of_stays AS
WITH scored AS (
  SELECT s.patient_no, s.visits > 0 AND NOT s.has_late_diagnoses AS is_recorded, m.cci_1987, m.cci_quan_2011
  FROM stay AS s
  JOIN mix AS m USING (mix_no)
)
SELECT
  CASE WHEN is_recorded THEN cci_1987 END AS cci_1987, CASE WHEN is_recorded THEN cci_quan_2011 END AS cci_quan_2011,
  count(*) AS stays
FROM scored
GROUP BY ALL
ORDER BY ALL;
COMMENT ON TABLE answers.charlson_of_stays IS 'Stays by Charlson score as of admission; NULL where no visit came before it.';

CREATE TABLE answers.charlson_of_the_source AS
SELECT count(*) FILTER (visits > 0) AS compared, count(*) FILTER (visits > 0 AND has_wrong_index) AS different
FROM patient;
COMMENT ON TABLE answers.charlson_of_the_source IS 'Patients with a score of ours and an index of patients.csv, and those where they differ.';

CREATE TABLE answers.diagnosis_lists AS
SELECT
  count(*) AS visits, sum(1 + len(rest) + (form = 'none')::INTEGER)::BIGINT AS items,
  count(*) FILTER (form = 'label missing') AS mismatched_visits, count(*) FILTER (form = 'none') AS visits_saying_none
FROM visit;
COMMENT ON TABLE answers.diagnosis_lists IS 'Visits of diagnoses.csv.';
COMMENT ON COLUMN answers.diagnosis_lists.items IS 'Distinct diagnoses of each visit, None among them.';

CREATE TABLE answers.charge_by_diagnosis AS
WITH listed AS (
  SELECT unnest(m.codes) AS code, len(m.codes) AS diagnoses, s.charge_cents
  FROM stay AS s
  JOIN mix AS m USING (mix_no)
  WHERE s.visits > 0 AND NOT s.has_late_diagnoses
)
SELECT code, diagnoses, count(*) AS stays, sum(charge_cents)::BIGINT AS charge_cents
FROM listed
GROUP BY ALL
ORDER BY ALL;
COMMENT ON TABLE answers.charge_by_diagnosis IS 'Charges of the stays that have a diagnosis by admission, by how many diagnoses they have.';

CREATE TABLE answers.medications AS
SELECT medication, count(*) AS prescriptions
FROM prescription
GROUP BY ALL
ORDER BY ALL;
COMMENT ON TABLE answers.medications IS 'Prescriptions by medication.';

/* --------------------------------------------------------------------------------------------------------- the dirt */

CREATE TABLE dirt.line (defect VARCHAR, file VARCHAR, raw VARCHAR);
INSERT INTO dirt.line VALUES
  ('quarantined: a value that is not a number', 'lab_results', 'P0000001,2020-03-01,HbA1c,pending,%,4.0,5.6,,,'),
  ('quarantined: a day that does not exist', 'lab_results', 'P0000001,2020-02-30,HbA1c,5.1,%,4.0,5.6,normal,0.0,0.0'),
  ('quarantined: days that are not a whole number', 'outcomes',
    'P0000001,2017-01-01,2017-01-04,3,0,0,0,home,1,28.6,291,9000'),
  ('quarantined: no patient', 'medications', ',Lisinopril,10.0,mg,daily,hypertension,2020-01-01,30,1,'),
  ('rejected: fields missing', 'lab_results', 'P0000001,2020-03-01,HbA1c'),
  ('inferred: a patient that patients.csv does not have', 'diagnoses',
    'P9999999,2020-01-01,outpatient,hypertension,I10,,,internal medicine');
