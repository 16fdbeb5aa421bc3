/* One row per provider of the Synthea export. */
MODEL (
  name staging.stg_synthea__providers,
  kind FULL,
  grain (source_system, provider_id),
  depends_on (
    quarantine.synthea__providers
  ),
  audits (
    unique_grain(columns := (source_system, provider_id)),
    rows_preserved(source := raw.synthea__providers, quarantine := quarantine.synthea__providers),
    not_null(columns := (source_system, provider_id))
  ),
  description 'Providers as delivered, typed and cleaned; nothing dropped but what quarantine holds.'
);

SELECT
  source_system,
  @IDENTIFIER(id) AS provider_id,
  @IDENTIFIER(organization) AS organization_id,
  @REPAIR_TEXT(name) AS provider_name,
  TRIM(gender) AS sex,
  TRIM(speciality) AS specialty,
  @REPAIR_TEXT(address) AS address,
  @REPAIR_TEXT(city) AS city,
  TRIM(state) AS state,
  @ZIP5(zip) AS zip5,
  @ZIP_PLUS4(zip) AS zip_plus4,
  lat::DOUBLE AS latitude,
  lon::DOUBLE AS longitude,
  encounters::BIGINT AS encounter_count,
  procedures::BIGINT AS procedure_count,
  @INTEGER_CODE(npi) AS npi
FROM raw.synthea__providers
WHERE
  violation IS NULL
