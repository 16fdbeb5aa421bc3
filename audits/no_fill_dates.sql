AUDIT (
  name no_fill_dates
);

/* No real day may be one that a system writes for no date (seeds/fill_date.csv), nor lie centuries away: the first is a NULL that somebody filled, the second a slip that would make the calendar endless. */
SELECT
  *
FROM @this_model
WHERE
  @OR(
    @EACH(
      @columns,
      c -> c::DATE IN (@FILL_DATES())
      OR c::DATE < '1700-01-01'::DATE
      OR c::DATE > '2400-12-31'::DATE
    )
  )
