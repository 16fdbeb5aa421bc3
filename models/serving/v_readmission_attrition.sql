/* One row per source, readmission definition and step of its funnel, from all admissions to the returns that count (docs/measures.md#m2-readmission). */
MODEL (
  name serving.v_readmission_attrition,
  gateway serving,
  dialect mysql,
  kind VIEW,
  grain (source_system, definition_code, step),
  audits (
    unique_grain(columns := (source_system, definition_code, step))
  ),
  description 'How each readmission rate comes to its denominator: admissions left after each exclusion, then index admissions and readmissions. Every admission is in one step only.',
  column_descriptions (
    source_system = 'Source that delivered it.',
    definition_code = 'Definition of the rate; joins dim_readmission_definition.',
    step = 'Place in the funnel: 0 all admissions, 1 and more an exclusion, 98 index admissions, 99 readmissions.',
    reason = 'all admissions, the reason for exclusion, index admissions or readmissions.',
    n_admissions = 'Admissions of the step: for an exclusion those it takes out.',
    n_patients = 'Patients of these admissions; not additive over steps.',
    n_left = 'Admissions left after the step.',
    share_of_admissions = 'n_admissions over all admissions of the definition''s unit, 0 to 1.',
    basis = 'What the exclusion rests on.'
  )
);

WITH judged_admission AS (
  SELECT
    r.source_system,
    r.definition_code,
    r.exclusion_reason,
    r.is_index,
    r.is_readmission,
    p.patient_durable_key
  FROM serving.fact_readmission AS r
  INNER JOIN serving.fact_inpatient_stay AS s
    ON s.stay_key = r.stay_key
  INNER JOIN serving.dim_patient AS p
    ON p.patient_key = s.patient_key
), judged_definition AS (
  SELECT DISTINCT
    source_system,
    definition_code
  FROM judged_admission
), funnel_step AS (
  SELECT
    source_system,
    definition_code,
    0 AS step,
    'all admissions' AS reason,
    COUNT(*) AS n_admissions,
    COUNT(DISTINCT patient_durable_key) AS n_patients,
    0 AS n_taken_out,
    'Every admission of the unit' AS basis
  FROM judged_admission
  GROUP BY
    source_system,
    definition_code
  UNION ALL
  SELECT
    d.source_system,
    x.definition_code,
    x.step,
    x.exclusion_reason,
    COUNT(j.definition_code),
    COUNT(DISTINCT j.patient_durable_key),
    COUNT(j.definition_code),
    x.basis
  FROM serving.dim_readmission_exclusion AS x
  INNER JOIN judged_definition AS d
    ON d.definition_code = x.definition_code
  LEFT JOIN judged_admission AS j
    ON j.source_system = d.source_system
    AND j.definition_code = x.definition_code
    AND j.exclusion_reason = x.exclusion_reason
  GROUP BY
    d.source_system,
    x.definition_code,
    x.step,
    x.exclusion_reason,
    x.basis
  UNION ALL
  SELECT
    source_system,
    definition_code,
    98,
    'index admissions',
    COUNT(*),
    COUNT(DISTINCT patient_durable_key),
    0,
    'The denominator'
  FROM judged_admission
  WHERE
    is_index = 1
  GROUP BY
    source_system,
    definition_code
  UNION ALL
  SELECT
    source_system,
    definition_code,
    99,
    'readmissions',
    COUNT(*),
    COUNT(DISTINCT patient_durable_key),
    0,
    'The numerator'
  FROM judged_admission
  WHERE
    is_readmission = 1
  GROUP BY
    source_system,
    definition_code
)
SELECT
  source_system,
  definition_code,
  step,
  reason,
  n_admissions,
  n_patients,
  CAST(SUM(CASE WHEN step = 0 THEN n_admissions ELSE 0 END) OVER (PARTITION BY source_system, definition_code) - SUM(n_taken_out) OVER (
    PARTITION BY source_system, definition_code
    ORDER BY step
    ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
  ) AS SIGNED) AS n_left,
  CAST(n_admissions / NULLIF(
    SUM(CASE WHEN step = 0 THEN n_admissions ELSE 0 END) OVER (PARTITION BY source_system, definition_code),
    0
  ) AS DECIMAL(9, 6)) AS share_of_admissions,
  basis
FROM funnel_step
