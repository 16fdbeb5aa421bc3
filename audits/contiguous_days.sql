AUDIT (
  name contiguous_days
);

/* The calendar has every day between its first and its last: a Power BI date table must. */
SELECT
  COUNT(*) AS days,
  MIN(full_date) AS first_day,
  MAX(full_date) AS last_day
FROM @this_model
HAVING
  COUNT(*) <> DATE_DIFF('DAY', MIN(full_date), MAX(full_date)) + 1
