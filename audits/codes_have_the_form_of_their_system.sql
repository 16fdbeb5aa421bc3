AUDIT (
  name codes_have_the_form_of_their_system,
  blocking FALSE,
  defaults (
    max_share = 0.01
  )
);

/* More codes than a few that do not have the form of their code system match nothing: a spreadsheet has made numbers of them. */
SELECT
  model.code_system,
  COUNT(*) AS codes,
  COUNT(CASE WHEN NOT REGEXP_MATCHES(model.code, s.code_pattern) THEN 1 END) AS malformed_codes,
  MIN(CASE WHEN NOT REGEXP_MATCHES(model.code, s.code_pattern) THEN model.code END) AS example
FROM @this_model AS model
INNER JOIN reference.code_system AS s
  ON s.code_system = model.code_system
GROUP BY
  1
HAVING
  COUNT(CASE WHEN NOT REGEXP_MATCHES(model.code, s.code_pattern) THEN 1 END) > COUNT(*) * @max_share
