/*
Everything about one column, from its distinct values and how often each occurs: one pass over the rows, then work in
proportion to what differs. {relation} and {column} are the only names; what else varies is in variables.
*/
CREATE OR REPLACE TEMP TABLE column_value AS
WITH counted AS (
  SELECT {column} AS value, count(*) AS n FROM {relation} GROUP BY ALL
),

masked AS (
  SELECT
    value,
    n,
    CASE
      WHEN value IS NULL OR trim(value) = '' THEN NULL
      WHEN length(value) = 36 AND TRY_CAST(value AS UUID) IS NOT NULL THEN '<uuid>'
      ELSE translate(
        left(value, 60), '012345678BCDEFGHIJKLMNOPQRSTUVWXYZbcdefghijklmnopqrstuvwxyz',
        '999999999AAAAAAAAAAAAAAAAAAAAAAAAAaaaaaaaaaaaaaaaaaaaaaaaaa'
      )
    END AS mask
  FROM counted
),

/* The expensive patterns are tried on masks, of which there are few, not on values. */
shaped AS (
  SELECT
    mask,
    regexp_replace(regexp_replace(regexp_replace(mask, '9+', '9', 'g'), 'A+', 'A', 'g'), 'a+', 'a', 'g') AS short_mask,
    trim(short_mask) AS word,
    CASE
      WHEN mask = '<uuid>' THEN 'uuid'
      WHEN regexp_full_match(word, '[-+]?9') THEN 'integer'
      WHEN regexp_full_match(word, '[-+]?(9?\.9|9\.)') THEN 'decimal'
      WHEN regexp_full_match(word, '[-+]?9(\.9)?[Aa][-+]?9') AND mask NOT LIKE '%a9' THEN 'exponent'
      WHEN regexp_full_match(word, '[-+]?9(\.9)*,9') THEN 'decimal comma'
      WHEN regexp_full_match(word, '[-+]?9(,9)+\.9') THEN 'thousands'
      WHEN regexp_full_match(trim(mask), '9999-99-99') THEN 'date'
      WHEN regexp_full_match(trim(mask), '9999-99-99[ A]99:99(:99(\.9+)?)?( ?(A|[-+]99(:?99)?))?') THEN 'timestamp'
      WHEN regexp_full_match(trim(mask), '(99?[/.]99?[/.](99)?99|99?-99?-9999)( 99?:99(:99)?( ?(AA|aa))?)?')
        THEN 'date, day or month first'
      WHEN regexp_full_match(trim(mask), '(99?[- ][Aa][Aa][Aa][Aa]?[- ](99)?99|9999/99/99)( 99?:99(:99)?( ?(AA|aa))?)?')
        OR regexp_full_match(trim(mask), '99?[Aa][Aa][Aa]99:99:99(:99)?') THEN 'date, other format'
      ELSE 'text'
    END AS shape
  FROM (SELECT DISTINCT mask FROM masked WHERE mask IS NOT NULL)
)

SELECT
  v.value,
  v.n,
  v.mask,
  s.short_mask,
  s.shape,
  upper(trim(v.value)) IN (
    'NULL', '(NULL)', 'NA', 'N/A', '#N/A', 'NAN', 'NONE', 'NIL', '?', '-', '--', '.', 'UNK', 'MISSING', '\N'
  ) AS is_null_mark,
  v.mask IS NOT NULL AND NOT is_null_mark AS is_filled,
  CASE WHEN s.shape IN ('integer', 'decimal', 'exponent') THEN TRY_CAST(trim(v.value) AS DOUBLE) END AS number,
  /* A year 0 is not a year. */
  CASE WHEN s.shape IN ('date', 'timestamp') AND trim(v.value) NOT LIKE '0000%' THEN
    TRY_CAST(trim(v.value) AS TIMESTAMP) END AS moment,
  CASE WHEN v.value IS NOT NULL AND strlen(v.value) <> length(v.value) THEN
    regexp_matches(v.value, getvariable('mojibake')) END IS TRUE AS is_mojibake
FROM masked AS v
LEFT JOIN shaped AS s
  ON s.mask = v.mask;

/* What the column is: a type that 95 % of its values have, and the values that do not have it. */
CREATE OR REPLACE TEMP TABLE column_type AS
WITH shapes AS (
  SELECT
    sum(n) AS filled,
    sum(n) FILTER (shape = 'uuid') AS uuids,
    sum(n) FILTER (shape = 'integer') AS integers,
    sum(n) FILTER (shape IN ('integer', 'decimal', 'exponent')) AS numbers,
    sum(n) FILTER (shape = 'decimal') AS decimals,
    sum(n) FILTER (shape = 'date') AS dates,
    sum(n) FILTER (shape IN ('date', 'timestamp')) AS moments,
    sum(n) FILTER (shape LIKE 'date,%') AS other_dates,
    sum(n) FILTER (shape = 'integer' AND value LIKE '0_%') AS zero_led,
    count(DISTINCT lower(trim(value))) AS words,
    bool_and(lower(trim(value)) IN ('true', 'false', 'yes', 'no', 'y', 'n', 't', 'f')) AS are_yes_or_no,
    max(length(value)) FILTER (shape = 'integer') AS digits
  FROM column_value
  WHERE is_filled
),

role AS (
  SELECT arg_min(role, priority) AS role FROM column_role WHERE regexp_matches(lower(getvariable('name')), pattern)
)

SELECT
  role,
  filled,
  CASE
    WHEN filled IS NULL THEN 'empty'
    WHEN uuids >= 0.95 * filled THEN 'uuid'
    /* Amounts that are mostly whole are amounts. */
    WHEN numbers = filled AND decimals > 0 AND coalesce(role, '') <> 'code' THEN 'decimal'
    WHEN integers >= 0.95 * filled AND (zero_led > 0 OR digits > 15 OR role = 'code') THEN 'code'
    WHEN integers >= 0.95 * filled THEN 'integer'
    WHEN numbers >= 0.95 * filled THEN 'decimal'
    WHEN dates >= 0.95 * filled THEN 'date'
    WHEN moments >= 0.95 * filled THEN 'timestamp'
    WHEN other_dates >= 0.95 * filled THEN 'date as text'
    WHEN words <= 2 AND are_yes_or_no THEN 'yes or no'
    ELSE 'text'
  END AS type
FROM shapes, role;

/* How a value is known to be of that type. */
CREATE OR REPLACE TEMP TABLE failing_value AS
SELECT v.value, v.mask, v.n
FROM column_value AS v, column_type AS t
WHERE
  v.is_filled
  AND NOT CASE t.type
    WHEN 'uuid' THEN v.shape = 'uuid'
    WHEN 'code' THEN v.shape = 'integer'
    WHEN 'integer' THEN v.shape = 'integer'
    WHEN 'decimal' THEN v.number IS NOT NULL
    WHEN 'date' THEN v.moment IS NOT NULL AND v.shape = 'date'
    WHEN 'timestamp' THEN v.moment IS NOT NULL
    WHEN 'date as text' THEN v.shape LIKE 'date,%'
    ELSE TRUE
  END;

CREATE OR REPLACE TEMP TABLE contract_failing_value AS
SELECT value, mask, n FROM column_value
WHERE is_filled AND (
  {contract_cast} IS NULL
  OR EXISTS ( -- as the raw models judge
    FROM value_pattern
    WHERE value_type = getvariable('pattern_type')::VARCHAR AND (
      NOT regexp_matches(trim(value), pattern)
      OR NOT getvariable('is_rounded') AND regexp_matches(value, replace(
        more_decimals, 'scale', coalesce(nullif(regexp_extract(getvariable('contract_type')::VARCHAR, ', *([0-9]+)', 1), ''), '0')
      ))
    )
  )
);

/* A value's place on a line: the number, or the seconds since 1970. */
CREATE OR REPLACE TEMP TABLE column_point AS
SELECT
  CASE WHEN t.type IN ('date', 'timestamp') THEN epoch(v.moment) ELSE v.number END AS x,
  sum(v.n)::BIGINT AS n,
  sum(sum(v.n)) OVER (ORDER BY x)::BIGINT AS n_up_to,
  sum(sum(v.n)) OVER ()::BIGINT AS n_all
FROM column_value AS v, column_type AS t
WHERE t.type IN ('integer', 'decimal', 'date', 'timestamp') AND v.is_filled
GROUP BY 1
HAVING x IS NOT NULL AND isfinite(x);

INSERT INTO profile_quantile
SELECT getvariable('table'), getvariable('name'), p, min(x)
FROM column_point, (SELECT unnest([0, 0.01, 0.1, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.9, 0.99, 1]) AS p)
WHERE n_up_to >= p * n_all
GROUP BY p;

INSERT INTO profile_histogram
WITH ends AS (
  SELECT
    min(x) AS lowest,
    max(x) AS highest,
    min(x) FILTER (n_up_to >= 0.01 * n_all) AS low,
    min(x) FILTER (n_up_to >= 0.99 * n_all) AS high,
    bool_and(x = floor(x)) AS are_whole
  FROM column_point
),

range_shown AS (
  /* Where few values stretch the range, they fall into the outer bins, so that they do not flatten all others. */
  SELECT
    CASE WHEN high - low >= 0.5 * (highest - lowest) THEN lowest ELSE low END AS low,
    CASE WHEN high - low >= 0.5 * (highest - lowest) THEN highest ELSE high END AS high,
    are_whole
  FROM ends
  WHERE lowest IS NOT NULL
),

bins AS (
  /* A bar for each whole number where there are few of them. */
  SELECT
    low,
    CASE WHEN low = high THEN 1 WHEN are_whole AND high - low < 40 THEN (high - low + 1)::INTEGER ELSE 28 END AS n_bins,
    CASE WHEN low = high OR are_whole AND high - low < 40 THEN 1 ELSE (high - low) / 28 END AS width,
    are_whole AND width = 1 AS is_one_value
  FROM range_shown
),

counted AS (
  SELECT greatest(0, least(n_bins - 1, floor((x - low) / width)))::INTEGER AS bin, sum(n) AS n
  FROM column_point, bins
  GROUP BY 1
)

SELECT
  getvariable('table'),
  getvariable('name'),
  b.bin,
  low + b.bin * width,
  low + (b.bin + CASE WHEN is_one_value THEN 0 ELSE 1 END) * width,
  coalesce(c.n, 0)
FROM bins, LATERAL (SELECT unnest(range(n_bins)) AS bin) AS b
LEFT JOIN counted AS c
  ON c.bin = b.bin;

INSERT INTO profile_value
(SELECT getvariable('table'), getvariable('name'), 'top', value, mask, n FROM column_value WHERE is_filled
  ORDER BY n DESC, value LIMIT 8)
UNION ALL
(SELECT getvariable('table'), getvariable('name'), 'failing', value, mask, n FROM failing_value
  ORDER BY n DESC, value LIMIT 5)
UNION ALL
(SELECT getvariable('table'), getvariable('name'), 'failing the contract', value, mask, n FROM contract_failing_value
  ORDER BY n DESC, value LIMIT 5)
UNION ALL
(SELECT getvariable('table'), getvariable('name'), 'mojibake', value, mask, n FROM column_value WHERE is_mojibake
  ORDER BY n DESC, value LIMIT 5);

INSERT INTO profile_pattern
WITH few AS (SELECT count(DISTINCT mask) <= 12 AS masks_are_few FROM column_value)

SELECT
  getvariable('table'), getvariable('name'),
  CASE WHEN masks_are_few THEN mask
    ELSE regexp_replace(regexp_replace(regexp_replace(short_mask, '9', '9…', 'g'), 'A', 'A…', 'g'), 'a', 'a…', 'g')
  END AS pattern,
  sum(n),
  count(*)
FROM column_value, few
WHERE mask IS NOT NULL
GROUP BY ALL
ORDER BY sum(n) DESC, pattern
LIMIT 8;

/* Codes of digits alone: the length that most have, and the values that a longer, more frequent one begins with. */
CREATE OR REPLACE TEMP TABLE column_code AS
WITH digits AS (
  SELECT value, length(value) AS characters, n FROM column_value WHERE shape = 'integer' AND is_filled
),

usual AS (
  SELECT characters, sum(n) AS n FROM digits GROUP BY 1 ORDER BY 2 DESC, 1 DESC LIMIT 1
),

begun AS (
  SELECT short.value, any_value(short.n) AS n
  FROM digits AS short
  JOIN digits AS whole
    ON whole.value LIKE short.value || '%' AND whole.characters > short.characters AND whole.n > short.n
  WHERE
    short.characters >= 6 AND (SELECT count(*) FROM digits) <= 5000
  GROUP BY 1
)

SELECT
  (SELECT characters FROM usual) AS usual_length,
  (SELECT sum(n) FROM digits WHERE characters < (SELECT characters FROM usual)) AS shorter,
  (SELECT sum(n) FROM begun) AS truncated,
  (SELECT arg_max(value, n) FROM begun) AS truncated_code;

INSERT INTO profile_column BY NAME
WITH types AS (
  SELECT t.type, t.role, c.* FROM column_type AS t, column_code AS c
)

SELECT
  getvariable('table') AS table_name,
  getvariable('position') AS position,
  getvariable('name') AS column_name,
  getvariable('contract_type') AS contract_type,
  (SELECT type FROM types) AS inferred_type,
  (SELECT role FROM types) AS role,
  CASE WHEN regexp_matches(getvariable('table'), '(?i)organi[sz]ation|payer|hospital|facilit|department|insur') THEN NULL
  ELSE coalesce(
    (SELECT arg_min(phi, priority) FROM phi_name WHERE regexp_matches(lower(getvariable('name')), pattern)),
    CASE WHEN sum(n) FILTER (mask = '999-99-9999') >= 0.5 * sum(n) FILTER (is_filled) THEN 'social security number'
      WHEN sum(n) FILTER (is_filled AND value LIKE '%_@_%._%') >= 0.5 * sum(n) FILTER (is_filled) THEN 'email'
      WHEN sum(n) FILTER (regexp_full_match(mask, '(9-)?(\(999\) ?|999[-.])999[-.]9999')) >= 0.5 * sum(n) FILTER (is_filled)
        THEN 'phone' END
  ) END AS phi,
  coalesce(sum(n), 0) AS row_count,
  coalesce(sum(n) FILTER (value IS NULL), 0) AS nulls,
  coalesce(sum(n) FILTER (value = ''), 0) AS empty_strings,
  coalesce(sum(n) FILTER (value <> '' AND trim(value) = ''), 0) AS blank_strings,
  coalesce(sum(n) FILTER (is_null_mark), 0) AS null_marks,
  list(DISTINCT trim(value)) FILTER (is_null_mark) AS null_marks_seen,
  coalesce(sum(n) FILTER (is_filled), 0) AS filled,
  count(*) FILTER (is_filled) AS distinct_values,
  count(DISTINCT lower(trim(value))) FILTER (is_filled) AS distinct_ignoring_case,
  (SELECT coalesce(sum(n), 0) FROM failing_value) AS inferred_fails,
  CASE WHEN getvariable('contract_type') IS NOT NULL THEN (SELECT coalesce(sum(n), 0) FROM contract_failing_value) END
    AS contract_fails,
  min(length(value)) FILTER (is_filled) AS shortest,
  max(length(value)) FILTER (is_filled) AS longest,
  coalesce(sum(n) FILTER (is_filled AND trim(value) <> value), 0) AS padded,
  coalesce(sum(n) FILTER (strlen(value) <> length(value)), 0) AS non_ascii,
  coalesce(sum(n) FILTER (is_mojibake), 0) AS mojibake,
  coalesce(sum(n) FILTER (shape = 'exponent'), 0) AS exponents,
  coalesce(sum(n) FILTER (shape = 'decimal'), 0) AS decimals,
  coalesce(sum(n) FILTER (shape = 'decimal' AND regexp_full_match(trim(value), '.*\.0+')), 0) AS decimals_that_are_whole,
  coalesce(sum(n) FILTER (is_filled AND mask LIKE '%9%'), 0) AS with_digits,
  coalesce(sum(n) FILTER (shape = 'integer' AND value LIKE '0_%'), 0) AS with_leading_zero,
  coalesce((SELECT shorter FROM types), 0) AS shorter_codes,
  (SELECT usual_length FROM types) AS usual_length,
  coalesce((SELECT truncated FROM types), 0) AS truncated_codes,
  (SELECT truncated_code FROM types) AS truncated_code,
  coalesce(sum(n) FILTER (moment < TIMESTAMP '1880-01-01' OR moment > now()::TIMESTAMP + INTERVAL 2 YEAR), 0)
    AS implausible_dates,
  max(length(split_part(trim(value), '.', 2))) FILTER (shape = 'decimal') AS decimal_places,
  sum(number * n) FILTER (is_filled) / sum(n) FILTER (number IS NOT NULL AND is_filled) AS numeric_mean,
  coalesce(sum(n) FILTER (number < 0), 0) AS negatives,
  coalesce(sum(n) FILTER (number = 0), 0) AS zeros
FROM column_value;
