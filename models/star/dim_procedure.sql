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
    planned_category = 'always_planned or potentially_planned by the algorithm of CMS, or not_planned; NULL where no list has the procedure.',
    is_surgery = '1 where CMS puts a stay with it into the cohort of surgery, else 0; NULL where no list has the procedure.',
    is_oncology_tx = '1 for chemotherapy and radiotherapy, else 0.',
    is_dialysis = '1 for dialysis, else 0.'
  )
);

SELECT
  @SURROGATE_KEY(t.code_system, t.procedure_code, t.procedure_description) AS procedure_key,
  t.procedure_code::TEXT AS procedure_code,
  t.code_system::TEXT AS code_system,
  t.procedure_description::TEXT AS procedure_description,
  t.procedure_family::TEXT AS procedure_family,
  c.planned_category::TEXT AS planned_category,
  c.is_surgery::SMALLINT AS is_surgery,
  t.is_oncology_tx::SMALLINT AS is_oncology_tx,
  t.is_dialysis::SMALLINT AS is_dialysis
FROM core.int_procedure_type AS t
LEFT JOIN core.int_ccs_procedure AS c
  ON c.code_system = t.code_system
  AND c.procedure_code = t.procedure_code
  AND c.procedure_description = t.procedure_description
UNION ALL
SELECT
  member_key,
  member_code,
  'none',
  member_label,
  NULL,
  NULL,
  NULL,
  0,
  0
FROM reference.unknown_member
