/* One row per stay and Charlson category its patient has by the day of admission. */
MODEL (
  name star.bridge_stay_condition_category,
  kind FULL,
  grain (stay_key, category_key),
  depends_on (
    star.fact_inpatient_stay
  ),
  audits (
    unique_grain(columns := (stay_key, category_key)),
    not_null(columns := (stay_key, category_key, is_counted)),
    references_resolve(model_col := stay_key, parent := star.fact_inpatient_stay, parent_col := stay_key),
    references_resolve(
      model_col := category_key,
      parent := star.dim_condition_category,
      parent_col := category_key
    ),
    no_fan_out(
      summed := 1,
      source := core.int_charlson_category,
      source_summed := 1,
      source_filter := subject = 'stay'
    ),
    no_fan_out(
      summed := is_counted * weight_1987,
      source := star.fact_inpatient_stay,
      source_summed := NULLIF(cci_1987, 0)
    )
  ),
  description 'Charlson categories of stays after the hierarchy: the weights of the rows that count add up to the score of the stay.',
  column_descriptions (
    stay_key = 'Stay; joins fact_inpatient_stay.',
    category_key = 'Category; joins dim_condition_category.',
    is_counted = '1 where the category counts, 0 where a severe form of the same disease suppresses it.',
    first_onset_date = 'Day a diagnosis of the category is first known.',
    weight_1987 = 'Weight of Charlson 1987.',
    weight_2011 = 'Weight of Quan 2011.'
  )
);

SELECT
  @SURROGATE_KEY(c.source_system, c.subject_id) AS stay_key,
  category.category_key::BIGINT AS category_key,
  c.is_counted::SMALLINT AS is_counted,
  c.first_onset_date::DATE AS first_onset_date,
  c.weight_1987::INT AS weight_1987,
  c.weight_2011::INT AS weight_2011
FROM core.int_charlson_category AS c
INNER JOIN star.dim_condition_category AS category
  ON category.category_code = c.category_key
WHERE
  c.subject = 'stay'
