/* One row per definition and index admission: the rate of readmissions that others like it have. */
MODEL (
  name measure.expected_readmission,
  kind FULL,
  grain (definition_code, admission_key),
  audits (
    unique_grain(columns := (definition_code, admission_key)),
    not_null(columns := (definition_code, admission_key, n_others)),
    forall(criteria := (
      expected_rate BETWEEN 0 AND 1 OR expected_rate IS NULL
    ))
  ),
  description 'What is expected of an index admission by indirect standardization within its source: the rate of the admissions of other patients with its kind of stay, Charlson band and age band, or, where these are fewer than 10, with its kind of stay and Charlson band. The patient is left out of what is expected of him, or each would predict himself. NULL where others are fewer than 10 there too, and of all admissions of a definition and source in which fewer than 80 % have so many: observed / expected is not computable then. In worlds without effects no more than 5 % of the intervals exclude 1 (tests/test_coverage.py).'
);

WITH index_admission AS (
  SELECT
    r.definition_code,
    r.admission_key,
    r.is_readmission,
    s.source_system,
    s.patient_key,
    s.kind_of_stay,
    s.cci_band,
    s.age_band
  FROM star.fact_readmission AS r
  INNER JOIN measure.stay_subject AS s
    ON s.stay_key = r.stay_key
  WHERE
    r.is_index = 1 AND NOT r.is_readmission IS NULL
), compared AS (
  /* What is in a cell, less what is in it of the patient: of his age band, and of any. */
  SELECT
    definition_code,
    admission_key,
    source_system,
    COUNT(*) OVER (PARTITION BY definition_code, source_system, kind_of_stay, cci_band, age_band) - COUNT(*) OVER (
      PARTITION BY definition_code, source_system, kind_of_stay, cci_band, age_band, patient_key
    ) AS n_of_age,
    SUM(is_readmission) OVER (PARTITION BY definition_code, source_system, kind_of_stay, cci_band, age_band) - SUM(is_readmission) OVER (
      PARTITION BY definition_code, source_system, kind_of_stay, cci_band, age_band, patient_key
    ) AS readmissions_of_age,
    COUNT(*) OVER (PARTITION BY definition_code, source_system, kind_of_stay, cci_band) - COUNT(*) OVER (PARTITION BY definition_code, source_system, kind_of_stay, cci_band, patient_key) AS n_of_any_age,
    SUM(is_readmission) OVER (PARTITION BY definition_code, source_system, kind_of_stay, cci_band) - SUM(is_readmission) OVER (PARTITION BY definition_code, source_system, kind_of_stay, cci_band, patient_key) AS readmissions_of_any_age
  FROM index_admission
), expected AS (
  SELECT
    definition_code,
    admission_key,
    source_system,
    CASE WHEN @ENOUGH_OTHERS(n_of_age) THEN n_of_age ELSE n_of_any_age END AS n_others,
    CASE
      WHEN @ENOUGH_OTHERS(n_of_age)
      THEN readmissions_of_age
      ELSE readmissions_of_any_age
    END AS readmissions_of_others
  FROM compared
), judged AS (
  SELECT
    *,
    AVG(CASE WHEN @ENOUGH_OTHERS(n_others) THEN 1.0 ELSE 0.0 END) OVER (PARTITION BY definition_code, source_system) AS share_expected
  FROM expected
)
SELECT
  definition_code::TEXT AS definition_code,
  admission_key::BIGINT AS admission_key,
  n_others::BIGINT AS n_others,
  CASE
    WHEN @ENOUGH_OTHERS(n_others) AND share_expected >= 0.8
    THEN readmissions_of_others::DOUBLE / n_others
  END AS expected_rate
FROM judged
