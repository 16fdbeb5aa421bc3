/* One row per diagnosis-related group. */
MODEL (
  name star.dim_drg,
  kind FULL,
  grain drg_key,
  audits (
    unique_grain(columns := drg_key),
    unique_grain(columns := drg_code),
    not_null(columns := (drg_key, drg_code)),
    has_unknown_members(key_col := drg_key)
  ),
  description 'Diagnosis-related groups as delivered. The official titles are not copied; a group that reference.drg_family does not know has no family.',
  column_descriptions (
    drg_key = 'Key of the group.',
    drg_code = 'Code of the group.',
    description = 'Official title; NULL, as it is not copied here.',
    drg_family = 'What the group is about, in our own words; NULL where that is not known.'
  )
);

SELECT
  @SURROGATE_KEY(e.drg_code) AS drg_key,
  e.drg_code::TEXT AS drg_code,
  NULL::TEXT AS description,
  MAX(f.drg_family)::TEXT AS drg_family
FROM core.int_encounter AS e
LEFT JOIN reference.drg_family AS f
  ON f.drg_code = e.drg_code
WHERE
  NOT e.drg_code IS NULL
GROUP BY
  1,
  2
UNION ALL
SELECT
  member_key,
  member_code,
  member_label,
  NULL
FROM reference.unknown_member
