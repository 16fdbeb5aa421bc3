/* One row per encounter of the Synthea export. */
MODEL (
  name staging.stg_synthea__encounters,
  kind FULL,
  grain (source_system, encounter_id),
  depends_on (quarantine.synthea__encounters, staging.stg_synthea__patients),
  audits (
    unique_grain(columns := (source_system, encounter_id)),
    not_null(columns := (source_system, encounter_id, start_ts_utc)),
    rows_preserved(source := raw.synthea__encounters, quarantine := quarantine.synthea__encounters),
    references_resolve_in_source(
      model_col := patient_id,
      parent := staging.stg_synthea__patients,
      parent_col := patient_id
    ),
    nulls_preserved(
      model_col := stop_ts_utc,
      source_col := stop,
      source := raw.synthea__encounters,
      source_filter := violation IS NULL
    ),
    nulls_preserved(
      model_col := reason_code,
      source_col := reasoncode,
      source := raw.synthea__encounters,
      source_filter := violation IS NULL
    ),
    nulls_preserved(
      model_col := payer_paid,
      source_col := payer_coverage,
      source := raw.synthea__encounters,
      source_filter := violation IS NULL
    ),
    no_fill_dates(columns := (start_ts_utc, stop_ts_utc)),
    forall(criteria := (
      payer_paid <= claim_amount
    ))
  ),
  description 'Encounters as delivered, typed and cleaned; nothing dropped but what quarantine holds.'
);

WITH feed AS (
  SELECT
    source_system,
    COUNT(organization) AS organizations
  FROM raw.synthea__encounters
  GROUP BY
    1
)
SELECT
  e.source_system,
  @IDENTIFIER(e.id) AS encounter_id,
  @IDENTIFIER(e.patient) AS patient_id,
  @IDENTIFIER(CASE WHEN feed.organizations = 0 THEN e.provider ELSE e.organization END) AS organization_id, /* Before there was ORGANIZATION, PROVIDER named the organization; since then it is the clinician. */
  CASE WHEN feed.organizations > 0 THEN @IDENTIFIER(e.provider) END AS provider_id,
  @IDENTIFIER(e.payer) AS payer_id,
  @IDENTIFIER(e.encounterclass) AS class_code,
  CASE WHEN NOT e.code IS NULL THEN 'SNOMED CT' END AS type_code_system,
  @INTEGER_CODE(e.code) AS type_code,
  TRIM(e.description) AS type_description,
  @UTC_TIME(e.start) AS start_ts_utc,
  @UTC_TIME(e.stop) AS stop_ts_utc,
  e.base_encounter_cost::DECIMAL(14, 2) AS base_cost,
  e.total_claim_cost::DECIMAL(14, 2) AS claim_amount,
  e.payer_coverage::DECIMAL(14, 2) AS payer_paid,
  CASE WHEN NOT e.reasoncode IS NULL THEN 'SNOMED CT' END AS reason_code_system,
  @INTEGER_CODE(e.reasoncode) AS reason_code,
  TRIM(e.reasondescription) AS reason_description
FROM raw.synthea__encounters AS e
INNER JOIN feed
  ON feed.source_system = e.source_system
WHERE
  e.violation IS NULL
