/* One row per care plan of the Synthea export. */
MODEL (
  name staging.stg_synthea__careplans,
  kind VIEW,
  grain (source_system, record_number),
  depends_on (
    quarantine.synthea__careplans
  ),
  audits (
    unique_grain(columns := (source_system, record_number)),
    rows_preserved(source := raw.synthea__careplans, quarantine := quarantine.synthea__careplans),
    not_null(columns := (source_system, record_number, patient_id))
  ),
  description 'Care plans as delivered, typed and cleaned; nothing dropped but what quarantine holds.'
);

SELECT
  source_system,
  record_number,
  @IDENTIFIER(patient) AS patient_id,
  @IDENTIFIER(encounter) AS encounter_id,
  @IDENTIFIER(id) AS care_plan_id,
  'SNOMED CT' AS care_plan_code_system,
  @INTEGER_CODE(code) AS care_plan_code,
  TRIM(description) AS care_plan_description,
  start::DATE AS start_date,
  stop::DATE AS stop_date,
  CASE WHEN NOT reasoncode IS NULL THEN 'SNOMED CT' END AS reason_code_system,
  @INTEGER_CODE(reasoncode) AS reason_code,
  TRIM(reasondescription) AS reason_description
FROM raw.synthea__careplans
WHERE
  violation IS NULL
