AUDIT (
  name bands_adjoin,
  defaults (
    scheme = 1
  )
);

/* Bands follow each other without gap or overlap, so that a value is of one band: of whole numbers, each starts 1 above the end of the one before, and only the last may be open. A band without a lowest value is that of values that are not known. */
SELECT
  *
FROM (
  SELECT
    @lowest AS lowest,
    @highest AS highest,
    LEAD(@lowest) OVER (PARTITION BY @scheme ORDER BY @lowest) AS next_lowest
  FROM @this_model
  WHERE
    NOT @lowest IS NULL
) AS band
WHERE
  highest < lowest
  OR highest + 1 <> next_lowest
  OR (
    highest IS NULL AND NOT next_lowest IS NULL
  )
