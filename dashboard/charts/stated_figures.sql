-- One row per source, stated figure and how it was come by: as stated, by its own rule from these files, corrected.
WITH figure AS (
  SELECT
    source_system,
    figure_order,
    statement,
    unit,
    stated_value,
    reproduced_value,
    is_reproduced,
    corrected_value,
    corrected_ci_low,
    corrected_ci_high,
    corrected_n,
    corrected_definition,
    reason,
    not_computable_reason
  FROM serving.v_stated_figures
  WHERE
    NOT reproduced_value IS NULL OR NOT corrected_value IS NULL
)
SELECT f.*, 'its own rule on these files' AS how, f.reproduced_value / f.stated_value AS relative FROM figure AS f
UNION ALL
SELECT f.*, 'corrected', f.corrected_value / f.stated_value FROM figure AS f
ORDER BY
  source_system,
  figure_order,
  how
