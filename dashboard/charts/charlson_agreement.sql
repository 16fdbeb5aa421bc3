-- One row per source and Charlson index that the source states.
SELECT
  source_system,
  source_charlson_index,
  n_patients,
  n_compared,
  n_different,
  share_different,
  mean_cci_1987,
  small_cell_flag
FROM serving.v_charlson_agreement
WHERE
  n_compared > 0
ORDER BY
  source_system,
  source_charlson_index
