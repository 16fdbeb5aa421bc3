AUDIT (
  name readmission_funnel_adds_up
);

/* Under each definition every admission of its unit is either an index or excluded for one reason: none is dropped. */
SELECT
  d.definition_code,
  COUNT(f.admission_key) AS admissions_judged,
  MAX(unit.admissions) AS admissions
FROM reference.readmission_definition AS d
LEFT JOIN @this_model AS f
  ON f.definition_code = d.definition_code
LEFT JOIN (
  SELECT
    unit,
    readmission_basis,
    COUNT(*) AS admissions
  FROM core.int_admission
  GROUP BY
    1,
    2
) AS unit
  ON unit.unit = d.unit AND unit.readmission_basis = d.basis
WHERE
  d.definition_code = d.counted_as
GROUP BY
  1
HAVING
  COUNT(f.admission_key) <> COALESCE(MAX(unit.admissions), 0)
