/* One row per payer name that has a category. */
MODEL (
  name reference.payer_category,
  kind SEED (
    path '$root/seeds/payer_category.csv'
  ),
  columns (
    payer_name TEXT,
    payer_category TEXT,
    insurance_type TEXT,
    is_insured INT,
    basis TEXT
  ),
  grain payer_name,
  audits (unique_grain(columns := (
      payer_name
    )), not_null(columns := (
      payer_name
  ))),
  description 'Payer names and the category they belong to.',
  column_descriptions (
    payer_name = 'Name as the source writes it.',
    payer_category = 'Medicare, Medicaid, Dual, Private or Self-pay/Uninsured.',
    insurance_type = 'Public, Private or Uninsured.',
    is_insured = '1 where the payer is an insurer, 0 for no insurance.',
    basis = 'Why it belongs there.'
  )
)
