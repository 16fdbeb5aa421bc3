/* One row per visit of the patient records and distinct diagnosis listed there. */
MODEL (
  name staging.stg_ehr__visit_diagnoses,
  kind FULL,
  grain (source_system, record_number, code_system, code),
  depends_on (
    reference.no_diagnosis_marker
  ),
  audits (
    unique_grain(columns := (source_system, record_number, code_system, code)),
    not_null(
      columns := (
        source_system,
        record_number,
        patient_id,
        visit_date,
        list_position,
        role,
        code_system,
        code,
        is_length_mismatch
      )
    ),
    listed_items_preserved(source := staging.stg_ehr__diagnoses)
  ),
  description 'Primary and secondary diagnoses of each visit, one a row: the lists split at |, trimmed, empty items dropped, the first of equal ones kept. Codes and labels are paired by position; where a visit has more of one than of the other, what has no partner is kept alone and the whole list is flagged. An item without a code goes by its label. A marker such as None is a diagnosis of its own kind: none is not the same as not recorded.'
);

WITH split_visit AS (
  SELECT
    source_system,
    record_number,
    patient_id,
    visit_date,
    primary_icd10,
    primary_diagnosis,
    STR_SPLIT(secondary_icd10s, '|') AS codes,
    STR_SPLIT(secondary_diagnoses, '|') AS labels,
    COALESCE(LENGTH(STR_SPLIT(secondary_icd10s, '|')), 0) AS n_codes,
    COALESCE(LENGTH(STR_SPLIT(secondary_diagnoses, '|')), 0) AS n_labels
  FROM staging.stg_ehr__diagnoses
), placed_item AS (
  SELECT
    source_system,
    record_number,
    patient_id,
    visit_date,
    0 AS list_position,
    'primary' AS role,
    primary_icd10 AS code,
    primary_diagnosis AS label,
    0 AS is_length_mismatch
  FROM split_visit
  UNION ALL
  SELECT
    source_system,
    record_number,
    patient_id,
    visit_date,
    place AS list_position,
    'secondary' AS role,
    LIST_EXTRACT(codes, place) AS code,
    LIST_EXTRACT(labels, place) AS label,
    CASE WHEN n_codes <> n_labels THEN 1 ELSE 0 END AS is_length_mismatch
  FROM (
    SELECT
      *,
      UNNEST(GENERATE_SERIES(1, GREATEST(n_codes, n_labels))) AS place
    FROM split_visit
  ) AS listed
), read_item AS (
  SELECT
    i.source_system,
    i.record_number,
    i.patient_id,
    i.visit_date,
    i.list_position,
    i.role,
    i.is_length_mismatch,
    CASE WHEN m.marker IS NULL THEN NULLIF(UPPER(TRIM(i.code)), '') END AS code,
    NULLIF(TRIM(i.label), '') AS label,
    m.marker
  FROM placed_item AS i
  LEFT JOIN reference.no_diagnosis_marker AS m
    ON m.marker = LOWER(TRIM(i.code))
), identified_item AS (
  SELECT
    r.source_system,
    r.record_number,
    r.patient_id,
    r.visit_date,
    r.list_position,
    r.role,
    r.is_length_mismatch,
    r.label,
    CASE
      WHEN NOT r.code IS NULL
      THEN 'ICD-10-CM'
      WHEN r.label IS NULL OR NOT m.marker IS NULL
      THEN 'none'
      ELSE 'TEXT'
    END AS code_system,
    COALESCE(r.code, LOWER(r.label), r.marker) AS code
  FROM read_item AS r
  LEFT JOIN reference.no_diagnosis_marker AS m
    ON m.marker = LOWER(r.label)
  WHERE
    NOT COALESCE(r.code, r.label, r.marker) IS NULL
)
SELECT
  source_system,
  record_number,
  code_system,
  code,
  MIN(patient_id) AS patient_id,
  MIN(visit_date) AS visit_date,
  MIN(list_position) AS list_position,
  ARG_MIN(role, list_position) AS role,
  ARG_MIN(label, list_position) AS label,
  MAX(is_length_mismatch) AS is_length_mismatch
FROM identified_item
GROUP BY
  1,
  2,
  3,
  4
