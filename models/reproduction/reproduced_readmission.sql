/* One row per readmission by the reproduced rules, and whether its own reason is one of the four that were named. */
MODEL (
  name reproduction.reproduced_readmission,
  kind VIEW,
  grain admission_key,
  description 'Readmissions of R1, to answer the question that the named reasons were stated for.'
);

SELECT
  r.admission_key,
  r.source_system,
  r.patient_durable_key,
  r.organization_key,
  r.payer_key,
  r.age_band_key,
  r.stay_type_key,
  r.charlson_band_key,
  r.discharge_date_key,
  CASE WHEN named.code IS NULL THEN 0 ELSE 1 END AS is_named_reason
FROM star.fact_readmission AS r
INNER JOIN star.dim_diagnosis AS reason
  ON reason.diagnosis_key = r.return_diagnosis_key
LEFT JOIN reproduction.reproduced_reason AS named
  ON named.code_system = reason.code_system AND named.code = reason.code
WHERE
  r.definition_code = 'R1' AND r.is_readmission = 1
