/* One row per inpatient stay, with what may predict whether the patient comes back. */
MODEL (
  name mart.mart_readmission_risk,
  kind FULL,
  grain stay_key,
  audits (
    unique_grain(columns := stay_key),
    not_null(
      columns := (
        stay_key,
        age_band,
        age_group,
        abnormal_band,
        age_and_abnormal_band,
        abnormal_label,
        cci_band,
        los_band,
        payer_name,
        insured_label,
        organization_key
      )
    ),
    no_fan_out(summed := 1, source := star.fact_inpatient_stay, source_summed := 1),
    no_fan_out(
      summed := charge_amount,
      source := star.fact_inpatient_stay,
      source_summed := charge_amount
    ),
    no_fan_out(
      summed := los_days_cms,
      source := star.fact_inpatient_stay,
      source_summed := los_days_cms
    ),
    no_fan_out(summed := n_results, source := star.agg_lab_by_stay, source_summed := n_results),
    nulls_preserved(
      model_col := n_abnormal,
      source_col := n_abnormal,
      source := star.agg_lab_by_stay,
      allowed := NOT has_results_any_time = 1
    )
  ),
  description 'Stays with age, comorbidity, results and length of stay beside the readmission of the rate that the feed supports: R6 from dates, planned sessions left out, else R8 from a flag. Results are joined as counts of the stay, never row by row.',
  column_descriptions (
    stay_key = 'Stay; joins fact_inpatient_stay.',
    source_system = 'Source that delivered the stay.',
    organization_key = 'Organization; joins dim_organization.',
    organization_label = 'Name of the organization.',
    definition_code = 'Definition that is_index and is_readmission follow: R6 or R8; NULL where the feed supports neither.',
    is_index = '1 where the stay is in the denominator, else 0; NULL where the feed supports neither rate.',
    is_readmission = '1 where a return counts, 0 where none does; NULL where the stay is not an index.',
    payer_name = 'Payer or kind of insurance.',
    payer_category = 'Category of the payer.',
    insured_label = 'Insured, Uninsured or Unknown.',
    age_band = 'Decade of age at admission, or Unknown.',
    age_group = 'Senior (65 and over), Under 65 or Unknown.',
    cci_band = 'Band of the Charlson index: 0, 1-2, 3-4, 5+, or unknown.',
    los_band = 'Band of days: 1-2, 3-5, 6-9, 10+, or open where the length is not known.',
    los_days_cms = 'Length of stay in days, at least 1; NULL while open.',
    drg_key = 'Diagnosis-related group; joins dim_drg.',
    is_icu = '1 where the stay had intensive care, 0 where not; NULL where the source does not say.',
    died_in_stay = '1 where the patient died in the stay, else 0; NULL in feeds that record no deaths.',
    charge_amount = 'Charges, in USD; NULL in sources that deliver claims.',
    has_results_any_time = '1 where the patient has results at any time, else 0.',
    n_results = 'Results within the stay; NULL where there are none.',
    n_abnormal = 'Abnormal results within the stay; NULL where none is flagged.',
    n_unflagged = 'Results within the stay without a flag; NULL where there are no results.',
    abnormal_label = 'abnormal, none abnormal, or none recorded: no result of the stay is flagged.',
    abnormal_band = 'Abnormal results within the stay: 0, 1-2, 3+, or none recorded.',
    age_and_abnormal_band = 'age_group and abnormal_band, the cells of scenario C.',
    n_abnormal_any_time = 'Abnormal results at any time, after discharge too: they follow from the outcome and do not predict it.'
  )
);

WITH shown_rate AS (
  /* One row per feed with the rate that it supports: by dates before by flags. */
  SELECT
    source_system,
    MIN(definition_version) AS definition_code
  FROM core.int_metric_input
  WHERE
    metric_code = 'readmission'
    AND definition_version IN ('R6', 'R8')
    AND is_computable = 1
  GROUP BY
    1
), banded_stay AS (
  SELECT
    s.stay_key::BIGINT AS stay_key,
    s.source_system::TEXT AS source_system,
    s.organization_key::BIGINT AS organization_key,
    organization.organization_label::TEXT AS organization_label,
    r.definition_code::TEXT AS definition_code,
    r.is_index::SMALLINT AS is_index,
    r.is_readmission::SMALLINT AS is_readmission,
    payer.payer_name::TEXT AS payer_name,
    payer.payer_category::TEXT AS payer_category,
    payer.insured_label::TEXT AS insured_label,
    age_band.band_label::TEXT AS age_band,
    COALESCE(age_group.band_label, 'Unknown')::TEXT AS age_group,
    s.cci_band::TEXT AS cci_band,
    los.los_band::TEXT AS los_band,
    s.los_days_cms::INT AS los_days_cms,
    s.drg_key::BIGINT AS drg_key,
    s.is_icu::SMALLINT AS is_icu,
    s.died_in_stay::SMALLINT AS died_in_stay,
    s.charge_amount::DECIMAL(14, 2) AS charge_amount,
    CASE WHEN lab.stay_key IS NULL THEN 0 ELSE 1 END::SMALLINT AS has_results_any_time,
    lab.n_results::INT AS n_results,
    lab.n_abnormal::INT AS n_abnormal,
    lab.n_unflagged::INT AS n_unflagged,
    abnormal.abnormal_label::TEXT AS abnormal_label,
    abnormal.abnormal_band::TEXT AS abnormal_band,
    lab.n_abnormal_any_time::INT AS n_abnormal_any_time
  FROM star.fact_inpatient_stay AS s
  INNER JOIN star.dim_organization AS organization
    ON organization.organization_key = s.organization_key
  LEFT JOIN shown_rate AS rate
    ON rate.source_system = s.source_system
  LEFT JOIN star.fact_readmission AS r
    ON r.admission_key = s.stay_key AND r.definition_code = rate.definition_code
  INNER JOIN star.dim_payer AS payer
    ON payer.payer_key = s.payer_key
  INNER JOIN star.dim_age_band AS age_band
    ON age_band.age_band_key = s.age_band_key
  LEFT JOIN star.agg_lab_by_stay AS lab
    ON lab.stay_key = s.stay_key
  LEFT JOIN star.dim_age_band AS age_group
    ON age_group.scheme = 'senior'
    AND s.age_years BETWEEN age_group.min_age AND age_group.max_age
  LEFT JOIN reference.length_of_stay_band AS los
    ON @IN_BAND(s.los_days_cms, los.min_days, los.max_days)
  LEFT JOIN reference.abnormal_result_band AS abnormal
    ON @IN_BAND(lab.n_abnormal, abnormal.min_results, abnormal.max_results)
)
SELECT
  stay_key,
  source_system,
  organization_key,
  organization_label,
  definition_code,
  is_index,
  is_readmission,
  payer_name,
  payer_category,
  insured_label,
  age_band,
  age_group,
  cci_band,
  los_band,
  los_days_cms,
  drg_key,
  is_icu,
  died_in_stay,
  charge_amount,
  has_results_any_time,
  n_results,
  n_abnormal,
  n_unflagged,
  abnormal_label,
  abnormal_band,
  (
    age_group || ', ' || abnormal_band
  )::TEXT AS age_and_abnormal_band,
  n_abnormal_any_time
FROM banded_stay
