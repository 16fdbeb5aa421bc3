/* Whether a column refers to a key: how many of its rows have a value that the key does not. */
INSERT INTO profile_reference
WITH counted AS (
  SELECT {column} AS value, count(*) AS n FROM {child} WHERE trim({column}) <> '' GROUP BY 1
),

found AS (
  SELECT c.value, c.n, p.value IS NOT NULL AS is_found
  FROM counted AS c
  LEFT JOIN (SELECT {key} AS value FROM {parent}) AS p
    ON p.value = c.value
)

SELECT
  getvariable('table'), getvariable('name'), getvariable('parent_table'), getvariable('parent_column'), sum(n),
  coalesce(sum(n) FILTER (NOT is_found), 0), any_value(value) FILTER (NOT is_found)
FROM found
HAVING count(*) FILTER (is_found) >= getvariable('least') * count(*);
