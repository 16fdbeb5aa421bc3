/* One row per condition of a FHIR export. */
MODEL (
  name input.fhir__condition,
  kind EMBEDDED,
  grain (source_system, condition_id)
);

WITH listed AS (
  /* A condition on the list of one encounter is a diagnosis of it; one on the lists of several is a problem. */
  SELECT
    source_system,
    condition_id,
    MIN(encounter_id) AS encounter_id,
    MIN(COALESCE(diagnosis_rank, place)) AS place
  FROM staging.stg_fhir__encounter_diagnoses
  GROUP BY
    1,
    2
  HAVING
    COUNT(DISTINCT encounter_id) = 1
)
SELECT
  c.source_system,
  c.condition_id,
  c.patient_id,
  COALESCE(c.encounter_id, listed.encounter_id) AS encounter_id,
  COALESCE(c.code_system, 'TEXT') AS code_system,
  COALESCE(c.condition_code, LOWER(c.condition_text)) AS code,
  c.condition_text AS text,
  COALESCE(c.onset_date, c.recorded_date, e.start_ts::DATE) AS onset_date, /* Without a day of onset, it is known from the day that it was recorded on. */
  c.abated_date,
  COALESCE(listed.place, 1)::INT AS rank,
  CASE
    WHEN listed.place = 1
    THEN 'primary'
    WHEN listed.place > 1
    THEN 'secondary'
    ELSE 'condition'
  END AS role,
  0 AS list_length_mismatch
FROM staging.stg_fhir__conditions AS c
LEFT JOIN listed
  ON listed.source_system = c.source_system AND listed.condition_id = c.condition_id
LEFT JOIN staging.stg_fhir__encounters AS e
  ON e.source_system = c.source_system
  AND e.encounter_id = COALESCE(c.encounter_id, listed.encounter_id)
WHERE
  NOT COALESCE(c.verification_status, 'confirmed') IN ('refuted', 'entered-in-error')
  AND NOT COALESCE(c.condition_code, c.condition_text) IS NULL
