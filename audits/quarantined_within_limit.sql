AUDIT (
  name quarantined_within_limit,
  defaults (
    max_share = 0.01
  )
);

/* More broken rows than this are not slips but a broken file: the delivery is refused, not trimmed. */
SELECT
  held.row_count AS quarantined_rows,
  landed.row_count AS landed_rows
FROM (
  SELECT
    COUNT(*) AS row_count
  FROM @this_model
) AS held
CROSS JOIN (
  SELECT
    COUNT(*) AS row_count
  FROM @source
) AS landed
WHERE
  held.row_count > landed.row_count * @max_share
