/* One row per patient and span with one payer of the Synthea export. */
MODEL (
  name staging.stg_synthea__payer_transitions,
  kind FULL,
  grain (source_system, record_number),
  depends_on (quarantine.synthea__payer_transitions, staging.stg_synthea__patients),
  audits (
    unique_grain(columns := (source_system, record_number)),
    rows_preserved(
      source := raw.synthea__payer_transitions,
      quarantine := quarantine.synthea__payer_transitions
    ),
    not_null(columns := (source_system, record_number, patient_id, payer_id, valid_from)),
    references_resolve_in_source(
      model_col := patient_id,
      parent := staging.stg_synthea__patients,
      parent_col := patient_id
    ),
    nulls_preserved(
      model_col := valid_to,
      source_col := end_date,
      source := raw.synthea__payer_transitions,
      source_filter := violation IS NULL
    ),
    no_fill_dates(columns := (valid_from, valid_to))
  ),
  description 'Spans with one payer as delivered, typed and cleaned; nothing dropped but what quarantine holds.'
);

WITH named AS (
  SELECT
    source_system,
    record_number,
    patient,
    memberid,
    payer,
    secondary_payer,
    TRIM(start_date) AS starts,
    TRIM(end_date) AS ends,
    plan_ownership AS ownership,
    owner_name AS owner_name
  FROM raw.synthea__payer_transitions
  WHERE
    violation IS NULL
)
SELECT
  source_system,
  record_number,
  @IDENTIFIER(patient) AS patient_id,
  @IDENTIFIER(memberid) AS member_id,
  @IDENTIFIER(payer) AS payer_id,
  @IDENTIFIER(secondary_payer) AS secondary_payer_id,
  CASE
    WHEN REGEXP_MATCHES(starts, '^[0-9]{4}$')
    THEN MAKE_DATE(starts::INT, 1, 1)
    ELSE TRY_CAST(starts AS TIMESTAMPTZ)::DATE
  END AS valid_from, /* Old exports hold a year, which starts on its first day and ends on its last. */
  CASE
    WHEN REGEXP_MATCHES(ends, '^[0-9]{4}$')
    THEN MAKE_DATE(ends::INT, 12, 31)
    ELSE TRY_CAST(ends AS TIMESTAMPTZ)::DATE
  END AS valid_to,
  LOWER(TRIM(ownership)) AS ownership,
  @REPAIR_TEXT(owner_name) AS owner_name
FROM named
