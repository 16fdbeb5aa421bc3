/* One row per landed row that breaks the contract of its table, with what is wrong; its staging model leaves it out. */
MODEL (
  name quarantine.@source_table,
  kind FULL,
  grain (source_system, record_number),
  audits (
    unique_grain(columns := (source_system, record_number)),
    not_null(columns := (source_system, record_number, violation)),
    quarantined_within_limit(source := raw.@source_table)
  ),
  description 'One row per landed row that breaks the contract of its table; `violation` says what is wrong, column by column.',
  blueprints @landed_tables()
);

SELECT
  source_system,
  record_number,
  violation,
  @EACH(@names, c -> c)
FROM raw.@source_table
WHERE
  NOT violation IS NULL
