/* One row per discharge disposition. */
MODEL (
  name star.dim_discharge_disposition,
  kind FULL,
  grain disposition_key,
  audits (
    unique_grain(columns := disposition_key),
    unique_grain(columns := disposition_code),
    not_null(
      columns := (disposition_key, disposition_code, disposition_label, disposition_group)
    ),
    has_unknown_members(key_col := disposition_key)
  ),
  description 'Discharge dispositions: those of reference.discharge_disposition, and any other that was delivered, as it was written.',
  column_descriptions (
    disposition_key = 'Key of the disposition.',
    disposition_code = 'Code of the disposition, in lower case.',
    disposition_label = 'Label of the disposition.',
    disposition_group = 'home, post-acute, hospice, expired, AMA, transfer or unknown.'
  )
);

WITH disposition AS (
  SELECT
    disposition_code
  FROM reference.discharge_disposition
  UNION
  SELECT
    discharge_disposition AS disposition_code
  FROM core.int_encounter
  WHERE
    NOT discharge_disposition IS NULL
)
SELECT
  @SURROGATE_KEY(d.disposition_code) AS disposition_key,
  d.disposition_code::TEXT AS disposition_code,
  COALESCE(known.disposition_label, d.disposition_code)::TEXT AS disposition_label,
  COALESCE(known.disposition_group, 'unknown')::TEXT AS disposition_group
FROM disposition AS d
LEFT JOIN reference.discharge_disposition AS known
  ON known.disposition_code = d.disposition_code
UNION ALL
SELECT
  member_key,
  member_code,
  member_label,
  'unknown'
FROM reference.unknown_member
