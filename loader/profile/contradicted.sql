/*
Within a row: two dates of which the first is at or before the second in nearly all rows, yet not in all. They must move
together, or the first be a birth: two dates that have nothing to do with each other are in an order by chance.
*/
INSERT INTO profile_alert
WITH pairs AS (
  SELECT {first}::{unit} AS a, {second}::{unit} AS b, count(*) OVER () AS row_count FROM delivered.row_moment
),

counted AS (
  SELECT
    count(*) AS n,
    count(*) FILTER (a > b) AS wrong,
    count(*) FILTER (a < b) AS in_order,
    corr(epoch(a), epoch(b)) AS together,
    any_value(row_count) AS row_count
  FROM pairs
  /* A year 9999 that stands for "still open" would hide what the others do. */
  WHERE a BETWEEN '1880-01-01' AND now()::TIMESTAMP + INTERVAL 2 YEAR
    AND b BETWEEN '1880-01-01' AND now()::TIMESTAMP + INTERVAL 2 YEAR
)

SELECT 3, getvariable('table'), getvariable('columns'), 'ends before it begins', wrong, n, getvariable('message')
FROM counted
WHERE
  wrong BETWEEN 1 AND getvariable('most') * n AND in_order > wrong AND n >= 0.25 * row_count
  AND (together >= 0.5 OR getvariable('is_birth'));
