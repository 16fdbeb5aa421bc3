/* One row per encounter type code and description. */
MODEL (
  name star.dim_encounter_type,
  kind FULL,
  grain type_key,
  audits (
    unique_grain(columns := type_key),
    not_null(columns := (type_key, type_code, code_system, type_description)),
    has_unknown_members(key_col := type_key)
  ),
  description 'Encounter types as delivered: one code may stand for several texts.',
  column_descriptions (
    type_key = 'Key of the type.',
    type_code = 'SNOMED CT code of the type.',
    code_system = 'Code system of the code.',
    type_description = 'Text as delivered.',
    planned_rule = 'screening, detox or elective where reference.encounter_type_rule says so; NULL for all others.'
  )
);

SELECT
  @SURROGATE_KEY(code_system, type_code, type_description) AS type_key,
  type_code::TEXT AS type_code,
  code_system::TEXT AS code_system,
  type_description::TEXT AS type_description,
  planned_rule::TEXT AS planned_rule
FROM core.int_encounter_type
UNION ALL
SELECT
  member_key,
  member_code,
  'none',
  member_label,
  NULL
FROM reference.unknown_member
