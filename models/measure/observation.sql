/* One row per metric version and what it observes, over all subjects. */
MODEL (
  name measure.observation,
  kind VIEW,
  grain (metric_code, definition_version, observed_key),
  description 'All observations of the metrics that reference.metric lists, of the feeds that deliver what the metric requires; a label that does not apply to the subject is NULL and gives no slice.'
);

WITH subject_observation AS (
  SELECT
    metric_code,
    definition_version,
    observed_key,
    source_system,
    organization_label,
    patient_key,
    observed_date,
    payer_category,
    payer_name,
    medicare_group,
    age_band,
    NULL::TEXT AS encounter_class,
    kind_of_stay,
    cci_band,
    NULL::TEXT AS procedure_description,
    numerator,
    denominator
  FROM measure.stay_observation
  UNION ALL
  SELECT
    metric_code,
    definition_version,
    observed_key,
    source_system,
    organization_label,
    patient_key,
    observed_date,
    payer_category,
    payer_name,
    medicare_group,
    age_band,
    NULL,
    kind_of_stay,
    cci_band,
    NULL,
    numerator,
    denominator
  FROM measure.readmission_observation
  UNION ALL
  SELECT
    metric_code,
    definition_version,
    observed_key,
    source_system,
    organization_label,
    patient_key,
    observed_date,
    payer_category,
    payer_name,
    medicare_group,
    age_band,
    encounter_class,
    NULL,
    NULL,
    NULL,
    numerator,
    denominator
  FROM measure.encounter_observation
  UNION ALL
  SELECT
    metric_code,
    definition_version,
    observed_key,
    source_system,
    organization_label,
    patient_key,
    observed_date,
    payer_category,
    payer_name,
    medicare_group,
    age_band,
    NULL,
    NULL,
    NULL,
    NULL,
    numerator,
    denominator
  FROM measure.episode_observation
  UNION ALL
  SELECT
    metric_code,
    definition_version,
    observed_key,
    source_system,
    organization_label,
    patient_key,
    observed_date,
    payer_category,
    payer_name,
    medicare_group,
    age_band,
    encounter_class,
    NULL,
    NULL,
    procedure_description,
    numerator,
    denominator
  FROM measure.procedure_observation
  UNION ALL
  SELECT
    metric_code,
    definition_version,
    observed_key,
    source_system,
    NULL,
    patient_key,
    NULL,
    NULL,
    NULL,
    NULL,
    NULL,
    NULL,
    NULL,
    NULL,
    NULL,
    numerator,
    denominator
  FROM measure.patient_observation
)
SELECT
  o.metric_code,
  o.definition_version,
  o.observed_key,
  o.source_system,
  o.organization_label,
  o.patient_key,
  o.observed_date,
  o.payer_category,
  o.payer_name,
  o.medicare_group,
  o.age_band,
  o.encounter_class,
  o.kind_of_stay,
  o.cci_band,
  o.procedure_description,
  o.numerator::DECIMAL(24, 10) AS numerator, /* Decimals add up the same in any order of rows. */
  o.denominator::DECIMAL(24, 10) AS denominator
FROM subject_observation AS o
INNER JOIN core.int_metric_input AS input
  ON input.source_system = o.source_system
  AND input.metric_code = o.metric_code
  AND input.definition_version = o.definition_version
  AND input.is_computable = 1
