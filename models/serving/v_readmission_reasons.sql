/* One row per source, readmission definition and coded reason of the return (docs/measures.md#m4-reasons-of-readmissions). */
MODEL (
  name serving.v_readmission_reasons,
  gateway serving,
  dialect mysql,
  kind VIEW,
  grain (source_system, definition_code, diagnosis_key),
  audits (
    unique_grain(columns := (source_system, definition_code, diagnosis_key))
  ),
  description 'What the readmissions that count were for. The reason is that of the return; where a return carries none it is Unknown.',
  column_descriptions (
    source_system = 'Source that delivered it.',
    definition_code = 'Definition of the rate; joins dim_readmission_definition.',
    diagnosis_key = 'Reason of the return, -1 where none is coded; joins dim_diagnosis.',
    reason = 'Text of the reason.',
    chronicity = 'chronic, not chronic or no determination by AHRQ CCIR; not mapped; or no reason coded.',
    n_readmissions = 'Readmissions with the reason.',
    n_planned = 'Of them, those whose return is planned (cancer treatment, screening, elective).',
    n_patients = 'Patients they belong to; not additive over reasons.',
    share_of_readmissions = 'Share of all readmissions of the definition, 0 to 1.',
    share_of_coded = 'Share of the readmissions with a coded reason, 0 to 1; NULL where none is coded.'
  )
);

WITH readmission AS (
  SELECT
    r.source_system,
    r.definition_code,
    r.return_diagnosis_key,
    r.is_planned_next,
    p.patient_durable_key
  FROM serving.fact_readmission AS r
  INNER JOIN serving.fact_inpatient_stay AS s
    ON s.stay_key = r.stay_key
  INNER JOIN serving.dim_patient AS p
    ON p.patient_key = s.patient_key
  WHERE
    r.is_readmission = 1
), reason_count AS (
  SELECT
    source_system,
    definition_code,
    return_diagnosis_key AS diagnosis_key,
    COUNT(*) AS n_readmissions,
    SUM(is_planned_next) AS n_planned,
    COUNT(DISTINCT patient_durable_key) AS n_patients
  FROM readmission
  GROUP BY
    source_system,
    definition_code,
    return_diagnosis_key
)
SELECT
  c.source_system,
  c.definition_code,
  c.diagnosis_key,
  CASE WHEN c.diagnosis_key = -1 THEN 'no reason coded' ELSE d.description END AS reason,
  CASE WHEN c.diagnosis_key = -1 THEN 'no reason coded' ELSE d.chronicity END AS chronicity,
  c.n_readmissions,
  c.n_planned::BIGINT AS n_planned,
  c.n_patients,
  CAST(c.n_readmissions / SUM(c.n_readmissions) OVER (PARTITION BY c.source_system, c.definition_code) AS DECIMAL(9, 6)) AS share_of_readmissions,
  CASE
    WHEN c.diagnosis_key <> -1
    THEN c.n_readmissions / SUM(CASE WHEN c.diagnosis_key <> -1 THEN c.n_readmissions END) OVER (PARTITION BY c.source_system, c.definition_code)
  END::DECIMAL(9, 6) AS share_of_coded
FROM reason_count AS c
INNER JOIN serving.dim_diagnosis AS d
  ON d.diagnosis_key = c.diagnosis_key
