AUDIT (
  name weights_add_up
);

/* The weights of a parent add up to exactly 1: an amount spread over them keeps its sum. */
SELECT
  @parent_key,
  SUM(weighting_factor) AS total_weight
FROM @this_model
GROUP BY
  1
HAVING
  SUM(weighting_factor) <> 1
