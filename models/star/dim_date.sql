/* One row per day from 1900-01-01 to 2099-12-31. */
MODEL (
  name star.dim_date,
  kind FULL,
  grain date_key,
  audits (
    unique_grain(columns := date_key),
    unique_grain(columns := full_date),
    not_null(columns := (date_key, full_date, year, quarter, month, is_weekend, is_sentinel)),
    contiguous_days()
  ),
  description 'Calendar. 1900-01-01 stands for an unknown day and 2099-12-31 for one that has not come yet; no fact may use them for a real day.',
  column_descriptions (
    date_key = 'Key of the day, as the number yyyymmdd.',
    full_date = 'The day.',
    year = 'Calendar year.',
    year_label = 'Calendar year as text, for axes and slices.',
    quarter = 'Quarter of the year, 1 to 4.',
    month = 'Month of the year, 1 to 12.',
    month_name = 'English name of the month.',
    year_month = 'Year and month as the number yyyymm.',
    week_iso = 'ISO 8601 week of the year, 1 to 53.',
    day_of_week = 'ISO 8601 day of the week, 1 Monday to 7 Sunday.',
    is_weekend = '1 on Saturday and Sunday, else 0.',
    is_sentinel = '1 on the two days that stand for no date, else 0.'
  )
);

WITH calendar_day AS (
  SELECT
    d::DATE AS full_date
  FROM UNNEST(GENERATE_SERIES('1900-01-01'::DATE, '2099-12-31'::DATE, INTERVAL '1' DAY)) AS t(d)
)
SELECT
  (
    YEAR(full_date) * 10000 + MONTH(full_date) * 100 + DAY(full_date)
  )::INT AS date_key,
  full_date::DATE AS full_date,
  YEAR(full_date)::INT AS year,
  YEAR(full_date)::TEXT AS year_label,
  QUARTER(full_date)::INT AS quarter,
  MONTH(full_date)::INT AS month,
  MONTHNAME(full_date)::TEXT AS month_name,
  (
    YEAR(full_date) * 100 + MONTH(full_date)
  )::INT AS year_month,
  WEEKOFYEAR(full_date)::INT AS week_iso,
  ISODOW(full_date)::INT AS day_of_week,
  CASE WHEN ISODOW(full_date) >= 6 THEN 1 ELSE 0 END::SMALLINT AS is_weekend,
  CASE WHEN full_date IN ('1900-01-01'::DATE, '2099-12-31'::DATE) THEN 1 ELSE 0 END::SMALLINT AS is_sentinel
FROM calendar_day
