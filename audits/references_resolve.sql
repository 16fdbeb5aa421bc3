AUDIT (
  name references_resolve
);

/* Every value of the column stands in its parent; a NULL refers to nothing and is judged by not_null. */
SELECT
  child.*
FROM @this_model AS child
LEFT JOIN @parent AS parent
  ON child.@model_col = parent.@parent_col
WHERE
  NOT child.@model_col IS NULL AND parent.@parent_col IS NULL
