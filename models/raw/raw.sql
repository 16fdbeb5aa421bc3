/* One row per landed row of each feed's current delivery, as text: nothing cast, nothing dropped. */
MODEL (
  name raw.@source_table,
  kind FULL,
  grain (source_system, record_number),
  description 'One row per landed row of the current deliveries, as text; `violation` says what breaks its contract.',
  blueprints @landed_tables()
);

WITH landed_row AS (
  @LANDED_ROWS(@feeds, @names)
)
SELECT
  source_system::TEXT AS source_system,
  record_number::BIGINT AS record_number,
  @EACH(@columns, c -> c),
  @violation AS violation
FROM landed_row
