AUDIT (
  name rows_preserved
);

/* No row is lost or doubled between landing and staging: landed = staged + quarantined. */
SELECT
  landed.row_count AS landed_rows,
  staged.row_count AS staged_rows,
  held.row_count AS quarantined_rows
FROM (
  SELECT
    COUNT(*) AS row_count
  FROM @source
) AS landed
CROSS JOIN (
  SELECT
    COUNT(*) AS row_count
  FROM @this_model
) AS staged
CROSS JOIN (
  SELECT
    COUNT(*) AS row_count
  FROM @quarantine
) AS held
WHERE
  landed.row_count <> staged.row_count + held.row_count
