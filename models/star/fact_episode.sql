/* One row per episode: an index stay, 3 days before it and 30 days after it, each encounter counted once. */
MODEL (
  name star.fact_episode,
  kind FULL,
  grain episode_key,
  depends_on (
    star.dim_date,
    star.dim_organization,
    star.dim_patient,
    star.dim_payer,
    star.fact_inpatient_stay
  ),
  audits (
    unique_grain(columns := episode_key),
    not_null(
      columns := (
        episode_key,
        patient_key,
        patient_durable_key,
        index_stay_key,
        organization_key,
        payer_key,
        admit_date_key,
        discharge_date_key,
        n_encounters,
        claim_total
      )
    ),
    references_resolve(model_col := patient_key, parent := star.dim_patient, parent_col := patient_key),
    references_resolve(
      model_col := organization_key,
      parent := star.dim_organization,
      parent_col := organization_key
    ),
    references_resolve(model_col := payer_key, parent := star.dim_payer, parent_col := payer_key),
    references_resolve(
      model_col := index_stay_key,
      parent := star.fact_inpatient_stay,
      parent_col := stay_key
    ),
    references_resolve(model_col := admit_date_key, parent := star.dim_date, parent_col := date_key),
    references_resolve(model_col := discharge_date_key, parent := star.dim_date, parent_col := date_key),
    no_fan_out(
      summed := claim_total,
      source := core.int_episode_encounter,
      source_summed := claim_amount
    ),
    no_fan_out(
      summed := paid_total,
      source := core.int_episode_encounter,
      source_summed := payer_paid
    ),
    no_fan_out(summed := n_encounters, source := core.int_episode_encounter, source_summed := 1),
    forall(criteria := (
      pre_amount + during_amount + post_amount = claim_total
    ))
  ),
  description 'Spending per episode in the manner of Medicare spending per beneficiary (MSPB): unadjusted, on a charge basis. A source that delivers no claims has no episodes.',
  column_descriptions (
    episode_key = 'Key of the episode: that of its index stay.',
    source_system = 'Source that delivered the stay.',
    patient_key = 'Patient version on the day of admission; joins dim_patient.',
    patient_durable_key = 'Patient, whatever the version: what counts people.',
    index_stay_key = 'Stay that starts the episode; joins fact_inpatient_stay.',
    organization_key = 'Organization of the index stay; joins dim_organization.',
    payer_key = 'Payer of the index stay; joins dim_payer.',
    age_band_key = 'Decade of age at admission of the index stay; joins dim_age_band.',
    stay_type_key = 'Kind of the index stay; joins dim_stay_type.',
    charlson_band_key = 'Charlson band of the index stay; joins dim_charlson_band.',
    drg_key = 'Diagnosis-related group of the index stay; joins dim_drg.',
    disposition_key = 'Where the patient went; joins dim_discharge_disposition.',
    is_medicare = '1 where the payer of the index stay is Medicare, else 0.',
    admit_date_key = 'Day of admission of the index stay; joins dim_date.',
    discharge_date_key = 'Day of discharge of the index stay; joins dim_date.',
    window_from = 'Start of the window: 3 days before admission, hospital time.',
    window_until = 'End of the window: 30 days after discharge, hospital time.',
    n_encounters = 'Encounters of every class that start in the window and in no earlier one.',
    claim_total = 'Their claims, in USD.',
    paid_total = 'What payers covered of them, in USD.',
    is_outlier = '1 where claim_total is above that of 99 in 100 episodes of the source, else 0: what Medicare spending per beneficiary trims.',
    pre_amount = 'Claims of encounters that start before the admission, in USD.',
    during_amount = 'Claims of encounters that start during the index stay, in USD.',
    post_amount = 'Claims of encounters that start after the discharge, in USD.'
  )
);

WITH episode_spending AS (
  SELECT
    source_system,
    index_stay_id,
    COUNT(*) AS n_encounters,
    SUM(claim_amount) AS claim_total,
    SUM(payer_paid) AS paid_total,
    SUM(CASE WHEN part_of_episode = 'before' THEN claim_amount ELSE 0 END) AS pre_amount,
    SUM(CASE WHEN part_of_episode = 'during' THEN claim_amount ELSE 0 END) AS during_amount,
    SUM(CASE WHEN part_of_episode = 'after' THEN claim_amount ELSE 0 END) AS post_amount
  FROM core.int_episode_encounter
  GROUP BY
    1,
    2
)
SELECT
  stay.stay_key::BIGINT AS episode_key,
  stay.source_system::TEXT AS source_system,
  stay.patient_key::BIGINT AS patient_key,
  stay.patient_durable_key::BIGINT AS patient_durable_key,
  stay.stay_key::BIGINT AS index_stay_key,
  stay.organization_key::BIGINT AS organization_key,
  stay.payer_key::BIGINT AS payer_key,
  stay.age_band_key::BIGINT AS age_band_key,
  stay.stay_type_key::INT AS stay_type_key,
  stay.charlson_band_key::INT AS charlson_band_key,
  stay.drg_key::BIGINT AS drg_key,
  stay.disposition_key::BIGINT AS disposition_key,
  CASE WHEN payer.payer_category = 'Medicare' THEN 1 ELSE 0 END::SMALLINT AS is_medicare,
  stay.admit_date_key::INT AS admit_date_key,
  stay.discharge_date_key::INT AS discharge_date_key,
  e.window_from::TIMESTAMP(0) AS window_from,
  e.window_until::TIMESTAMP(0) AS window_until,
  s.n_encounters::INT AS n_encounters,
  s.claim_total::DECIMAL(14, 2) AS claim_total,
  s.paid_total::DECIMAL(14, 2) AS paid_total,
  CASE
    WHEN (
      RANK() OVER (PARTITION BY stay.source_system ORDER BY s.claim_total) - 1
    ) * 100 >= COUNT(*) OVER (PARTITION BY stay.source_system) * 99
    THEN 1
    ELSE 0
  END::SMALLINT AS is_outlier,
  s.pre_amount::DECIMAL(14, 2) AS pre_amount,
  s.during_amount::DECIMAL(14, 2) AS during_amount,
  s.post_amount::DECIMAL(14, 2) AS post_amount
FROM core.int_episode AS e
INNER JOIN episode_spending AS s
  ON s.source_system = e.source_system AND s.index_stay_id = e.index_stay_id
INNER JOIN star.fact_inpatient_stay AS stay
  ON stay.stay_key = @SURROGATE_KEY(e.source_system, e.index_stay_id)
INNER JOIN star.dim_payer AS payer
  ON payer.payer_key = stay.payer_key
