-- One row per source, table and check that some row fails; a column without any value is not delivered, and left out.
SELECT
  source_system,
  REPLACE(source_table, '__', ' ') AS source_table,
  check_name,
  kind_of_check AS kind,
  n_failing,
  n_checked,
  failing_share,
  note
FROM serving.mart_data_quality
WHERE
  n_failing > 0 AND NOT (kind_of_check = 'completeness' AND n_failing = n_checked)
ORDER BY
  failing_share DESC,
  source_table,
  check_name
