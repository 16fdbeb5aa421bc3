AUDIT (
  name unique_grain
);

/* No two rows share their grain. Unlike the built-in unique_values, the failing rows name the value that is doubled. */
SELECT
  @EACH(@columns, c -> c),
  COUNT(*) AS row_count
FROM @this_model
GROUP BY
  @EACH(@columns, c -> c)
HAVING
  COUNT(*) > 1
