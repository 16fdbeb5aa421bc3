/* One row per stay and diagnosis known by the day of admission. */
MODEL (
  name star.bridge_stay_diagnosis,
  kind FULL,
  grain (stay_key, diagnosis_key),
  audits (
    unique_grain(columns := (stay_key, diagnosis_key)),
    not_null(columns := (stay_key, diagnosis_key, role, weighting_factor)),
    references_resolve(model_col := stay_key, parent := star.fact_inpatient_stay, parent_col := stay_key),
    references_resolve(
      model_col := diagnosis_key,
      parent := star.dim_diagnosis,
      parent_col := diagnosis_key
    ),
    no_fan_out(summed := 1, source := core.int_stay_diagnosis, source_summed := 1),
    weights_add_up(parent_key := stay_key)
  ),
  description 'Diagnoses of stays as of admission, with weights that add up to 1 for each stay: an amount times its weight keeps its sum. A stay without a diagnosis has no row.',
  column_descriptions (
    stay_key = 'Stay; joins fact_inpatient_stay.',
    diagnosis_key = 'Diagnosis, -2 where the record says that there is none; joins dim_diagnosis.',
    organization_key = 'Organization of the stay; joins dim_organization.',
    role = 'primary, secondary, condition or reason, where it was first named.',
    onset_date = 'Day the diagnosis is first known.',
    weighting_factor = 'Share of the stay: 1 divided by the rows of the stay, the last one taking the rest.'
  )
);

WITH numbered AS (
  SELECT
    d.*,
    COUNT(*) OVER (PARTITION BY d.source_system, d.stay_id) AS n_rows,
    ROW_NUMBER() OVER (
      PARTITION BY d.source_system, d.stay_id
      ORDER BY d.onset_date, d.place, d.code_system, d.code
    ) AS row_place
  FROM core.int_stay_diagnosis AS d
)
SELECT
  @SURROGATE_KEY(n.source_system, n.stay_id) AS stay_key,
  CASE
    WHEN n.code_system = 'none'
    THEN -2
    ELSE @MEMBER_KEY(diagnosis.diagnosis_key, n.code)
  END::BIGINT AS diagnosis_key,
  stay.organization_key::BIGINT AS organization_key,
  n.role::TEXT AS role,
  n.onset_date::DATE AS onset_date,
  @EVEN_SHARE(n.row_place, n.n_rows) AS weighting_factor
FROM numbered AS n
INNER JOIN star.fact_inpatient_stay AS stay
  ON stay.stay_key = @SURROGATE_KEY(n.source_system, n.stay_id)
LEFT JOIN star.dim_diagnosis AS diagnosis
  ON diagnosis.code_system = n.code_system AND diagnosis.code = n.code
