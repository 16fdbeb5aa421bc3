/* One row per procedure code and description. */
MODEL (
  name star.dim_procedure,
  kind FULL,
  grain procedure_key,
  audits (
    unique_grain(columns := procedure_key),
    not_null(
      columns := (
        procedure_key,
        procedure_code,
        procedure_description,
        is_oncology_tx,
        is_dialysis
      )
    ),
    has_unknown_members(key_col := procedure_key)
  ),
  description 'Procedures as delivered: one code may stand for several texts.',
  column_descriptions (
    procedure_key = 'Key of the procedure.',
    procedure_code = 'SNOMED CT code of the procedure.',
    code_system = 'Code system of the code.',
    procedure_description = 'Text as delivered.',
    procedure_family = 'oncology_treatment, dialysis, cardioversion or hospice where reference.clinical_text_rule says so; NULL for all others.',
    is_oncology_tx = '1 for chemotherapy and radiotherapy, else 0.',
    is_dialysis = '1 for dialysis, else 0.'
  )
);

SELECT
  @SURROGATE_KEY(code_system, procedure_code, procedure_description) AS procedure_key,
  procedure_code::TEXT AS procedure_code,
  code_system::TEXT AS code_system,
  procedure_description::TEXT AS procedure_description,
  procedure_family::TEXT AS procedure_family,
  is_oncology_tx::SMALLINT AS is_oncology_tx,
  is_dialysis::SMALLINT AS is_dialysis
FROM core.int_procedure_type
UNION ALL
SELECT
  member_key,
  member_code,
  'none',
  member_label,
  NULL,
  0,
  0
FROM reference.unknown_member
