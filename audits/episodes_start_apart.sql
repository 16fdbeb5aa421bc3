AUDIT (
  name episodes_start_apart
);

/* One index per window: no episode starts inside the 30 days of another of the same patient. */
SELECT
  earlier.patient_id,
  earlier.index_stay_id AS earlier_stay_id,
  later.index_stay_id AS later_stay_id
FROM @this_model AS earlier
INNER JOIN @this_model AS later
  ON earlier.source_system = later.source_system
  AND earlier.patient_id = later.patient_id
  AND earlier.admit_ts < later.admit_ts
WHERE
  later.admit_ts <= earlier.window_until
