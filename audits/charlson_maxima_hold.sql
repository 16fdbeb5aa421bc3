AUDIT (
  name charlson_maxima_hold
);

/* Somebody with all 17 categories scores 29 (Charlson 1987) and 24 (Quan 2011): the known maxima, which hold only with every weight and all three hierarchies in place. */
SELECT
  COUNT(*) AS categories,
  SUM(weight_charlson_1987 * is_severest) AS maximum_1987,
  SUM(weight_quan_2011 * is_severest) AS maximum_2011
FROM (
  SELECT
    weight_charlson_1987,
    weight_quan_2011,
    CASE WHEN hierarchy_group IS NULL OR hierarchy_rank = 2 THEN 1 ELSE 0 END AS is_severest
  FROM @this_model
) AS category
HAVING
  COUNT(*) <> 17
  OR SUM(weight_charlson_1987 * is_severest) <> 29
  OR SUM(weight_quan_2011 * is_severest) <> 24
