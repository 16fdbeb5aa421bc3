AUDIT (
  name no_sentinel_dates
);

/* No real date may be one that a system writes for "no date", nor fall outside star.dim_date: such a date is a NULL that somebody filled. */
SELECT
  *
FROM @this_model
WHERE
  @OR(
    @EACH(@columns, c -> c::DATE <= '1900-01-01'::DATE OR c::DATE >= '2099-12-31'::DATE)
  )
