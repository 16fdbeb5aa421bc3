/* One row per source and Charlson index it states: how often ours is the same. */
MODEL (
  name serving.v_charlson_agreement,
  gateway serving,
  dialect mysql,
  kind VIEW,
  grain (source_system, source_charlson_index),
  audits (
    unique_grain(columns := (source_system, source_charlson_index))
  ),
  description 'The Charlson index that a source states beside the one counted from its diagnoses (weights of 1987, ever, without age points).',
  column_descriptions (
    source_system = 'Source of the patients.',
    source_charlson_index = 'Index as the source states it.',
    n_patients = 'Patients with that index.',
    n_compared = 'Of them, those with a recorded diagnosis, for whom we have an index too.',
    n_different = 'Of the compared, those whose two indexes differ.',
    share_different = 'Share of the compared that differ, 0 to 1.',
    mean_cci_1987 = 'Mean of our index.',
    small_cell_flag = '1 below 30 compared patients, or 5 that differ, or 5 that do not, else 0.'
  )
);

SELECT
  source_system,
  source_charlson_index,
  COUNT(*) AS n_patients,
  COUNT(differs_from_source) AS n_compared,
  SUM(differs_from_source)::BIGINT AS n_different,
  CAST(SUM(differs_from_source) / NULLIF(COUNT(differs_from_source), 0) AS DECIMAL(9, 6)) AS share_different,
  AVG(cci_1987)::DECIMAL(9, 4) AS mean_cci_1987,
  @SMALL_CELL(
    COUNT(differs_from_source),
    COUNT(differs_from_source),
    SUM(differs_from_source),
    COUNT(differs_from_source),
    'proportion'
  ) AS small_cell_flag
FROM serving.agg_charlson_by_patient
WHERE
  NOT source_charlson_index IS NULL
GROUP BY
  source_system,
  source_charlson_index
