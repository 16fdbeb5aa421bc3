/* One row per encounter, whichever source delivered it. */
MODEL (
  name core.int_encounter,
  kind FULL,
  grain (source_system, encounter_id),
  audits (
    unique_grain(columns := (source_system, encounter_id)),
    not_null(
      columns := (
        source_system,
        encounter_id,
        patient_id,
        start_ts,
        age_basis,
        is_after_death,
        is_negative_duration
      )
    ),
    no_fan_out(
      measure := claim_amount,
      source := staging.stg_synthea__encounters,
      source_measure := claim_amount
    ),
    no_fan_out(
      measure := charge_amount,
      source := staging.stg_ehr__outcomes,
      source_measure := charge_amount
    ),
    nulls_preserved(
      model_col := stop_ts,
      source_col := stop_ts_utc,
      source := staging.stg_synthea__encounters,
      allowed := source_system <> 'synthea'
    ),
    nulls_preserved(
      model_col := stop_ts,
      source_col := discharge_date,
      source := staging.stg_ehr__outcomes,
      allowed := source_system <> 'ehr'
    ),
    nulls_preserved(
      model_col := reason_code,
      source_col := reason_code,
      source := staging.stg_synthea__encounters,
      allowed := source_system <> 'synthea'
    ),
    starts_after_death_within_limit
  ),
  description 'Encounters in hospital time, with the gap the payer left and the flags that plausibility asks for. A stay of the patient records is one encounter: it has dates without times, charges without a claim, and the age that the source states.'
);

SELECT
  e.source_system,
  e.encounter_id,
  e.patient_id,
  e.organization_id,
  e.payer_id,
  e.class_code,
  e.type_code,
  e.type_description,
  e.reason_code,
  e.reason_description,
  e.start_ts_utc,
  e.stop_ts_utc,
  @HOSPITAL_TIME(e.start_ts_utc) AS start_ts,
  @HOSPITAL_TIME(e.stop_ts_utc) AS stop_ts,
  CASE
    WHEN e.stop_ts_utc >= e.start_ts_utc
    THEN (
      DATE_DIFF('SECOND', e.start_ts_utc, e.stop_ts_utc) / 60.0
    )::DECIMAL(14, 2)
  END AS duration_min,
  e.base_cost,
  e.claim_amount,
  e.payer_paid,
  e.claim_amount - e.payer_paid AS patient_gap,
  NULL::DECIMAL(14, 2) AS charge_amount,
  'claim' AS cost_basis,
  COALESCE(@AGE_YEARS(p.birth_date, @HOSPITAL_TIME(e.start_ts_utc)), p.source_age_years) AS age_years,
  CASE
    WHEN NOT p.birth_date IS NULL
    THEN 'birth date'
    WHEN NOT p.source_age_years IS NULL
    THEN 'source'
    ELSE 'unknown'
  END AS age_basis,
  CASE WHEN @HOSPITAL_TIME(e.start_ts_utc)::DATE > p.death_date THEN 1 ELSE 0 END AS is_after_death,
  CASE WHEN e.stop_ts_utc < e.start_ts_utc THEN 1 ELSE 0 END AS is_negative_duration
FROM staging.stg_synthea__encounters AS e
LEFT JOIN core.int_patient AS p
  ON p.source_system = e.source_system AND p.patient_id = e.patient_id
UNION ALL
SELECT
  o.source_system,
  o.encounter_id,
  o.patient_id,
  o.source_system AS organization_id,
  p.insurance_type AS payer_id,
  'inpatient' AS class_code,
  NULL AS type_code,
  NULL AS type_description,
  NULL AS reason_code,
  NULL AS reason_description,
  NULL AS start_ts_utc, /* A date without a time is no moment in UTC. */
  NULL AS stop_ts_utc,
  o.admit_date::TIMESTAMP AS start_ts,
  o.discharge_date::TIMESTAMP AS stop_ts,
  CASE
    WHEN o.discharge_date >= o.admit_date
    THEN DATE_DIFF('DAY', o.admit_date, o.discharge_date) * 1440
  END::INT AS duration_min,
  NULL AS base_cost,
  NULL AS claim_amount,
  NULL AS payer_paid,
  NULL AS patient_gap,
  o.charge_amount,
  'charge' AS cost_basis,
  p.source_age_years AS age_years,
  CASE WHEN p.source_age_years IS NULL THEN 'unknown' ELSE 'source' END AS age_basis,
  0 AS is_after_death,
  CASE WHEN o.discharge_date < o.admit_date THEN 1 ELSE 0 END AS is_negative_duration
FROM staging.stg_ehr__outcomes AS o
LEFT JOIN core.int_patient AS p
  ON p.source_system = o.source_system AND p.patient_id = o.patient_id
