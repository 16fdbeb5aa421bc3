/* One row per Charlson category. */
MODEL (
  name reference.charlson_category,
  kind SEED (
    path '$root/seeds/charlson_category.csv'
  ),
  columns (
    category_key TEXT,
    category_name TEXT,
    weight_charlson_1987 INT,
    weight_quan_2011 INT,
    hierarchy_group TEXT,
    hierarchy_rank INT,
    basis TEXT
  ),
  grain category_key,
  audits (
    unique_grain(columns := category_key),
    not_null(
      columns := (category_key, category_name, weight_charlson_1987, weight_quan_2011, basis)
    ),
    hierarchies_have_two_forms(),
    charlson_maxima_hold()
  ),
  description 'The 17 Charlson categories, with the weights of Charlson 1987 and Quan 2011 and the hierarchy in which a severe form suppresses the mild one.',
  column_descriptions (
    category_key = 'Short name of the category.',
    category_name = 'Name of the category.',
    weight_charlson_1987 = 'Weight of Charlson 1987.',
    weight_quan_2011 = 'Weight of Quan 2011.',
    hierarchy_group = 'Group in which a severe form suppresses the mild one: liver, diabetes or cancer.',
    hierarchy_rank = '1 for the mild form, 2 for the severe one.',
    basis = 'Where weights and hierarchy come from.'
  )
)
