/* One row per admission and piece of evidence that some readmission definition excludes it for. */
MODEL (
  name core.int_exclusion_evidence,
  kind FULL,
  grain (unit, source_system, admission_id, evidence),
  audits (
    unique_grain(columns := (unit, source_system, admission_id, evidence)),
    not_null(columns := (unit, source_system, admission_id, evidence)),
    references_resolve_in_source(model_col := admission_id, parent := core.int_admission, parent_col := admission_id)
  ),
  description 'What is known about an admission and may keep it from being an index; reference.readmission_exclusion says for which rate.'
);

SELECT
  unit,
  source_system,
  admission_id,
  'open' AS evidence
FROM core.int_admission
WHERE
  is_open = 1
UNION ALL
SELECT
  unit,
  source_system,
  admission_id,
  'undated' AS evidence
FROM core.int_admission
WHERE
  is_undated = 1
UNION ALL
SELECT
  unit,
  source_system,
  admission_id,
  'hospice' AS evidence
FROM core.int_admission
WHERE
  is_hospice = 1
UNION ALL
SELECT
  unit,
  source_system,
  admission_id,
  'hospice_care' AS evidence
FROM core.int_admission
WHERE
  is_hospice_care = 1
UNION ALL
SELECT
  unit,
  source_system,
  admission_id,
  'died' AS evidence
FROM core.int_admission
WHERE
  died_by_discharge = 1
UNION ALL
SELECT
  unit,
  source_system,
  admission_id,
  'no_followup' AS evidence
FROM core.int_admission
WHERE
  has_30d_followup = 0
UNION ALL
SELECT
  unit,
  source_system,
  admission_id,
  'transferred_out' AS evidence
FROM core.int_admission
WHERE
  is_transferred_out = 1
UNION ALL
SELECT
  unit,
  source_system,
  admission_id,
  'oncology_treatment' AS evidence
FROM core.int_admission
WHERE
  is_oncology_tx = 1
UNION ALL
SELECT
  unit,
  source_system,
  admission_id,
  'cancer' AS evidence
FROM core.int_admission
WHERE
  is_cancer = 1
UNION ALL
SELECT
  unit,
  source_system,
  admission_id,
  'cancer_without_surgery' AS evidence
FROM core.int_admission
WHERE
  is_cancer = 1 AND is_surgery = 0
UNION ALL
SELECT
  unit,
  source_system,
  admission_id,
  'detox' AS evidence
FROM core.int_admission
WHERE
  is_detox = 1
UNION ALL
SELECT
  unit,
  source_system,
  admission_id,
  'screening' AS evidence
FROM core.int_admission
WHERE
  is_screening = 1
UNION ALL
SELECT
  unit,
  source_system,
  admission_id,
  'no_source_flag' AS evidence
FROM core.int_admission
WHERE
  readmitted_flag IS NULL
UNION ALL
SELECT
  a.unit,
  a.source_system,
  a.admission_id,
  'left_against_advice' AS evidence
FROM core.int_admission AS a
INNER JOIN reference.discharge_disposition AS d
  ON d.disposition_code = a.discharge_disposition AND d.disposition_group = 'AMA'
