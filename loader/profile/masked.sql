/* Values of columns that name or find a person are not shown: their masks are. */
UPDATE profile_value AS v
SET value = NULL
FROM profile_column AS c
WHERE c.table_name = v.table_name AND c.column_name = v.column_name AND c.phi IS NOT NULL;
