/* One row per patient, diagnosis and day it is first known. */
MODEL (
  name star.bridge_patient_diagnosis,
  kind FULL,
  grain (patient_key, diagnosis_key, onset_date_key),
  depends_on (star.dim_date, star.dim_organization),
  audits (
    unique_grain(columns := (patient_key, diagnosis_key, onset_date_key)),
    not_null(
      columns := (
        patient_key,
        diagnosis_key,
        onset_date_key,
        encounter_key,
        organization_key,
        list_position,
        role,
        weighting_factor,
        is_length_mismatch
      )
    ),
    references_resolve(model_col := patient_key, parent := star.dim_patient, parent_col := patient_key),
    references_resolve(
      model_col := diagnosis_key,
      parent := star.dim_diagnosis,
      parent_col := diagnosis_key
    ),
    references_resolve(
      model_col := organization_key,
      parent := star.dim_organization,
      parent_col := organization_key
    ),
    references_resolve(model_col := onset_date_key, parent := star.dim_date, parent_col := date_key),
    no_fan_out(summed := 1, source := core.int_patient_diagnosis, source_summed := 1),
    weights_add_up(parent_key := patient_key)
  ),
  description 'Diagnoses of patients, with weights that add up to 1 for each patient. A patient of whom no diagnosis is recorded has no row; one whose record says that there is none has the Not applicable member.',
  column_descriptions (
    patient_key = 'Patient; joins dim_patient.',
    diagnosis_key = 'Diagnosis, -2 where the record says that there is none; joins dim_diagnosis.',
    onset_date_key = 'Day the diagnosis is first known; joins dim_date.',
    encounter_key = 'Encounter that first names it, -1 where the source does not say; joins fact_encounter.',
    organization_key = 'Organization of that encounter, else the only one of the source; -1 where that is not known; joins dim_organization.',
    list_position = 'Place where it was first named: 0 for the primary diagnosis of a visit, then its place in the list; 1 for a condition, 2 for a reason.',
    role = 'primary, secondary, condition or reason.',
    onset_date = 'Day the diagnosis is first known.',
    abated_date = 'Day it ended; NULL while it goes on, or where the source does not say.',
    is_length_mismatch = '1 where the list of codes and the list of labels that name it differ in length, else 0.',
    weighting_factor = 'Share of the patient: 1 divided by the rows of the patient, the last one taking the rest.'
  )
);

WITH numbered AS (
  SELECT
    d.*,
    COUNT(*) OVER (PARTITION BY d.source_system, d.patient_id) AS n_rows,
    ROW_NUMBER() OVER (
      PARTITION BY d.source_system, d.patient_id
      ORDER BY d.onset_date, d.place, d.code_system, d.code
    ) AS row_place
  FROM core.int_patient_diagnosis AS d
)
SELECT
  @MEMBER_KEY(patient.patient_key, n.patient_id)::BIGINT AS patient_key,
  CASE
    WHEN n.code_system = 'none'
    THEN -2
    ELSE @MEMBER_KEY(diagnosis.diagnosis_key, n.code)
  END::BIGINT AS diagnosis_key,
  @DATE_KEY(n.onset_date, -1)::INT AS onset_date_key,
  COALESCE(encounter.encounter_key, -1)::BIGINT AS encounter_key,
  COALESCE(
    encounter.organization_key,
    @SURROGATE_KEY(feed.source_system, feed.sole_organization_id),
    -1
  )::BIGINT AS organization_key,
  n.place::INT AS list_position,
  n.role::TEXT AS role,
  n.onset_date::DATE AS onset_date,
  n.abated_date::DATE AS abated_date,
  n.is_length_mismatch::SMALLINT AS is_length_mismatch,
  @EVEN_SHARE(n.row_place, n.n_rows) AS weighting_factor
FROM numbered AS n
INNER JOIN core.int_feed AS feed
  ON feed.source_system = n.source_system
LEFT JOIN star.dim_patient AS patient
  ON patient.source_system = n.source_system
  AND patient.patient_id = n.patient_id
  AND patient.is_current = 1
LEFT JOIN star.dim_diagnosis AS diagnosis
  ON diagnosis.code_system = n.code_system AND diagnosis.code = n.code
LEFT JOIN star.fact_encounter AS encounter
  ON encounter.source_system = n.source_system
  AND encounter.encounter_id = n.encounter_id
