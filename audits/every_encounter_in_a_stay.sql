AUDIT (
  name every_encounter_in_a_stay
);

/* Merging loses no encounter: under each merge rule the stays hold all of core.int_inpatient_encounter. */
SELECT
  stay.merge_rule,
  stay.encounters_in_stays,
  encounter.row_count AS encounters
FROM (
  SELECT
    merge_rule,
    SUM(n_source_rows) AS encounters_in_stays
  FROM @this_model
  GROUP BY
    1
) AS stay
CROSS JOIN (
  SELECT
    COUNT(*) AS row_count
  FROM core.int_inpatient_encounter
) AS encounter
WHERE
  stay.encounters_in_stays <> encounter.row_count
