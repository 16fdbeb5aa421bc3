/* One row per Charlson category. */
MODEL (
  name star.dim_condition_category,
  kind FULL,
  grain category_key,
  audits (
    unique_grain(columns := category_key),
    unique_grain(columns := category_code),
    not_null(
      columns := (category_key, category_code, category_name, weight_1987, weight_2011)
    ),
    has_unknown_members(key_col := category_key)
  ),
  description 'The 17 Charlson categories with both sets of weights.',
  column_descriptions (
    category_key = 'Key of the category.',
    category_code = 'Short name of the category.',
    category_name = 'Name of the category.',
    weight_1987 = 'Weight of Charlson 1987.',
    weight_2011 = 'Weight of Quan 2011.',
    hierarchy_group = 'liver, diabetes or cancer, where a severe form suppresses a mild one; else NULL.',
    hierarchy_rank = '1 for the mild form, 2 for the severe one; else NULL.'
  )
);

SELECT
  @SURROGATE_KEY(category_key) AS category_key,
  category_key::TEXT AS category_code,
  category_name::TEXT AS category_name,
  weight_charlson_1987::INT AS weight_1987,
  weight_quan_2011::INT AS weight_2011,
  hierarchy_group::TEXT AS hierarchy_group,
  hierarchy_rank::INT AS hierarchy_rank
FROM reference.charlson_category
UNION ALL
SELECT
  member_key,
  member_code,
  member_label,
  0,
  0,
  NULL,
  NULL
FROM reference.unknown_member
