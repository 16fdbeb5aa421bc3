/* One row: what the files of a landed table, the variable `landed`, say of it. */
SELECT
  string_agg(file_name, ', ' ORDER BY file_name) AS file_name,
  string_agg(sha256, '|' ORDER BY file_name) AS sha256,
  sum(bytes)::BIGINT AS bytes,
  sum(rows_rejected)::BIGINT AS rejected_rows,
  sum(blank_lines)::BIGINT AS blank_lines,
  FALSE AS has_bom,
  list_distinct(flatten(list(coalesce(read_as, [])))) AS read_as,
  FALSE AS encoding_guessed,
  0 AS unnamed_columns
FROM warehouse.landing.file
WHERE landed_table = getvariable('landed');
