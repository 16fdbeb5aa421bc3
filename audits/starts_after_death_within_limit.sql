AUDIT (
  name starts_after_death_within_limit,
  defaults (
    max_share = 0.01
  )
);

/* A few encounters begin after the patient's death (a certificate, a late entry); many mean that empty death dates were filled. */
SELECT
  SUM(is_after_death) AS encounters_after_death,
  COUNT(*) AS encounters
FROM @this_model
HAVING
  SUM(is_after_death) > COUNT(*) * @max_share
