/* One row per procedure of a FHIR export that was performed in an encounter. */
MODEL (
  name input.fhir__procedure,
  kind EMBEDDED,
  grain (source_system, procedure_id)
);

WITH priced AS (
  /* What the lines of claims charge for a procedure alone. */
  SELECT
    named.source_system,
    named.procedure_id,
    SUM(line.net_amount) AS base_cost
  FROM staging.stg_fhir__claim_procedures AS named
  INNER JOIN staging.stg_fhir__claim_items AS line
    ON line.source_system = named.source_system
    AND line.claim_id = named.claim_id
    AND line.procedure_sequence = named.procedure_sequence
    AND line.is_of_several_procedures = 0
  INNER JOIN staging.stg_fhir__bills AS bill
    ON bill.source_system = named.source_system
    AND bill.bill_id = 'Claim/' || named.claim_id
  GROUP BY
    1,
    2
)
SELECT
  p.source_system,
  p.procedure_id,
  p.patient_id,
  p.encounter_id,
  ROW_NUMBER() OVER (
    PARTITION BY p.source_system, p.encounter_id, p.patient_id, p.code_system, p.procedure_code, p.procedure_text, p.start_ts, p.stop_ts
    ORDER BY p.procedure_id
  )::INT AS ordinal,
  COALESCE(p.code_system, 'TEXT') AS code_system,
  COALESCE(p.procedure_code, LOWER(p.procedure_text)) AS code,
  p.procedure_text AS text,
  p.start_ts,
  p.stop_ts,
  priced.base_cost::DECIMAL(14, 2) AS base_cost,
  p.reason_code,
  p.reason_code_system,
  p.reason_text
FROM staging.stg_fhir__procedures AS p
LEFT JOIN priced
  ON priced.source_system = p.source_system AND priced.procedure_id = p.procedure_id
WHERE
  NOT COALESCE(p.status, 'completed') IN ('preparation', 'not-done', 'entered-in-error')
  AND NOT p.encounter_id IS NULL
  AND NOT COALESCE(p.procedure_code, p.procedure_text) IS NULL
