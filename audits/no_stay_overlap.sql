AUDIT (
  name no_stay_overlap
);

/* No two stays of a patient at one organization share a day under one merge rule: merging is complete. An open stay has no end, so nothing may follow it. */
SELECT
  earlier.merge_rule,
  earlier.patient_id,
  earlier.stay_id AS earlier_stay_id,
  later.stay_id AS later_stay_id
FROM @this_model AS earlier
INNER JOIN @this_model AS later
  ON earlier.source_system = later.source_system
  AND earlier.patient_id = later.patient_id
  AND earlier.organization_id IS NOT DISTINCT FROM later.organization_id
  AND earlier.merge_rule = later.merge_rule
  AND earlier.stay_number < later.stay_number
WHERE
  earlier.is_open = 1 OR later.admit_ts::DATE <= earlier.discharge_ts::DATE
