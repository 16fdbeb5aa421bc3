/* One row per inpatient stay: encounters of a patient that overlap or touch on one day, merged. */
MODEL (
  name star.fact_inpatient_stay,
  kind FULL,
  grain stay_key,
  depends_on (star.dim_date, core.int_encounter),
  audits (
    unique_grain(columns := stay_key),
    not_null(
      columns := (
        stay_key,
        patient_key,
        payer_key,
        age_band_key,
        admit_date_key,
        discharge_date_key,
        next_admit_date_key,
        death_date_key,
        last_refresh_date_key,
        organization_key,
        is_open,
        is_planned,
        is_oncology_tx,
        is_hospice,
        is_hospice_care,
        is_cancer,
        is_screening,
        is_detox,
        is_undated,
        starts_after_death,
        has_30d_after_admission,
        is_transferred_out,
        is_transferred_in,
        has_30d_followup,
        next_stay_key,
        drg_key,
        disposition_key,
        age_basis,
        cci_band,
        charlson_band_key,
        stay_type_key,
        patient_durable_key
      )
    ),
    references_resolve(model_col := patient_key, parent := star.dim_patient, parent_col := patient_key),
    references_resolve(model_col := payer_key, parent := star.dim_payer, parent_col := payer_key),
    references_resolve(
      model_col := organization_key,
      parent := star.dim_organization,
      parent_col := organization_key
    ),
    references_resolve(model_col := age_band_key, parent := star.dim_age_band, parent_col := age_band_key),
    references_resolve(model_col := admit_date_key, parent := star.dim_date, parent_col := date_key),
    references_resolve(model_col := discharge_date_key, parent := star.dim_date, parent_col := date_key),
    references_resolve(model_col := next_admit_date_key, parent := star.dim_date, parent_col := date_key),
    references_resolve(model_col := drg_key, parent := star.dim_drg, parent_col := drg_key),
    references_resolve(
      model_col := disposition_key,
      parent := star.dim_discharge_disposition,
      parent_col := disposition_key
    ),
    no_fan_out(
      summed := charge_amount,
      source := core.int_encounter,
      source_summed := charge_amount,
      source_filter := is_negative_duration = 0
    ),
    nulls_preserved(
      model_col := src_days_to_readmission,
      source_col := days_to_readmission,
      source := core.int_merged_stay,
      source_filter := merge_rule = 'same_day'
    ),
    nulls_preserved(
      model_col := src_readmitted_30d,
      source_col := readmitted_flag,
      source := core.int_merged_stay,
      source_filter := merge_rule = 'same_day'
    ),
    no_fan_out(
      summed := n_source_rows,
      source := core.int_merged_stay,
      source_summed := n_source_rows,
      source_filter := merge_rule = 'same_day'
    ),
    nulls_preserved(
      model_col := discharge_ts,
      source_col := discharge_ts,
      source := core.int_merged_stay,
      source_filter := merge_rule = 'same_day'
    ),
    next_stay_is_a_stay,
    forall(
      criteria := (
        days_to_readmission >= 0,
        los_days_cms = GREATEST(los_midnights, 1),
        los_midnights IS NULL OR is_open = 0,
        (
          admit_ts IS NULL
        ) = (
          is_undated = 1
        ),
        (
          planned_rule IS NULL
        ) = (
          is_planned = 0
        )
      )
    )
  ),
  description 'Inpatient stays as an accumulating snapshot: admission, discharge, next admission and death fill in as they come to be known.',
  column_descriptions (
    stay_key = 'Key of the stay: that of its first encounter in fact_encounter.',
    source_system = 'Source that delivered the stay.',
    patient_key = 'Patient version on the day of admission; joins dim_patient.',
    patient_durable_key = 'Patient, whatever the version: what counts people.',
    payer_key = 'Payer of the stay''s first encounter; joins dim_payer.',
    organization_key = 'Organization, one a stay; joins dim_organization.',
    age_band_key = 'Decade of age at admission; joins dim_age_band.',
    admit_date_key = 'Day of admission, hospital time, -1 where it is not known; joins dim_date.',
    discharge_date_key = 'Day of discharge, hospital time, 99991231 while the stay is open; joins dim_date.',
    next_admit_date_key = 'Day of the next admission, 99991231 where there is none; joins dim_date.',
    death_date_key = 'Recorded day of death, 99991231 where there is none; joins dim_date.',
    last_refresh_date_key = 'Last day that the source covers, -1 where it has no days; joins dim_date.',
    n_source_rows = 'Number of encounters merged into the stay.',
    age_years = 'Age at admission in full years; NULL where it is unknown.',
    admit_ts = 'Admission, hospital time; NULL where it is not known.',
    discharge_ts = 'Discharge, hospital time; NULL while the stay is open.',
    is_open = '1 while the stay has no discharge, else 0.',
    is_undated = '1 where the source gives the stay no days: its length is as stated, and it is in no readmission rate by dates; else 0.',
    los_midnights = 'Length of stay in midnights: days between the dates of admission and discharge, 0 for a same-day stay (HCUP LOS); as stated where the stay has no days. NULL while open.',
    los_days_cms = 'Length of stay in days, at least 1 (CMS). NULL while open.',
    los_complete_days = 'Length of stay in complete 24-hour periods, as TIMESTAMPDIFF(DAY) counts them. NULL while open.',
    los_hours = 'Length of stay in hours. NULL while open.',
    is_planned = '1 where planned_rule says why the stay is planned, else 0.',
    planned_rule = 'Why the stay is planned: always planned procedure, always planned diagnosis, potentially planned procedure without acute diagnosis (the algorithm of CMS), or elective type (by appointment); the first that holds. NULL where it is not planned.',
    is_acute_stay = '1 for acute care; 0 for a hospice admission, check-ups alone, and chemotherapy or radiotherapy without surgery; NULL where the feed delivers neither encounter types, procedures nor reasons.',
    is_oncology_tx = '1 where chemotherapy or radiotherapy was performed, else 0.',
    is_cancer = '1 where a reason names a cancer, else 0.',
    is_hospice = '1 where an encounter''s type is hospice, else 0.',
    is_hospice_care = '1 where hospice care was performed, else 0.',
    is_screening = '1 where an encounter''s type is a screening, else 0.',
    is_detox = '1 where an encounter''s type is detoxification, else 0.',
    died_in_stay = '1 where the recorded day of death lies within the stay or the feed says so, else 0; NULL in feeds that record no deaths.',
    starts_after_death = '1 where the day of admission is after the recorded day of death, else 0.',
    days_from_admission_to_death = 'Days from admission to the recorded day of death, below 0 where the stay starts after it; NULL without a day of death.',
    days_from_discharge_to_death = 'Days from discharge to the recorded day of death, below 0 where the stay ends after it; NULL without a day of death and while open.',
    has_recent_hospice = '1 where the patient had hospice care, or an encounter of that type or class, in the 12 months up to the day of admission, else 0; NULL where the feed delivers neither encounter types nor procedures, or no day.',
    src_died_in_stay = 'Flag of the feed: died in the stay; NULL where there is no such flag.',
    is_transferred_out = '1 where a stay at another organization starts by the day after discharge: the patient was handed on, else 0.',
    is_transferred_in = '1 where a stay at another organization ended on the day of admission or the day before, or lasts until then or beyond, else 0.',
    has_30d_after_admission = '1 where the source covers 30 or more days after admission, else 0.',
    days_to_followup_visit = 'Days from discharge to the first ambulatory, outpatient or wellness encounter that starts a day or more after it; NULL where there is none.',
    has_30d_followup = '1 where the source covers 30 or more days after discharge, else 0.',
    next_stay_key = 'Next stay of the patient, -2 where there is none; joins fact_inpatient_stay.',
    drg_key = 'Diagnosis-related group of the stay, -2 in sources that have none; joins dim_drg.',
    disposition_key = 'Where the patient went, -1 where the source does not say; joins dim_discharge_disposition.',
    age_basis = 'birth date: counted from the birthday; source: as the source states it; unknown.',
    charge_amount = 'Charges, in USD; NULL in sources that deliver claims.',
    is_icu = '1 where the stay had intensive care, 0 where not; NULL where the source does not say.',
    icu_days = 'Days of intensive care as delivered; NULL where the source does not say.',
    src_readmitted_30d = 'Flag of the feed: readmitted within 30 days; NULL where there is no such flag.',
    src_days_to_readmission = 'Days to the readmission as delivered; NULL where the feed has none, never 0.',
    src_los_days = 'Length of stay as delivered, in days; NULL where the feed has none.',
    cci_1987 = 'Charlson index with the weights of 1987, from the diagnoses known by admission; NULL where none is recorded in a code system that has a list for it, 0 where none counts.',
    cci_quan_2011 = 'Charlson index with the weights of Quan 2011; NULL where cci_1987 is.',
    cci_age_points = 'Age points of the Charlson index, 0 to 4; NULL where the age is unknown.',
    cci_1987_age_adjusted = 'Index of 1987 with age points; NULL where either is unknown.',
    cci_band = 'Band of cci_1987: 0, 1-2, 3-4, 5+, or unknown.',
    charlson_band_key = 'The same band; joins dim_charlson_band.',
    stay_type_key = 'Kind of stay; joins dim_stay_type.',
    days_to_readmission = 'Days from discharge to the next admission, by date; 0 is the same day. NULL where there is no next stay, where the stay is open, and for a transfer: it is the receiving stay that is followed.'
  )
);

SELECT
  @SURROGATE_KEY(s.source_system, s.stay_id) AS stay_key,
  s.source_system::TEXT AS source_system,
  @MEMBER_KEY(patient.patient_key, s.patient_id)::BIGINT AS patient_key,
  @MEMBER_KEY(patient.patient_durable_key, s.patient_id)::BIGINT AS patient_durable_key,
  @MEMBER_KEY(payer.payer_key, s.payer_id)::BIGINT AS payer_key,
  @MEMBER_KEY(organization.organization_key, s.organization_id)::BIGINT AS organization_key,
  @MEMBER_KEY(age_band.age_band_key, COALESCE(s.age_years::TEXT, s.age_band_label))::BIGINT AS age_band_key,
  @DATE_KEY(s.admit_ts, -1)::INT AS admit_date_key,
  @DATE_KEY(s.discharge_ts, 99991231)::INT AS discharge_date_key,
  @DATE_KEY(admission.next_admit_ts, 99991231)::INT AS next_admit_date_key,
  @DATE_KEY(patient.death_date, 99991231)::INT AS death_date_key,
  @DATE_KEY(observed.observed_until, -1)::INT AS last_refresh_date_key,
  s.n_source_rows::INT AS n_source_rows,
  s.age_years::INT AS age_years,
  s.admit_ts::TIMESTAMP(0) AS admit_ts,
  s.discharge_ts::TIMESTAMP(0) AS discharge_ts,
  s.is_open::SMALLINT AS is_open,
  admission.is_undated::SMALLINT AS is_undated,
  CASE
    WHEN admission.is_undated = 1
    THEN s.stated_los_days
    ELSE DATE_DIFF('DAY', s.admit_ts::DATE, s.discharge_ts::DATE)
  END::INT AS los_midnights,
  CASE
    WHEN admission.is_undated = 1 AND s.stated_los_days < 1
    THEN 1
    WHEN admission.is_undated = 1
    THEN s.stated_los_days
    WHEN NOT s.discharge_ts IS NULL
    THEN GREATEST(DATE_DIFF('DAY', s.admit_ts::DATE, s.discharge_ts::DATE), 1)
  END::INT AS los_days_cms,
  FLOOR(DATE_DIFF('SECOND', s.admit_ts, s.discharge_ts) / 86400.0)::INT AS los_complete_days,
  (
    DATE_DIFF('SECOND', s.admit_ts, s.discharge_ts) / 3600.0
  )::DECIMAL(12, 4) AS los_hours,
  s.is_planned::SMALLINT AS is_planned,
  s.planned_rule::TEXT AS planned_rule,
  s.is_acute_stay::SMALLINT AS is_acute_stay,
  s.is_oncology_tx::SMALLINT AS is_oncology_tx,
  s.is_cancer::SMALLINT AS is_cancer,
  s.is_hospice::SMALLINT AS is_hospice,
  s.is_hospice_care::SMALLINT AS is_hospice_care,
  s.is_screening::SMALLINT AS is_screening,
  s.is_detox::SMALLINT AS is_detox,
  CASE
    WHEN deaths.is_delivered = 0
    THEN NULL
    WHEN patient.death_date BETWEEN s.admit_ts::DATE AND s.discharge_ts::DATE
    OR s.died_in_stay = 1
    THEN 1
    ELSE 0
  END::SMALLINT AS died_in_stay,
  s.died_in_stay::SMALLINT AS src_died_in_stay,
  CASE WHEN s.admit_ts::DATE > patient.death_date THEN 1 ELSE 0 END::SMALLINT AS starts_after_death,
  DATE_DIFF('DAY', s.admit_ts::DATE, patient.death_date)::INT AS days_from_admission_to_death,
  DATE_DIFF('DAY', s.discharge_ts::DATE, patient.death_date)::INT AS days_from_discharge_to_death,
  course.has_recent_hospice::SMALLINT AS has_recent_hospice,
  admission.is_transferred_out::SMALLINT AS is_transferred_out,
  admission.is_transferred_in::SMALLINT AS is_transferred_in,
  admission.has_30d_followup::SMALLINT AS has_30d_followup,
  CASE
    WHEN DATE_DIFF('DAY', s.admit_ts::DATE, observed.observed_until::DATE) >= 30
    THEN 1
    ELSE 0
  END::SMALLINT AS has_30d_after_admission,
  course.days_to_followup_visit::INT AS days_to_followup_visit,
  CASE
    WHEN admission.next_admission_id IS NULL
    THEN -2
    ELSE @SURROGATE_KEY(s.source_system, admission.next_admission_id)
  END::BIGINT AS next_stay_key,
  CASE WHEN admission.is_transferred_out = 0 THEN admission.calendar_days_to_next END::INT AS days_to_readmission,
  CASE
    WHEN drgs.is_delivered = 0
    THEN -2
    ELSE @MEMBER_KEY(drg.drg_key, s.drg_code)
  END::BIGINT AS drg_key,
  @MEMBER_KEY(disposition.disposition_key, s.discharge_disposition)::BIGINT AS disposition_key,
  s.age_basis::TEXT AS age_basis,
  s.charge_amount::DECIMAL(14, 2) AS charge_amount,
  s.is_icu::SMALLINT AS is_icu,
  s.icu_days::INT AS icu_days,
  s.readmitted_flag::SMALLINT AS src_readmitted_30d,
  s.days_to_readmission::INT AS src_days_to_readmission,
  s.stated_los_days::INT AS src_los_days,
  charlson.cci_1987::INT AS cci_1987,
  charlson.cci_quan_2011::INT AS cci_quan_2011,
  charlson.cci_age_points::INT AS cci_age_points,
  charlson.cci_1987_age_adjusted::INT AS cci_1987_age_adjusted,
  COALESCE(charlson.cci_band, 'unknown')::TEXT AS cci_band,
  charlson_band.charlson_band_key::INT AS charlson_band_key,
  stay_type.stay_type_key::INT AS stay_type_key
FROM core.int_merged_stay AS s
INNER JOIN core.int_admission AS admission
  ON admission.unit = s.merge_rule
  AND admission.source_system = s.source_system
  AND admission.admission_id = s.stay_id
LEFT JOIN core.int_stay_course AS course
  ON course.source_system = s.source_system AND course.stay_id = s.stay_id
LEFT JOIN core.int_charlson_score AS charlson
  ON charlson.subject = 'stay'
  AND charlson.source_system = s.source_system
  AND charlson.subject_id = s.stay_id
INNER JOIN reference.charlson_band AS charlson_band
  ON charlson_band.cci_band = COALESCE(charlson.cci_band, 'unknown')
INNER JOIN reference.stay_type AS stay_type
  ON stay_type.stay_type = CASE
    WHEN s.is_hospice = 1
    THEN 'hospice'
    WHEN s.is_detox = 1
    THEN 'detoxification'
    WHEN s.is_oncology_tx = 1
    THEN 'cancer treatment'
    WHEN s.is_screening = 1
    THEN 'screening'
    WHEN s.is_planned = 1
    THEN 'elective'
    ELSE 'acute'
  END
INNER JOIN core.int_capability AS drgs
  ON drgs.source_system = s.source_system AND drgs.capability = 'drgs'
INNER JOIN core.int_capability AS deaths
  ON deaths.source_system = s.source_system AND deaths.capability = 'deaths'
LEFT JOIN star.dim_organization AS organization
  ON organization.source_system = s.source_system
  AND organization.organization_id = s.organization_id
LEFT JOIN star.dim_drg AS drg
  ON drg.drg_code = s.drg_code
LEFT JOIN star.dim_discharge_disposition AS disposition
  ON disposition.disposition_code = s.discharge_disposition
INNER JOIN core.int_observed_period AS observed
  ON observed.source_system = s.source_system
LEFT JOIN star.dim_patient AS patient
  ON patient.source_system = s.source_system
  AND patient.patient_id = s.patient_id
  AND @VERSION_DAY(s.admit_ts) BETWEEN patient.valid_from AND patient.valid_to
LEFT JOIN star.dim_payer AS payer
  ON payer.source_system = s.source_system AND payer.payer_id = s.payer_id
LEFT JOIN star.dim_age_band AS age_band
  ON age_band.scheme = 'decade'
  AND (
    s.age_years BETWEEN age_band.min_age AND age_band.max_age
    OR (
      s.age_years IS NULL AND age_band.band_label = s.age_band_label
    )
  )
WHERE
  s.merge_rule = 'same_day'
