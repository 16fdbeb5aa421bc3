/* Between a row and the row it refers to: what must not be after (or before) what. */
INSERT INTO profile_alert
WITH pairs AS (
  SELECT TRY_CAST(trim(child.{child_column}) AS TIMESTAMP) AS a, TRY_CAST(trim(parent.{parent_column}) AS TIMESTAMP) AS b
  FROM {child} AS child
  JOIN {parent} AS parent
    ON parent.{key} = child.{reference}
)

SELECT getvariable('severity'), getvariable('table'), getvariable('columns'), getvariable('rule'),
  count(*) FILTER (wrong), count(*), getvariable('message')
FROM (SELECT {wrong} AS wrong FROM pairs WHERE a IS NOT NULL AND b IS NOT NULL)
HAVING count(*) FILTER (wrong) BETWEEN 1 AND getvariable('most') * count(*);
