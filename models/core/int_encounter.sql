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
        age_basis,
        has_time,
        is_after_death,
        is_negative_duration
      )
    ),
    no_fan_out(summed := claim_amount, source := input.encounter, source_summed := claim_amount),
    no_fan_out(summed := charge_amount, source := input.encounter, source_summed := charge_amount),
    no_fan_out(summed := 1, source := input.encounter, source_summed := 1),
    nulls_preserved(model_col := stop_ts, source_col := stop_ts, source := input.encounter),
    nulls_preserved(model_col := reason_code, source_col := reason_code, source := input.encounter),
    nulls_preserved(
      model_col := days_to_readmission,
      source_col := days_to_readmission,
      source := input.encounter
    ),
    starts_after_death_within_limit
  ),
  description 'Encounters in hospital time, in the words of the warehouse, with the gap the payer left and the flags that plausibility asks for. A feed that names no organization is one hospital.'
);

SELECT
  e.source_system,
  e.encounter_id,
  e.patient_id,
  COALESCE(
    e.organization_id,
    CASE WHEN feed.names_organizations = 0 THEN feed.sole_organization_id END
  ) AS organization_id,
  COALESCE(e.payer_id, p.payer_id) AS payer_id,
  COALESCE(class.value, e.class_code) AS class_code,
  e.type_code,
  e.type_code_system,
  e.type_text,
  e.reason_code,
  e.reason_code_system,
  e.reason_text,
  e.start_ts_utc,
  e.stop_ts_utc,
  e.start_ts,
  e.stop_ts,
  e.has_time,
  e.sequence,
  COALESCE(disposition.value, LOWER(e.discharge_disposition)) AS discharge_disposition,
  e.drg_code,
  e.drg_system,
  e.stated_los_days,
  e.died_in_stay,
  e.readmitted_flag,
  e.days_to_readmission,
  e.is_icu,
  e.icu_days,
  CASE
    WHEN e.has_time = 1 AND e.stop_ts_utc >= e.start_ts_utc
    THEN DATE_DIFF('SECOND', e.start_ts_utc, e.stop_ts_utc) / 60.0
    WHEN e.has_time = 0 AND e.stop_ts >= e.start_ts
    THEN DATE_DIFF('DAY', e.start_ts::DATE, e.stop_ts::DATE) * 1440
  END::DECIMAL(14, 2) AS duration_min,
  e.base_cost,
  e.claim_amount,
  e.payer_paid,
  e.claim_amount - e.payer_paid AS noncovered_cost,
  e.charge_amount,
  COALESCE(@AGE_YEARS(p.birth_date, e.start_ts), e.age_years, p.source_age_years) AS age_years,
  COALESCE(band.value, p.age_band_label) AS age_band_label,
  CASE
    WHEN NOT p.birth_date IS NULL AND NOT e.start_ts IS NULL
    THEN 'birth date'
    WHEN NOT COALESCE(e.age_years, p.source_age_years) IS NULL
    OR NOT p.age_band_label IS NULL
    THEN 'source'
    ELSE 'unknown'
  END AS age_basis,
  CASE WHEN e.start_ts::DATE > p.death_date THEN 1 ELSE 0 END AS is_after_death,
  CASE
    WHEN COALESCE(e.stop_ts_utc, e.stop_ts) < COALESCE(e.start_ts_utc, e.start_ts)
    THEN 1
    ELSE 0
  END AS is_negative_duration
FROM input.encounter AS e
INNER JOIN core.int_feed AS feed
  ON feed.source_system = e.source_system
LEFT JOIN core.int_patient AS p
  ON p.source_system = e.source_system AND p.patient_id = e.patient_id
LEFT JOIN core.int_code_map AS class
  ON class.source_system = e.source_system
  AND class.column_name = 'class_code'
  AND class.delivered_value = e.class_code
LEFT JOIN core.int_code_map AS disposition
  ON disposition.source_system = e.source_system
  AND disposition.column_name = 'discharge_disposition'
  AND disposition.delivered_value = LOWER(e.discharge_disposition)
LEFT JOIN core.int_code_map AS band
  ON band.source_system = e.source_system
  AND band.column_name = 'age_band_label'
  AND band.delivered_value = LOWER(p.age_band_label)
