AUDIT (
  name next_stay_is_a_stay
);

/* The next stay stands in the table, belongs to the same patient and does not start before this one. */
SELECT
  s.stay_key,
  s.next_stay_key
FROM @this_model AS s
LEFT JOIN @this_model AS following
  ON following.stay_key = s.next_stay_key
LEFT JOIN star.dim_patient AS patient
  ON patient.patient_key = s.patient_key
LEFT JOIN star.dim_patient AS following_patient
  ON following_patient.patient_key = following.patient_key
WHERE
  s.next_stay_key <> -2
  AND (
    following.stay_key IS NULL
    OR following.stay_key = s.stay_key
    OR following.admit_ts < s.admit_ts
    OR following_patient.patient_durable_key <> patient.patient_durable_key
  )
