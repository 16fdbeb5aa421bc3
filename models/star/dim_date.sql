/* One row per day, from 1900 to 2099, or further where deliveries reach further. */
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
  description 'Calendar without gaps, as a Power BI date table must be. Its first day stands for an unknown day (date_key -1) and its last for one that has not come (date_key 99991231): both lie a year or more outside all that was delivered, and no real day has their key.',
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

WITH delivered_day AS (
  SELECT
    MIN(start_ts)::DATE AS first_day,
    GREATEST(MAX(start_ts), MAX(stop_ts))::DATE AS last_day
  FROM input.encounter
  UNION ALL
  SELECT
    MIN(onset_date),
    GREATEST(MAX(onset_date), MAX(abated_date))
  FROM input.condition
  UNION ALL
  SELECT
    MIN(start_ts)::DATE,
    GREATEST(MAX(start_ts), MAX(stop_ts))::DATE
  FROM input.procedure
  UNION ALL
  SELECT
    MIN(result_date),
    MAX(result_date)
  FROM input.lab_result
  UNION ALL
  SELECT
    MIN(start_date),
    GREATEST(MAX(start_date), MAX(stop_date))
  FROM input.medication
  UNION ALL
  SELECT
    MIN(death_date),
    MAX(death_date)
  FROM input.patient
), calendar AS (
  SELECT
    LEAST('1900-01-01'::DATE, MAKE_DATE((
      YEAR(MIN(first_day)) - 1
    )::INT, 1, 1)) AS unknown_day,
    GREATEST('2099-12-31'::DATE, MAKE_DATE((
      YEAR(MAX(last_day)) + 1
    )::INT, 12, 31)) AS not_yet_day
  FROM delivered_day
), calendar_day AS (
  SELECT
    UNNEST(GENERATE_SERIES(unknown_day, not_yet_day, INTERVAL '1' DAY))::DATE AS full_date,
    unknown_day,
    not_yet_day
  FROM calendar
)
SELECT
  CASE
    WHEN full_date = unknown_day
    THEN -1
    WHEN full_date = not_yet_day
    THEN 99991231
    ELSE YEAR(full_date) * 10000 + MONTH(full_date) * 100 + DAY(full_date)
  END::INT AS date_key,
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
  CASE WHEN full_date IN (unknown_day, not_yet_day) THEN 1 ELSE 0 END::SMALLINT AS is_sentinel
FROM calendar_day
