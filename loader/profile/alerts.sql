/*
What is wrong with a delivery, worst first: one row per alert, each with its rule, how many values or rows it is about,
and of how many. Alerts between columns and between tables come from related.sql and order.sql.
*/
INSERT INTO profile_alert

/* Files and tables. */
SELECT 3, table_name, NULL, 'rows that cannot be read', rejected_rows, row_count + rejected_rows,
  'Ragged or broken rows: landing keeps them apart, and refuses the delivery above its limit.'
FROM profile_table WHERE rejected_rows > 0
UNION ALL
SELECT 3, table_name, NULL, 'not UTF-8', NULL, NULL,
  'Read here as Windows-1252, which is a guess: landing wants UTF-8, or the encoding named in the contract.'
FROM profile_table WHERE encoding_guessed
UNION ALL
SELECT 3, table_name, NULL, 'no rows', 0, 0, 'The file has a header and nothing else.' FROM profile_table WHERE row_count = 0
UNION ALL
SELECT 3, table_name, NULL, 'the same row more than once', duplicate_rows, row_count,
  'These rows equal another row in every column.'
FROM profile_table WHERE duplicate_rows > 0
UNION ALL
SELECT 3, table_name, array_to_string(columns, ', '), 'the key of the contract is not unique', duplicates, NULL,
  'The contract names it as the key; these rows share theirs with another.'
FROM profile_key WHERE kind = 'contract' AND duplicates > 0
UNION ALL
SELECT 2, t.table_name, NULL, 'no key', NULL, t.row_count, 'No column, and no few columns together, tell all rows apart.'
FROM profile_table AS t WHERE t.row_count > 1 AND t.table_name NOT IN (SELECT table_name FROM profile_key WHERE duplicates = 0)
UNION ALL
SELECT 1, table_name, NULL, 'byte order mark', NULL, NULL,
  'The file begins with a UTF-8 byte order mark: a reader that keeps it calls the first column by another name.'
FROM profile_table WHERE has_bom
UNION ALL
SELECT 2, table_name, NULL, 'a column without a name', unnamed_columns, column_count + unnamed_columns,
  'It is not in this report, and refuses a delivery unless the contract leaves it out: ignore = [""].'
FROM profile_table WHERE unnamed_columns > 0
UNION ALL
SELECT 1, table_name, NULL, 'blank lines', blank_lines, NULL, 'They are not rows.' FROM profile_table WHERE blank_lines > 0

/* Columns. */
UNION ALL
SELECT 3, t.table_name, array_to_string(list(c.column_name ORDER BY c.position), ', '), 'mangled characters',
  any_value(t.mangled_rows), any_value(t.row_count),
  'Rows whose text went through the wrong encoding, as Jos√© or JosÃ© for José: '
  || array_to_string(list(c.column_name || ' ' || c.mojibake ORDER BY c.position), ', ') || '.'
FROM profile_table AS t JOIN profile_column AS c ON c.table_name = t.table_name AND c.mojibake > 0
GROUP BY t.table_name
UNION ALL
SELECT 3, table_name, column_name, 'numbers as 1.23E+17', exponents, filled,
  'A spreadsheet has shortened long numbers: the digits are lost, and no reader brings them back.'
FROM profile_column WHERE exponents > 0
UNION ALL
SELECT 3, table_name, column_name, 'breaks its contract', contract_fails, filled,
  'The contract says ' || contract_type || ': these values are not valid, and their rows go to quarantine.'
FROM profile_column WHERE contract_fails > 0
UNION ALL
SELECT CASE WHEN inferred_type IN ('date', 'timestamp', 'integer', 'decimal') THEN 3 ELSE 2 END,
  table_name, column_name, 'values of another kind', inferred_fails, filled,
  'At least 95 % of the values are of type ' || inferred_type || ', these are not.'
FROM profile_column WHERE inferred_fails > 0 AND coalesce(contract_fails, 0) = 0
UNION ALL
SELECT 2, table_name, column_name, 'may have lost leading zeros', shorter_codes, filled,
  'Codes of fewer digits than the usual ' || usual_length || '.'
FROM profile_column
WHERE
  shorter_codes > 0
  AND (shorter_codes <= 0.5 * filled AND regexp_matches(lower(column_name), 'zip|post')
    OR shorter_codes <= 0.1 * filled AND with_leading_zero > 0)
UNION ALL
SELECT 3, table_name, column_name, 'codes that look cut off', truncated_codes, filled,
  'For example ' || truncated_code || ', with which a longer and more frequent code begins.'
FROM profile_column
WHERE truncated_codes > 0 AND inferred_type = 'code' AND phi IS NULL
UNION ALL
SELECT 2, table_name, array_to_string(list(column_name ORDER BY position), ', '), 'digits in names', max(with_digits), max(filled),
  'Names of people hold digits, as Smith123.'
FROM profile_column WHERE phi = 'name' AND with_digits > 0.05 * filled AND NOT column_name ILIKE '%id'
GROUP BY table_name
UNION ALL
SELECT 2, table_name, column_name, 'whole numbers written as decimals', decimals_that_are_whole, filled,
  'Every value ends in .0: a program turned integers into floats, as it does where some are missing.'
FROM profile_column WHERE decimals > 0 AND decimals = decimals_that_are_whole AND inferred_type = 'decimal' AND filled > 10
UNION ALL
SELECT 2, table_name, column_name, 'words for no value', null_marks, row_count,
  'Read as text unless the contract lists them as null marks: ' || array_to_string(list_sort(null_marks_seen), ', ') || '.'
FROM profile_column WHERE null_marks > 0
UNION ALL
SELECT 2, table_name, column_name, 'both empty and ""', empty_strings, row_count,
  'Some values are missing and some are quoted empty text: two ways to say nothing.'
FROM profile_column WHERE empty_strings > 0 AND nulls > 0
UNION ALL
SELECT 2, table_name, column_name, 'blanks around values', padded, filled, 'Joins and groups see them, readers do not.'
FROM profile_column WHERE padded > 0
UNION ALL
SELECT 2, table_name, column_name, 'spelled in more than one way', distinct_values - distinct_ignoring_case, distinct_values,
  'Values that differ in upper and lower case or blanks alone.'
FROM profile_column WHERE distinct_values > distinct_ignoring_case AND inferred_type IN ('text', 'yes or no') AND phi IS NULL
UNION ALL
SELECT 2, table_name, column_name, 'dates out of reason', implausible_dates, filled, 'Before 1880, or two years ahead and more.'
FROM profile_column WHERE implausible_dates > 0
UNION ALL
SELECT 2, table_name, column_name, 'dates as people write them', filled, filled,
  CASE len(date_formats)
    WHEN 0 THEN 'No format that is known here reads them all.'
    WHEN 1 THEN 'All of them fit ' || date_formats[1] || ': the contract can say so, as format.'
    ELSE 'Day or month first is for the sender to say, since all of them fit ' || array_to_string(date_formats, ' and ') || '.'
  END
FROM profile_column WHERE inferred_type = 'date as text'
UNION ALL
SELECT 3, table_name, column_name, 'dates in more than one format', filled, filled,
  'No one format reads them all, only several together: ' || array_to_string(date_readings, ', ')
  || '. Of some, it cannot be known which is the day and which the month.'
FROM profile_column WHERE inferred_type = 'date as text' AND len(date_formats) = 0 AND len(date_readings) > 1

/* References. */
UNION ALL
SELECT 3, table_name, column_name, 'refers to nothing', orphans, filled,
  'No row of ' || parent_table || ' has such a ' || parent_column || '.'
FROM profile_reference WHERE orphans > 0

/* Good to know, one row a table. */
UNION ALL
SELECT 1, table_name, array_to_string(list(column_name ORDER BY position), ', '), 'names or finds a person', count(*), NULL,
  'Values are masked in this report unless it is asked for them.'
FROM profile_column WHERE phi IS NOT NULL GROUP BY ALL
UNION ALL
SELECT 1, table_name, array_to_string(list(column_name ORDER BY position), ', '), 'always empty', count(*), NULL, 'No row has a value.'
FROM profile_column WHERE filled = 0 AND row_count > 0 GROUP BY ALL
UNION ALL
SELECT 1, table_name, array_to_string(list(column_name ORDER BY position), ', '), 'always the same', count(*), NULL,
  'Every row has the same value.'
FROM profile_column WHERE filled = row_count AND distinct_values = 1 AND row_count > 1 GROUP BY ALL;
