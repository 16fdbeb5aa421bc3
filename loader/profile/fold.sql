/* One fault is one alert: of a column that is wrong by two references the worse, and columns wrong as often together. */
CREATE TABLE folded AS
WITH between_tables AS (
  SELECT *, regexp_extract(message, ' (\w+ row) that ', 1) AS other_row FROM profile_alert
),

worse AS (
  FROM between_tables
  QUALIFY row_number() OVER (PARTITION BY table_name, column_name, rule, other_row ORDER BY n DESC, message) = 1
)

SELECT
  severity,
  table_name,
  string_agg(column_name, ', ' ORDER BY column_name) AS column_name,
  rule,
  n,
  max(of_n) AS of_n,
  min(message)
  || CASE WHEN count(*) > 1 THEN ' As many rows in each of the ' || count(*) || ' columns.' ELSE '' END AS message
FROM worse
GROUP BY severity, table_name, rule, other_row, n;

DELETE FROM profile_alert;

INSERT INTO profile_alert FROM folded;
