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
        is_after_death,
        is_negative_duration
      )
    ),
    no_fan_out(
      measure := claim_amount,
      source := staging.stg_synthea__encounters,
      source_measure := claim_amount
    ),
    nulls_preserved(
      model_col := stop_ts,
      source_col := stop_ts_utc,
      source := staging.stg_synthea__encounters
    ),
    starts_after_death_within_limit
  ),
  description 'Encounters in hospital time, with the gap the payer left and the flags that plausibility asks for.'
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
  @AGE_YEARS(p.birth_date, @HOSPITAL_TIME(e.start_ts_utc)) AS age_years,
  CASE WHEN @HOSPITAL_TIME(e.start_ts_utc)::DATE > p.death_date THEN 1 ELSE 0 END AS is_after_death,
  CASE WHEN e.stop_ts_utc < e.start_ts_utc THEN 1 ELSE 0 END AS is_negative_duration
FROM staging.stg_synthea__encounters AS e
LEFT JOIN staging.stg_synthea__patients AS p
  ON p.patient_id = e.patient_id
