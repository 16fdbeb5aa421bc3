/* One fault is one alert: of a column that is wrong by two references the worse, and columns wrong as often together. */
CREATE TABLE folded AS
WITH worse AS (
  FROM profile_alert
  QUALIFY row_number() OVER (PARTITION BY table_name, column_name, rule ORDER BY n DESC, message) = 1
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
GROUP BY severity, table_name, rule, n;

DELETE FROM profile_alert;

INSERT INTO profile_alert FROM folded;
