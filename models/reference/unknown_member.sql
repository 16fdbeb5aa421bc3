/* One row per member that stands for a missing dimension row. */
MODEL (
  name reference.unknown_member,
  kind SEED (
    path '$root/seeds/unknown_member.csv'
  ),
  columns (
    member_key BIGINT,
    member_label TEXT,
    member_code TEXT
  ),
  grain member_key,
  audits (unique_grain(columns := (
      member_key
    )), not_null(columns := (
      member_key
  ))),
  description 'The members that every dimension has beside its real rows.',
  column_descriptions (
    member_key = 'Key of the member: -1, -2 or -3.',
    member_label = 'What a report shows.',
    member_code = 'What stands where a code would.'
  )
)
