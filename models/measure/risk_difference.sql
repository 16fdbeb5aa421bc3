/* One row per source, readmission rate, scenario, cell and Charlson band (or all): how its rate differs from that of the other cells. */
MODEL (
  name measure.risk_difference,
  kind FULL,
  grain (source_system, definition_code, scenario, cell, cci_band),
  audits (
    unique_grain(columns := (source_system, definition_code, scenario, cell, cci_band)),
    not_null(
      columns := (
        source_system,
        definition_code,
        scenario,
        cell,
        cci_band,
        n,
        n_patients,
        cells_tried
      )
    )
  ),
  description 'Index stays of the rate that a feed supports, planned sessions left out, in the cells of three scenarios: A by decade of age, B by abnormal results within the stay, C by age group and number of abnormal results. Each cell against the others of its scenario and Charlson band, which is the obvious confounder.'
);

WITH index_stay AS (
  SELECT
    r.source_system,
    r.definition_code,
    r.is_readmission,
    s.patient_durable_key,
    r.cci_band,
    r.age_band,
    r.abnormal_label,
    r.age_and_abnormal_band
  FROM mart.mart_readmission_risk AS r
  INNER JOIN star.fact_inpatient_stay AS s
    ON s.stay_key = r.stay_key
  WHERE
    r.is_index = 1
), cell AS (
  SELECT
    source_system,
    definition_code,
    CASE
      WHEN GROUPING(age_band) = 0
      THEN 'age_band'
      WHEN GROUPING(abnormal_label) = 0
      THEN 'abnormal_results'
      ELSE 'age_and_abnormal_results'
    END AS scenario,
    CASE
      WHEN GROUPING(age_band) = 0
      THEN age_band
      WHEN GROUPING(abnormal_label) = 0
      THEN abnormal_label
      ELSE age_and_abnormal_band
    END AS cell,
    CASE WHEN GROUPING(cci_band) = 0 THEN cci_band ELSE 'all' END AS cci_band,
    COUNT(*) AS n,
    COUNT(DISTINCT patient_durable_key) AS n_patients,
    SUM(is_readmission) AS n_readmissions
  FROM index_stay
  GROUP BY
    GROUPING SETS (
      (source_system, definition_code, age_band),
      (source_system, definition_code, abnormal_label),
      (source_system, definition_code, age_and_abnormal_band),
      (source_system, definition_code, age_band, cci_band),
      (source_system, definition_code, abnormal_label, cci_band),
      (source_system, definition_code, age_and_abnormal_band, cci_band)
    )
)
SELECT
  *,
  SUM(n) OVER other_cells - n AS n_rest,
  SUM(n_readmissions) OVER other_cells - n_readmissions AS n_readmissions_rest,
  COUNT(*) OVER other_cells AS cells_tried
FROM cell
WINDOW other_cells AS (PARTITION BY source_system, definition_code, scenario, cci_band)
