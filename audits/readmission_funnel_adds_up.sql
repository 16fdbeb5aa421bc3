AUDIT (
  name readmission_funnel_adds_up
);

/* Under each definition that a feed supports, every admission of its unit is either an index or excluded for one reason: none is dropped. */
WITH admission_count AS (
  SELECT
    d.definition_code,
    a.source_system,
    COUNT(*) AS admissions
  FROM reference.readmission_definition AS d
  INNER JOIN core.int_metric_input AS input
    ON input.metric_code = 'readmission'
    AND input.definition_version = d.definition_code
    AND input.is_computable = 1
  INNER JOIN core.int_admission AS a
    ON a.unit = d.unit AND a.source_system = input.source_system
  WHERE
    d.definition_code = d.counted_as
  GROUP BY
    1,
    2
), judged_count AS (
  SELECT
    definition_code,
    source_system,
    COUNT(*) AS admissions_judged
  FROM @this_model
  GROUP BY
    1,
    2
)
SELECT
  COALESCE(a.definition_code, j.definition_code) AS definition_code,
  COALESCE(a.source_system, j.source_system) AS source_system,
  j.admissions_judged,
  a.admissions
FROM admission_count AS a
FULL JOIN judged_count AS j
  ON j.definition_code = a.definition_code AND j.source_system = a.source_system
WHERE
  a.admissions IS DISTINCT FROM j.admissions_judged
