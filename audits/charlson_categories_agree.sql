AUDIT (
  name charlson_categories_agree
);

/* All rows of a category give it the same name, weights and place in its hierarchy; each group has a mild and a severe form. */
SELECT
  category_key
FROM @this_model
GROUP BY
  1
HAVING
  COUNT(DISTINCT category_name) <> 1
  OR COUNT(DISTINCT weight_charlson_1987) <> 1
  OR COUNT(DISTINCT weight_quan_2011) <> 1
  OR MIN(COALESCE(hierarchy_group, '')) <> MAX(COALESCE(hierarchy_group, ''))
  OR MIN(COALESCE(hierarchy_rank, 0)) <> MAX(COALESCE(hierarchy_rank, 0))
  OR (
    MAX(hierarchy_group) IS NULL
  ) <> (
    MAX(hierarchy_rank) IS NULL
  )
