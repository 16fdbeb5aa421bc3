/*
What changed since the previous delivery, from the two profiles alone: `previous_*` hold the earlier one.
Shift is the largest distance between the two cumulative distributions at the earlier one's quantiles (as of Kolmogorov
and Smirnov) for what has an order, and half the sum of the changes in the shares of the most frequent values for text.
*/
CREATE OR REPLACE TABLE profile_difference AS
WITH shift_of_measures AS (
  /* Where many values are equal, several quantiles are: the last of them says how many values lie up to there. */
  SELECT o.table_name, o.column_name, max(abs(o.p - coalesce((
    SELECT max(n.p) FROM profile_quantile AS n
    WHERE n.table_name = o.table_name AND n.column_name = o.column_name AND n.x <= o.x
  ), 0))) AS shift
  FROM (SELECT table_name, column_name, x, max(p) AS p FROM previous_quantile GROUP BY ALL) AS o
  JOIN profile_quantile AS any_now
    ON any_now.table_name = o.table_name AND any_now.column_name = o.column_name AND any_now.p = 0.5
  GROUP BY ALL
),

shares AS (
  SELECT v.table_name, v.column_name, v.mask || coalesce(v.value, '') AS value, v.n / c.filled AS share, TRUE AS is_now
  FROM profile_value AS v JOIN profile_column AS c USING (table_name, column_name)
  WHERE v.kind = 'top' AND c.filled > 0 AND c.inferred_type IN ('text', 'code', 'yes or no') AND c.distinct_values <= 100
  UNION ALL
  SELECT v.table_name, v.column_name, v.mask || coalesce(v.value, ''), v.n / c.filled, FALSE
  FROM previous_value AS v JOIN previous_column AS c USING (table_name, column_name)
  WHERE v.kind = 'top' AND c.filled > 0 AND c.inferred_type IN ('text', 'code', 'yes or no') AND c.distinct_values <= 100
),

shift_of_shares AS (
  SELECT table_name, column_name, sum(abs(change)) / 2 AS shift
  FROM (
    SELECT table_name, column_name, value, sum(CASE WHEN is_now THEN share ELSE -share END) AS change
    FROM shares GROUP BY ALL
  )
  GROUP BY ALL
  HAVING count(*) > 0
),

shifts AS (
  SELECT * FROM shift_of_measures UNION ALL SELECT * FROM shift_of_shares
),

tables AS (
  SELECT coalesce(n.table_name, o.table_name) AS table_name, o.table_name IS NULL AS is_new, n.table_name IS NULL AS is_gone,
    o.row_count AS rows_before, n.row_count AS rows_now
  FROM profile_table AS n FULL JOIN previous_table AS o USING (table_name)
),

columns AS (
  SELECT coalesce(n.table_name, o.table_name) AS table_name, coalesce(n.column_name, o.column_name) AS column_name,
    o.column_name IS NULL AS is_new, n.column_name IS NULL AS is_gone, o.inferred_type AS type_before,
    n.inferred_type AS type_now,
    (o.row_count - o.filled) / nullif(o.row_count, 0) AS missing_before,
    (n.row_count - n.filled) / nullif(n.row_count, 0) AS missing_now
  FROM profile_column AS n
  FULL JOIN previous_column AS o
    ON o.table_name = n.table_name AND o.column_name = n.column_name
)

SELECT 3 AS severity, table_name, NULL AS column_name, 'table is gone' AS what, rows_before::VARCHAR AS before, NULL AS now
FROM tables WHERE is_gone
UNION ALL
SELECT 1, table_name, NULL, 'table is new', NULL, rows_now::VARCHAR FROM tables WHERE is_new
UNION ALL
SELECT CASE WHEN rows_now < 0.9 * rows_before THEN 3 ELSE 1 END, table_name, NULL, 'rows', rows_before::VARCHAR, rows_now::VARCHAR
FROM tables WHERE rows_now <> rows_before
UNION ALL
SELECT 3, c.table_name, c.column_name, 'column is gone', c.type_before, NULL
FROM columns AS c JOIN tables AS t USING (table_name) WHERE c.is_gone AND NOT t.is_gone
UNION ALL
SELECT 2, c.table_name, c.column_name, 'column is new', NULL, c.type_now
FROM columns AS c JOIN tables AS t USING (table_name) WHERE c.is_new AND NOT t.is_new
UNION ALL
SELECT 3, table_name, column_name, 'type', type_before, type_now FROM columns WHERE type_now <> type_before
UNION ALL
SELECT CASE WHEN abs(missing_now - missing_before) > 0.05 THEN 3 ELSE 2 END, table_name, column_name, 'share missing',
  printf('%.1f %%', 100 * missing_before), printf('%.1f %%', 100 * missing_now)
FROM columns WHERE abs(missing_now - missing_before) > 0.005
UNION ALL
SELECT CASE WHEN shift > 0.25 THEN 3 ELSE 2 END, table_name, column_name, 'distribution', NULL, printf('%.0f %% of values moved', 100 * shift)
FROM shifts WHERE shift > 0.15
ORDER BY 1 DESC, 2, 3 NULLS FIRST, 4;
