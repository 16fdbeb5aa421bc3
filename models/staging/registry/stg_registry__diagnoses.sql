/* One row per diagnosis of a stay of a registry. */
MODEL (
  name staging.stg_registry__diagnoses,
  kind FULL,
  grain (source_system, person_id, stay_number, diagnosis_number),
  depends_on (
    quarantine.registry__diagnoses
  ),
  audits (
    unique_grain(columns := (source_system, person_id, stay_number, diagnosis_number)),
    not_null(
      columns := (source_system, person_id, stay_number, diagnosis_number, diagnosis_code)
    ),
    rows_preserved(source := raw.registry__diagnoses, quarantine := quarantine.registry__diagnoses)
  ),
  description 'Diagnoses as delivered, typed and cleaned; nothing dropped but what quarantine holds.'
);

SELECT
  source_system,
  @IDENTIFIER(person_id) AS person_id,
  stay_number::BIGINT AS stay_number,
  diagnosis_number::BIGINT AS diagnosis_number,
  TRIM(diagnosis_code) AS diagnosis_code
FROM raw.registry__diagnoses
WHERE
  violation IS NULL
