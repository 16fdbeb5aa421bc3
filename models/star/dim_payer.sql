/* One row per payer. */
MODEL (
  name star.dim_payer,
  kind FULL,
  grain payer_key,
  audits (
    unique_grain(columns := payer_key),
    not_null(columns := (payer_key, payer_id, payer_name, payer_category, insurance_type)),
    has_unknown_members(key_col := payer_key)
  ),
  description 'Payers and their category; in the patient records, kinds of insurance. A payer whose name has no category is Other: it is kept under its own name.',
  column_descriptions (
    payer_key = 'Key of the payer.',
    payer_id = 'Payer id of the source.',
    source_system = 'Source that delivered the payer.',
    payer_name = 'Name as delivered.',
    payer_category = 'Medicare, Medicaid, Dual, Private, Self-pay/Uninsured, Other or Unknown.',
    medicare_group = 'Medicare, or other payers.',
    insurance_type = 'Public, Private, Uninsured, Other or Unknown.',
    is_insured = '1 where the payer is an insurer, 0 for no insurance; NULL where that is unknown.',
    insured_label = 'Insured, Uninsured or Unknown.',
    city = 'City of the payer.',
    state = 'State of the payers headquarters.',
    zip5 = 'Five-digit ZIP, with the leading zeros that the source may have lost; NULL where not recorded.'
  )
);

SELECT
  @SURROGATE_KEY(p.source_system, p.payer_id) AS payer_key,
  p.payer_id::TEXT AS payer_id,
  p.source_system::TEXT AS source_system,
  p.payer_name::TEXT AS payer_name,
  COALESCE(c.payer_category, p.delivered_category, 'Other')::TEXT AS payer_category,
  CASE
    WHEN COALESCE(c.payer_category, p.delivered_category) = 'Medicare'
    THEN 'Medicare'
    ELSE 'other payers'
  END::TEXT AS medicare_group,
  COALESCE(c.insurance_type, 'Other')::TEXT AS insurance_type,
  c.is_insured::SMALLINT AS is_insured,
  CASE c.is_insured WHEN 1 THEN 'Insured' WHEN 0 THEN 'Uninsured' ELSE 'Unknown' END::TEXT AS insured_label,
  p.city::TEXT AS city,
  p.state::TEXT AS state,
  p.zip5::TEXT AS zip5
FROM input.payer AS p
LEFT JOIN reference.payer_category AS c
  ON @PLAIN_WORDS(c.payer_name) = @PLAIN_WORDS(p.payer_name)
UNION ALL
SELECT
  member_key,
  member_code,
  'warehouse',
  member_label,
  'Unknown',
  'other payers',
  'Unknown',
  NULL,
  'Unknown',
  NULL,
  NULL,
  NULL
FROM reference.unknown_member
