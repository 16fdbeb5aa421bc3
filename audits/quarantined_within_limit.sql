AUDIT (
  name quarantined_within_limit,
  defaults (
    max_share = 0.01
  )
);

/* More broken rows than this are not slips but a broken file: the delivery is refused, not trimmed. Each fault is a row, with how many rows have it. */
WITH fault_count AS (
  SELECT
    REGEXP_REPLACE(violation, '''.*''', '''...''') AS fault,
    COUNT(*) AS row_count
  FROM @this_model
  GROUP BY
    1
), held AS (
  SELECT
    SUM(row_count) AS row_count
  FROM fault_count
), landed AS (
  SELECT
    COUNT(*) AS row_count
  FROM @source
)
SELECT
  f.fault,
  f.row_count AS quarantined_rows,
  landed.row_count AS landed_rows
FROM fault_count AS f
CROSS JOIN held
CROSS JOIN landed
WHERE
  held.row_count > landed.row_count * @max_share
ORDER BY
  quarantined_rows DESC
