/* One row per encounter, of any class and with a coded reason, of a patient who was ever readmitted by the reproduced rules. */
MODEL (
  name reproduction.readmitted_encounter,
  kind FULL,
  grain encounter_key,
  audits (
    unique_grain(columns := encounter_key),
    not_null(columns := (encounter_key, is_named_reason))
  ),
  description 'What the first reference project counted to attribute readmissions to four reasons. Its percentages were rounded reason by reason and then added: rounded_share is an encounter''s part of that sum.'
);

WITH readmitted_patient AS (
  SELECT DISTINCT
    source_system,
    patient_durable_key
  FROM star.fact_readmission
  WHERE
    definition_code = 'R1' AND is_readmission = 1
), coded_encounter AS (
  SELECT
    e.encounter_key,
    e.source_system,
    e.patient_durable_key,
    e.organization_key,
    e.payer_key,
    e.age_band_key,
    e.class_key,
    e.start_date_key,
    e.reason_diagnosis_key,
    CASE WHEN named.code IS NULL THEN 0 ELSE 1 END AS is_named_reason
  FROM star.fact_encounter AS e
  INNER JOIN readmitted_patient AS p
    ON p.source_system = e.source_system
    AND p.patient_durable_key = e.patient_durable_key
  INNER JOIN star.dim_diagnosis AS reason
    ON reason.diagnosis_key = e.reason_diagnosis_key AND reason.diagnosis_key >= 0
  LEFT JOIN reproduction.reproduced_reason AS named
    ON named.code_system = reason.code_system AND named.code = reason.code
)
SELECT
  *,
  CASE
    WHEN is_named_reason = 1
    THEN ROUND(
      100.0 * COUNT(*) OVER (PARTITION BY source_system, reason_diagnosis_key) / COUNT(*) OVER (PARTITION BY source_system)
    ) / 100 / COUNT(*) OVER (PARTITION BY source_system, reason_diagnosis_key)
  END AS rounded_share
FROM coded_encounter
