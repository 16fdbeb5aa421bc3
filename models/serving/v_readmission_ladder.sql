/* One row per definition of a readmission rate, from the published ratio to the rate nearest to CMS (metrics.md, M2). */
MODEL (
  name serving.v_readmission_ladder,
  gateway serving,
  dialect mysql,
  kind VIEW,
  grain definition_code,
  audits (
    unique_grain(columns := definition_code)
  ),
  description 'The readmission rates side by side: each definition with its numerator, denominator, value and 95 % Wilson interval.',
  column_descriptions (
    definition_code = 'Code of the definition, R0 to R8.',
    definition_label = 'Name of the rate.',
    numerator = 'Admissions followed by a return that counts; in R7 patients.',
    denominator = 'Index admissions; for a ratio, the admissions that were not followed; in R7 patients.',
    value = 'Numerator / denominator, 0 to 1 for a share; NULL where the denominator is 0.',
    ci_low = 'Lower end of the 95 % Wilson interval; NULL for a ratio, which is no proportion.',
    ci_high = 'Upper end of the 95 % Wilson interval; NULL for a ratio, which is no proportion.',
    note = 'What the rate counts.'
  )
);

WITH definition_count AS (
  SELECT
    r.definition_code,
    COALESCE(SUM(r.is_readmission), 0) AS readmissions,
    SUM(r.is_index) AS index_admissions,
    COALESCE(SUM(s.src_readmitted_30d), 0) AS flagged_admissions,
    COUNT(s.src_readmitted_30d) AS admissions_with_flag
  FROM serving.fact_readmission AS r
  LEFT JOIN serving.fact_inpatient_stay AS s
    ON s.stay_key = r.stay_key
  GROUP BY
    r.definition_code
), definition_patient AS (
  /* One row per definition and patient with an index admission. */
  SELECT
    r.definition_code,
    p.patient_durable_key,
    MAX(r.is_readmission) AS is_readmitted
  FROM serving.fact_readmission AS r
  INNER JOIN serving.fact_inpatient_stay AS s
    ON s.stay_key = r.stay_key
  INNER JOIN serving.dim_patient AS p
    ON p.patient_key = s.patient_key
  WHERE
    r.is_index = 1
  GROUP BY
    r.definition_code,
    p.patient_durable_key
), patient_count AS (
  SELECT
    definition_code,
    SUM(is_readmitted) AS readmitted_patients,
    COUNT(*) AS index_patients
  FROM definition_patient
  GROUP BY
    definition_code
), rung AS (
  /* A definition without an admission has a count of 0, and no value. */
  SELECT
    d.definition_code,
    d.definition_label,
    d.measure,
    d.note,
    CASE
      WHEN d.measure = 'patient_share'
      THEN COALESCE(p.readmitted_patients, 0)
      WHEN d.measure = 'share_of_all'
      THEN COALESCE(c.flagged_admissions, 0)
      ELSE COALESCE(c.readmissions, 0)
    END AS numerator,
    CASE
      WHEN d.measure = 'ratio'
      THEN COALESCE(c.index_admissions, 0) - COALESCE(c.readmissions, 0)
      WHEN d.measure = 'patient_share'
      THEN COALESCE(p.index_patients, 0)
      WHEN d.measure = 'share_of_all'
      THEN COALESCE(c.admissions_with_flag, 0)
      ELSE COALESCE(c.index_admissions, 0)
    END AS denominator
  FROM serving.dim_readmission_definition AS d
  LEFT JOIN definition_count AS c
    ON c.definition_code = d.counted_as
  LEFT JOIN patient_count AS p
    ON p.definition_code = d.counted_as
)
/* MySQL keeps four decimals of a quotient of whole numbers, hence the six of the factor. */
SELECT
  definition_code,
  definition_label,
  numerator::BIGINT AS numerator,
  denominator::BIGINT AS denominator,
  CAST(1.000000 * numerator / NULLIF(denominator, 0) AS DECIMAL(9, 6)) AS value,
  CASE
    WHEN measure <> 'ratio'
    THEN @WILSON_LOW(numerator, denominator)::DECIMAL(9, 6)
  END AS ci_low,
  CASE
    WHEN measure <> 'ratio'
    THEN @WILSON_HIGH(numerator, denominator)::DECIMAL(9, 6)
  END AS ci_high,
  note
FROM rung
