AUDIT (
  name hierarchies_have_two_forms
);

/* A hierarchy is a mild form of a disease and a severe one; a category of no hierarchy has no place in one. */
SELECT
  hierarchy_group,
  COUNT(*) AS forms
FROM @this_model
GROUP BY
  1
HAVING
  COUNT(CASE WHEN hierarchy_group IS NULL AND NOT hierarchy_rank IS NULL THEN 1 END) > 0
  OR (
    NOT hierarchy_group IS NULL
    AND (
      COUNT(*) <> 2
      OR COUNT(CASE WHEN hierarchy_rank = 1 THEN 1 END) <> 1
      OR COUNT(CASE WHEN hierarchy_rank = 2 THEN 1 END) <> 1
    )
  )
