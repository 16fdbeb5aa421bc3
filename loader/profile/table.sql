/* What a table's rows say of it: how many there are, how many equal another or are mangled, and from when to when they go. */
UPDATE profile_table
SET
  row_count = (SELECT count(*) FROM {relation}),
  duplicate_rows = (SELECT coalesce(sum(n - 1), 0) FROM (SELECT count(*) AS n FROM {relation} GROUP BY {columns})),
  mangled_rows = (SELECT count(*) FROM {relation} WHERE {is_mangled}),
  first_moment = moment.first_moment,
  last_moment = moment.last_moment
FROM (
  SELECT
    make_timestamp((min(x) FILTER (p = 0) * 1000000)::BIGINT) AS first_moment,
    make_timestamp((max(x) FILTER (p = 1) * 1000000)::BIGINT) AS last_moment
  FROM profile_quantile
  JOIN profile_column USING (table_name, column_name)
  WHERE
    table_name = getvariable('table') AND inferred_type IN ('date', 'timestamp') AND coalesce(role, '') <> 'birth'
) AS moment
WHERE table_name = getvariable('table');
