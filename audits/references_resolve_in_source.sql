AUDIT (
  name references_resolve_in_source
);

/* As references_resolve, within one source: two sources may give the same id to different things. */
SELECT
  child.*
FROM @this_model AS child
LEFT JOIN @parent AS parent
  ON child.source_system = parent.source_system
  AND child.@model_col = parent.@parent_col
WHERE
  NOT child.@model_col IS NULL AND parent.@parent_col IS NULL
