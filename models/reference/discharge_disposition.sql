/* One row per discharge disposition that is known. */
MODEL (
  name reference.discharge_disposition,
  kind SEED (
    path '$root/seeds/discharge_disposition.csv'
  ),
  columns (
    disposition_code TEXT,
    disposition_label TEXT,
    disposition_group TEXT,
    basis TEXT
  ),
  grain disposition_code,
  audits (
    unique_grain(columns := (
      disposition_code
    )),
    not_null(columns := (
      disposition_code
    ))
  ),
  description 'Discharge dispositions and their group. A code that is not here keeps its own name, in the group unknown.',
  column_descriptions (
    disposition_code = 'Code as the source writes it, in lower case.',
    disposition_label = 'Label of the disposition.',
    disposition_group = 'home, post-acute, hospice, expired, AMA or transfer.',
    basis = 'Where the code comes from.'
  )
)
