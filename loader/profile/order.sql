/* Within a row: two columns of which the first is at most the second in nearly all rows, yet not in all. */
INSERT INTO profile_alert
WITH pairs AS (
  SELECT
    TRY_CAST(trim({first}) AS {type}) AS a,
    TRY_CAST(trim({second}) AS {type}) AS b,
    count(*) OVER () AS row_count
  FROM {relation}
)

SELECT 3, getvariable('table'), getvariable('columns'), getvariable('rule'), count(*) FILTER (a > b), count(*),
  getvariable('message')
FROM pairs
WHERE a IS NOT NULL AND b IS NOT NULL
/* A pair that few rows have says nothing about the others. */
HAVING count(*) FILTER (a > b) BETWEEN 1 AND getvariable('most') * count(*) AND count(*) >= 0.25 * any_value(row_count);
