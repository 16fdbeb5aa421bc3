/* What is known of a delivery, one table a subject; column.sql, the other files here and the report read and fill them. */
CREATE TABLE profile_table (
  table_name VARCHAR, file_name VARCHAR, contract VARCHAR, sha256 VARCHAR, bytes BIGINT, row_count BIGINT,
  column_count BIGINT, rejected_rows BIGINT, duplicate_rows BIGINT, blank_lines BIGINT, mangled_rows BIGINT, has_bom BOOLEAN,
  read_as VARCHAR[], encoding_guessed BOOLEAN, unnamed_columns BIGINT, first_moment TIMESTAMP, last_moment TIMESTAMP
);

CREATE TABLE profile_column (
  table_name VARCHAR, position INTEGER, column_name VARCHAR, contract_type VARCHAR, inferred_type VARCHAR, role VARCHAR,
  phi VARCHAR, row_count BIGINT, nulls BIGINT, empty_strings BIGINT, blank_strings BIGINT, null_marks BIGINT,
  null_marks_seen VARCHAR[], filled BIGINT, distinct_values BIGINT, distinct_ignoring_case BIGINT, inferred_fails BIGINT,
  contract_fails BIGINT, shortest BIGINT, longest BIGINT, padded BIGINT, non_ascii BIGINT, mojibake BIGINT,
  exponents BIGINT, decimals BIGINT, decimals_that_are_whole BIGINT, with_digits BIGINT, with_leading_zero BIGINT,
  shorter_codes BIGINT, usual_length BIGINT, truncated_codes BIGINT, truncated_code VARCHAR, implausible_dates BIGINT,
  decimal_places BIGINT, numeric_mean DOUBLE, negatives BIGINT, zeros BIGINT, date_formats VARCHAR[],
  date_readings VARCHAR[]
);

CREATE TABLE profile_quantile (table_name VARCHAR, column_name VARCHAR, p DOUBLE, x DOUBLE);

CREATE TABLE profile_histogram (
  table_name VARCHAR, column_name VARCHAR, bin INTEGER, low DOUBLE, high DOUBLE, n BIGINT
);

/* kind: top (most frequent values), failing (values that are not of the type), mojibake. */
CREATE TABLE profile_value (table_name VARCHAR, column_name VARCHAR, kind VARCHAR, value VARCHAR, mask VARCHAR, n BIGINT);

CREATE TABLE profile_pattern (table_name VARCHAR, column_name VARCHAR, pattern VARCHAR, n BIGINT, distinct_values BIGINT);

CREATE TABLE profile_key (table_name VARCHAR, columns VARCHAR[], kind VARCHAR, duplicates BIGINT);

/* Columns that tell the rows of their table apart alone, the likeliest keys first; and those that may do so together. */
CREATE VIEW sole_key AS
SELECT
  table_name, column_name,
  row_number() OVER (PARTITION BY table_name ORDER BY coalesce(role, '') <> 'code', position) AS place
FROM profile_column
WHERE distinct_values = row_count AND row_count > 1 AND inferred_type <> 'decimal' AND coalesce(phi, '') <> 'address';

CREATE VIEW part_of_key AS
SELECT
  table_name, column_name,
  row_number() OVER (
    PARTITION BY table_name ORDER BY inferred_type = 'decimal', inferred_type = 'text', distinct_values DESC
  ) AS place
FROM profile_column
WHERE distinct_values > 1 AND nulls = 0;

/* Keys of one column, that others may refer to; and the columns that may refer to one. */
CREATE VIEW referred_key AS
SELECT k.table_name, c.column_name, c.inferred_type
FROM profile_key AS k
JOIN profile_column AS c
  ON c.table_name = k.table_name AND c.column_name = k.columns[1] AND c.role = 'code' AND c.row_count > 0
WHERE len(k.columns) = 1 AND k.duplicates = 0
GROUP BY ALL;

CREATE VIEW referring_column AS
SELECT table_name, column_name, inferred_type, position
FROM profile_column
WHERE filled > 0 AND inferred_type IN ('uuid', 'code', 'integer', 'text');

CREATE TABLE profile_reference (
  table_name VARCHAR, column_name VARCHAR, parent_table VARCHAR, parent_column VARCHAR, filled BIGINT, orphans BIGINT,
  sample VARCHAR
);

/* Text that was UTF-8, read as Windows-1252 or as Mac Roman and saved again: Ã© or √© for é, â€™ or ‚Äô for an apostrophe. */
SET VARIABLE mojibake = 'Ã.|Â.|â€|Ð.|ï»¿|�|[√ƒ≈∆][^ -~]|·[ª∫]|‚Ä';

/* severity: 3 wrong or lost, 2 look at it, 1 good to know. */
CREATE TABLE profile_alert (
  severity INTEGER, table_name VARCHAR, column_name VARCHAR, rule VARCHAR, n BIGINT, of_n BIGINT, message VARCHAR
);

/* What a column is, from the words of its name; the first that fits. */
CREATE TABLE column_role AS
FROM (VALUES
  (1, 'birth', '(^|_)(birth|dob)'), (2, 'death', '(^|_)(death|deceased|dod)'),
  (3, 'start', '^(start|begin|from|admit|admission)|_(start|from)(_|$)'),
  (4, 'end', '^(stop|end|thru|to_?date|discharge_date|discharged)|_(stop|end)(_|$)'),
  (5, 'code', '(^|[^a-z])(id|code|zip|zipcode|postcode|postal|npi|drg|phone|fax|ssn|mrn|icd\d*|ndc|cpt)s?\d?$'),
  (6, 'code', '(patient|person|member|encounter|visit|claim|charge|provider|payer|insurance|department|schedule|out)id$'),
  (7, 'code', '(code|zip|phone)s?\d?$')
) AS roles(priority, role, pattern);

/* What names a person, or finds one: the direct identifiers of the HIPAA safe harbor that a name of a column gives away. */
CREATE TABLE phi_name AS
FROM (VALUES
  (1, 'name', '^(first|last|middle|maiden|surname|forename|given|family|full)(_?name)?$|(patient|member|person|owner|guardian|contact|first|last|middle|maiden|sur|fore|family|given)_?name|^name$'),
  (2, 'social security number', '(^|_)ssn|social_?security'), (3, 'phone', 'phone|(^|_)(fax|mobile|cell)($|_)'),
  (4, 'email', 'e_?mail'), (5, 'address', 'address|street|(^|_)addr'), (6, 'licence or passport', 'driver|passport|licen[cs]e'),
  (7, 'record number', '(^|_)mrn|medical_?record|member_?id|policy_?n'), (8, 'date of birth', '(^|_)(birth_?date|dob|birthday)')
) AS names(priority, phi, pattern);

/* What the whole text of a value must be, by the type of its contract. */
CREATE TABLE value_pattern AS FROM read_csv('{seeds}/value_pattern.csv', header = true, all_varchar = true);
