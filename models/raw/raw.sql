/* One row per landed row of the table's current delivery, as text: nothing cast, nothing dropped. */
MODEL (
  name raw.@source_table,
  kind VIEW,
  grain record_number,
  description 'One row per landed row of the current delivery, as text; `violation` says what breaks its contract.',
  blueprints @landed_tables()
);

SELECT
  rowid + 1 AS record_number,
  @EACH(@columns, c -> c),
  @violation AS violation
FROM @LANDED_RELATION(@landed, @names)
