/* One row per diagnosis code that has an ICD-10-CM equivalent and a chronicity. */
MODEL (
  name reference.condition_chronicity,
  kind SEED (
    path '$root/seeds/condition_chronicity.csv'
  ),
  columns (
    code_system TEXT,
    code TEXT,
    description TEXT,
    icd10_code TEXT,
    ccir INT,
    basis TEXT
  ),
  grain (code_system, code),
  audits (
    unique_grain(columns := (code_system, code)),
    not_null(columns := (code_system, code, ccir))
  ),
  description 'Reason codes that sources deliver, each with the ICD-10-CM code whose description fits it and the value AHRQ gives that code in its Chronic Condition Indicator Refined (CCIR v2023.1).',
  column_descriptions (
    code_system = 'Code system of the code.',
    code = 'Code of the diagnosis.',
    description = 'Text of the code as delivered.',
    icd10_code = 'ICD-10-CM code by description, without its dot.',
    ccir = '1 chronic (12 months or longer, with ongoing care or limitation), 0 not chronic, 9 no determination.',
    basis = 'judgement: the ICD-10-CM code was chosen by its description; published: by a published map.'
  )
)
