/* One row per death recorded in an OMOP feed. */
MODEL (
  name staging.stg_omop__death,
  kind FULL,
  grain (source_system, record_number),
  depends_on (quarantine.omop__death, staging.stg_omop__person),
  audits (
    unique_grain(columns := (source_system, record_number)),
    not_null(columns := (source_system, record_number, person_id, death_date)),
    rows_preserved(source := raw.omop__death, quarantine := quarantine.omop__death),
    references_resolve_in_source(model_col := person_id, parent := staging.stg_omop__person, parent_col := person_id),
    no_fill_dates(columns := (
      death_date
    ))
  ),
  description 'Deaths as delivered, typed and cleaned; nothing dropped but what quarantine holds. A person may have several rows, one a cause.'
);

SELECT
  source_system,
  record_number,
  @INTEGER_CODE(person_id) AS person_id,
  death_date::DATE AS death_date
FROM raw.omop__death
WHERE
  violation IS NULL
