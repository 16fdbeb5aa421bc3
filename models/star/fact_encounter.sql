/* One row per encounter. */
MODEL (
  name star.fact_encounter,
  kind FULL,
  grain encounter_key,
  depends_on (
    star.dim_date
  ),
  audits (
    unique_grain(columns := encounter_key),
    not_null(
      columns := (
        encounter_key,
        patient_key,
        payer_key,
        organization_key,
        class_key,
        type_key,
        reason_diagnosis_key,
        start_date_key,
        stop_date_key,
        age_band_key,
        is_after_death,
        is_negative_duration
      )
    ),
    references_resolve(model_col := patient_key, parent := star.dim_patient, parent_col := patient_key),
    references_resolve(model_col := payer_key, parent := star.dim_payer, parent_col := payer_key),
    references_resolve(
      model_col := organization_key,
      parent := star.dim_organization,
      parent_col := organization_key
    ),
    references_resolve(model_col := class_key, parent := star.dim_encounter_class, parent_col := class_key),
    references_resolve(model_col := type_key, parent := star.dim_encounter_type, parent_col := type_key),
    references_resolve(
      model_col := reason_diagnosis_key,
      parent := star.dim_diagnosis,
      parent_col := diagnosis_key
    ),
    references_resolve(model_col := start_date_key, parent := star.dim_date, parent_col := date_key),
    references_resolve(model_col := stop_date_key, parent := star.dim_date, parent_col := date_key),
    references_resolve(model_col := age_band_key, parent := star.dim_age_band, parent_col := age_band_key),
    no_fan_out(summed := claim_amount, source := core.int_encounter, source_summed := claim_amount),
    no_fan_out(summed := payer_paid, source := core.int_encounter, source_summed := payer_paid),
    no_fan_out(
      summed := noncovered_cost,
      source := core.int_encounter,
      source_summed := noncovered_cost
    ),
    no_fan_out(
      summed := charge_amount,
      source := core.int_encounter,
      source_summed := charge_amount
    ),
    no_fan_out(summed := 1, source := core.int_encounter, source_summed := 1),
    nulls_preserved(model_col := stop_ts, source_col := stop_ts, source := core.int_encounter),
    nulls_preserved(
      model_col := NULLIF(reason_diagnosis_key, -1),
      source_col := reason_code,
      source := core.int_encounter
    ),
    forall(
      criteria := (
        noncovered_cost = claim_amount - payer_paid,
        (
          noncovered_cost IS NULL
        ) = (
          claim_amount IS NULL OR payer_paid IS NULL
        )
      )
    )
  ),
  description 'Encounters of every class: when, who, who paid, and what it cost. Patient records hold stays only.',
  column_descriptions (
    encounter_key = 'Key of the encounter.',
    encounter_id = 'Encounter id of the source.',
    source_system = 'Source that delivered the encounter.',
    patient_key = 'Patient version on the day the encounter started; joins dim_patient.',
    patient_durable_key = 'Patient, whatever the version: what counts people.',
    payer_key = 'Payer on the encounter; joins dim_payer.',
    organization_key = 'Organization; joins dim_organization.',
    class_key = 'Encounter class; joins dim_encounter_class.',
    class_code = 'Code of the class; NULL where the source gives none.',
    is_inpatient = '1 where the class is acute inpatient, 0 where it is another; NULL where the source gives none.',
    type_key = 'Encounter type; joins dim_encounter_type.',
    reason_diagnosis_key = 'Reason of the encounter, -1 where none is coded; joins dim_diagnosis.',
    start_date_key = 'Day the encounter started, hospital time, -1 where it is not known; joins dim_date.',
    stop_date_key = 'Day the encounter ended, hospital time, 99991231 while it is open; joins dim_date.',
    age_band_key = 'Decade of age at the start; joins dim_age_band.',
    age_years = 'Age at the start in full years; NULL where it is unknown.',
    age_basis = 'birth date: counted from the birthday; source: as the source states it; unknown.',
    start_ts = 'Start, hospital time; NULL where it is not known.',
    stop_ts = 'End, hospital time; NULL while it is open.',
    midnights = 'Days between the dates of start and end, 0 on the same day; NULL while open or where the end is before the start.',
    complete_days = 'Complete 24-hour periods from start to end, as TIMESTAMPDIFF(DAY) counts them; NULL while open or where the end is before the start.',
    duration_min = 'Minutes from start to end, to two decimals; NULL while open or where the end is before the start.',
    base_cost = 'Base cost of the encounter without its line items, in USD.',
    claim_amount = 'Total claim of the encounter, in USD.',
    payer_paid = 'What the payer covered, in USD; 0 is a real value.',
    noncovered_cost = 'Claim less what the payer covered, in USD (non-covered cost).',
    gap_reason = 'Why there is a gap: uninsured, insured_zero_paid (the insurer paid nothing), partial (it paid some), unknown_insurance; NULL where the gap is not known.',
    is_zero_paid = '1 where nothing was paid, 0 where something was; NULL where that is not known.',
    drug_cost = 'Cost of the drugs prescribed in it, in USD, 0 where there is none; NULL where the feed delivers no costs of drugs, or not of which encounter.',
    contact_years = 'Years by which the encounter lengthens the time between the first and the last contact of the patient, both days included; added up they are that time. NULL for encounters without a claim or a day.',
    charge_amount = 'Charges, in USD; NULL in sources that deliver claims.',
    cost_basis = 'claim, charge or none: what the amounts of the feed are.',
    has_cardioversion = '1 where electrical cardioversion was performed in it, else 0 (its own part of the claim is allocated_claim_cost of fact_procedure); NULL where the feed delivers no procedures.',
    has_dialysis = '1 where dialysis was performed in it, else 0; NULL where the feed delivers no procedures.',
    cardioversion_claim = 'Part of the claim that goes to electrical cardioversion by list price, as fact_procedure allocates it, in USD; NULL where there is no claim or no price.',
    dialysis_claim = 'Part of the claim that goes to dialysis, in the same way.',
    ends_in_admission = 'Of an emergency visit: 1 where an inpatient encounter starts during it or within 24 hours of its end, else 0; NULL for other classes and while it is open.',
    days_to_next_ed_visit = 'Of an emergency visit: days from its end to the start of the next one that does not end in an admission; NULL where there is none and for other classes.',
    has_30d_followup = 'Of an emergency visit: 1 where the source covers 30 or more days after it, else 0; NULL for other classes.',
    died_by_stop = 'Of an emergency visit: 1 where the patient died by its end, else 0; NULL for other classes.',
    is_after_death = '1 where the encounter started after the recorded day of death, else 0.',
    is_negative_duration = '1 where the end is before the start, else 0.'
  )
);

WITH claimed_encounter AS (
  /* One row per encounter with a claim and a day, with the last day that those before it reach. */
  SELECT
    source_system,
    encounter_id,
    start_ts::DATE AS start_date,
    GREATEST(start_ts::DATE, COALESCE(stop_ts, start_ts)::DATE) AS last_date,
    MAX(GREATEST(start_ts::DATE, COALESCE(stop_ts, start_ts)::DATE)) OVER (
      PARTITION BY source_system, patient_id
      ORDER BY start_ts, stop_ts, encounter_id
      ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    ) AS reached_before
  FROM core.int_encounter
  WHERE
    NOT claim_amount IS NULL AND NOT start_ts IS NULL
), contact AS (
  SELECT
    source_system,
    encounter_id,
    CASE
      WHEN reached_before IS NULL
      THEN DATE_DIFF('DAY', start_date, last_date) + 1
      WHEN last_date > reached_before
      THEN DATE_DIFF('DAY', reached_before, last_date)
      ELSE 0
    END / 365.25 AS contact_years
  FROM claimed_encounter
), prescribed_drug AS (
  SELECT
    source_system,
    encounter_id,
    SUM(total_cost) AS drug_cost
  FROM input.medication
  WHERE
    NOT encounter_id IS NULL
  GROUP BY
    1,
    2
), drug_cost_capability AS (
  SELECT
    source_system,
    MIN(is_delivered) AS is_delivered
  FROM core.int_capability
  WHERE
    capability IN ('medication_costs', 'medication_encounters')
  GROUP BY
    1
)
SELECT
  @SURROGATE_KEY(e.source_system, e.encounter_id) AS encounter_key,
  e.encounter_id::TEXT AS encounter_id,
  e.source_system::TEXT AS source_system,
  @MEMBER_KEY(patient.patient_key, e.patient_id)::BIGINT AS patient_key,
  @MEMBER_KEY(patient.patient_durable_key, e.patient_id)::BIGINT AS patient_durable_key,
  @MEMBER_KEY(payer.payer_key, e.payer_id)::BIGINT AS payer_key,
  @MEMBER_KEY(organization.organization_key, e.organization_id)::BIGINT AS organization_key,
  @MEMBER_KEY(class.class_key, e.class_code)::BIGINT AS class_key,
  class.class_code::TEXT AS class_code,
  class.is_acute_inpatient::SMALLINT AS is_inpatient,
  CASE
    WHEN types.is_delivered = 0
    THEN -2
    ELSE @MEMBER_KEY(type.type_key, e.type_code)
  END::BIGINT AS type_key,
  @MEMBER_KEY(reason.diagnosis_key, e.reason_code)::BIGINT AS reason_diagnosis_key,
  @DATE_KEY(e.start_ts, -1)::INT AS start_date_key,
  @DATE_KEY(e.stop_ts, 99991231)::INT AS stop_date_key,
  @MEMBER_KEY(age_band.age_band_key, COALESCE(e.age_years::TEXT, e.age_band_label))::BIGINT AS age_band_key,
  e.age_years::INT AS age_years,
  e.age_basis::TEXT AS age_basis,
  e.start_ts::TIMESTAMP(0) AS start_ts,
  e.stop_ts::TIMESTAMP(0) AS stop_ts,
  CASE
    WHEN e.is_negative_duration = 0
    THEN DATE_DIFF('DAY', e.start_ts::DATE, e.stop_ts::DATE)
  END::INT AS midnights,
  CASE
    WHEN e.is_negative_duration = 0
    THEN FLOOR(DATE_DIFF('SECOND', e.start_ts, e.stop_ts) / 86400.0)
  END::INT AS complete_days,
  e.duration_min::DECIMAL(14, 2) AS duration_min,
  e.base_cost::DECIMAL(14, 2) AS base_cost,
  e.claim_amount::DECIMAL(14, 2) AS claim_amount,
  e.payer_paid::DECIMAL(14, 2) AS payer_paid,
  e.noncovered_cost::DECIMAL(14, 2) AS noncovered_cost,
  CASE
    WHEN e.noncovered_cost IS NULL
    THEN NULL
    WHEN payer.is_insured = 0
    THEN 'uninsured'
    WHEN payer.is_insured = 1 AND e.payer_paid = 0
    THEN 'insured_zero_paid'
    WHEN payer.is_insured = 1
    THEN 'partial'
    ELSE 'unknown_insurance'
  END::TEXT AS gap_reason,
  CASE WHEN e.payer_paid = 0 THEN 1 WHEN NOT e.payer_paid IS NULL THEN 0 END::SMALLINT AS is_zero_paid,
  CASE WHEN drug_costs.is_delivered = 1 THEN COALESCE(drug.drug_cost, 0) END::DECIMAL(14, 2) AS drug_cost,
  contact.contact_years::DECIMAL(18, 10) AS contact_years,
  e.charge_amount::DECIMAL(14, 2) AS charge_amount,
  source.cost_basis::TEXT AS cost_basis,
  CASE
    WHEN procedures.is_delivered = 1
    THEN COALESCE(performed.is_cardioversion, 0)
  END::SMALLINT AS has_cardioversion,
  CASE WHEN procedures.is_delivered = 1 THEN COALESCE(performed.is_dialysis, 0) END::SMALLINT AS has_dialysis,
  CASE
    WHEN procedures.is_delivered = 0
    THEN NULL
    WHEN COALESCE(performed.is_cardioversion, 0) = 0
    THEN e.claim_amount * 0
    ELSE ROUND(
      e.claim_amount::DOUBLE * (
        performed.cardioversion_list_price / NULLIF(performed.list_price, 0)
      )::DOUBLE,
      2
    )
  END::DECIMAL(14, 2) AS cardioversion_claim,
  CASE
    WHEN procedures.is_delivered = 0
    THEN NULL
    WHEN COALESCE(performed.is_dialysis, 0) = 0
    THEN e.claim_amount * 0
    ELSE ROUND(
      e.claim_amount::DOUBLE * (
        performed.dialysis_list_price / NULLIF(performed.list_price, 0)
      )::DOUBLE,
      2
    )
  END::DECIMAL(14, 2) AS dialysis_claim,
  visit.ends_in_admission::SMALLINT AS ends_in_admission,
  visit.days_to_next_ed_visit::INT AS days_to_next_ed_visit,
  visit.has_30d_followup::SMALLINT AS has_30d_followup,
  visit.died_by_stop::SMALLINT AS died_by_stop,
  e.is_after_death::SMALLINT AS is_after_death,
  e.is_negative_duration::SMALLINT AS is_negative_duration
FROM core.int_encounter AS e
INNER JOIN star.dim_source_system AS source
  ON source.source_system = e.source_system
INNER JOIN core.int_capability AS types
  ON types.source_system = e.source_system AND types.capability = 'encounter_types'
INNER JOIN core.int_capability AS procedures
  ON procedures.source_system = e.source_system
  AND procedures.capability = 'procedures'
LEFT JOIN core.int_encounter_procedure AS performed
  ON performed.source_system = e.source_system
  AND performed.encounter_id = e.encounter_id
LEFT JOIN core.int_ed_visit AS visit
  ON visit.source_system = e.source_system AND visit.encounter_id = e.encounter_id
INNER JOIN drug_cost_capability AS drug_costs
  ON drug_costs.source_system = e.source_system
LEFT JOIN prescribed_drug AS drug
  ON drug.source_system = e.source_system AND drug.encounter_id = e.encounter_id
LEFT JOIN contact
  ON contact.source_system = e.source_system AND contact.encounter_id = e.encounter_id
LEFT JOIN star.dim_patient AS patient
  ON patient.source_system = e.source_system
  AND patient.patient_id = e.patient_id
  AND @VERSION_DAY(e.start_ts) BETWEEN patient.valid_from AND patient.valid_to
LEFT JOIN star.dim_payer AS payer
  ON payer.source_system = e.source_system AND payer.payer_id = e.payer_id
LEFT JOIN star.dim_organization AS organization
  ON organization.source_system = e.source_system
  AND organization.organization_id = e.organization_id
LEFT JOIN star.dim_encounter_class AS class
  ON class.class_code = e.class_code
LEFT JOIN star.dim_encounter_type AS type
  ON type.code_system = e.type_code_system
  AND type.type_code = e.type_code
  AND type.type_description = COALESCE(e.type_text, '(no description)')
LEFT JOIN star.dim_diagnosis AS reason
  ON reason.code_system = e.reason_code_system AND reason.code = e.reason_code
LEFT JOIN star.dim_age_band AS age_band
  ON age_band.scheme = 'decade'
  AND (
    e.age_years BETWEEN age_band.min_age AND age_band.max_age
    OR (
      e.age_years IS NULL AND age_band.band_label = e.age_band_label
    )
  )
