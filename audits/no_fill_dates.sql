AUDIT (
  name no_fill_dates
);

/* No real day may be one that a system writes for no date (reference.fill_date), nor lie centuries away: the first is a NULL that somebody filled, the second a slip that would make the calendar endless. */
SELECT
  model.*
FROM @this_model AS model
LEFT JOIN reference.fill_date AS fill
  ON @OR(@EACH(@columns, c -> model.c::DATE = fill.fill_date))
WHERE
  NOT fill.fill_date IS NULL
  OR @OR(
    @EACH(
      @columns,
      c -> model.c::DATE < '1700-01-01'::DATE OR model.c::DATE > '2400-12-31'::DATE
    )
  )
