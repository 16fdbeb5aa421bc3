AUDIT (
  name has_unknown_members
);

/* A dimension holds Unknown, Not applicable and Invalid, so that no fact needs a NULL key. */
SELECT
  member.member_key
FROM reference.unknown_member AS member
LEFT JOIN @this_model AS dimension
  ON dimension.@key_col = member.member_key
WHERE
  dimension.@key_col IS NULL
