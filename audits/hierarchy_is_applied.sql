AUDIT (
  name hierarchy_is_applied
);

/* Of a mild and a severe form of one disease only the severe one counts: two that count in one group are one disease scored twice. */
SELECT
  @parent_key,
  hierarchy_group,
  SUM(is_counted) AS counted
FROM @this_model
WHERE
  NOT hierarchy_group IS NULL
GROUP BY
  1,
  2
HAVING
  SUM(is_counted) <> 1
