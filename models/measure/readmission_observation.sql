/* One row per metric version and admission that it observes. */
MODEL (
  name measure.readmission_observation,
  kind FULL,
  grain (metric_code, definition_version, observed_key),
  audits (
    unique_grain(columns := (metric_code, definition_version, observed_key)),
    not_null(
      columns := (
        metric_code,
        definition_version,
        observed_key,
        patient_key,
        numerator,
        denominator
      )
    )
  ),
  description 'What each index admission adds to the readmission rates, and each readmission to the shares of its reasons.'
);

WITH index_admission AS (
  SELECT
    r.definition_code,
    r.admission_key,
    s.*,
    r.is_index,
    r.is_readmission,
    r.index_diagnosis_key,
    r.return_diagnosis_key,
    CASE WHEN 1 IN (index_reason.ccir, return_reason.ccir) THEN 1 ELSE 0 END AS is_chronic,
    CASE
      WHEN r.index_diagnosis_key >= 0 OR r.return_diagnosis_key >= 0
      THEN 1
      ELSE 0
    END AS is_coded,
    CASE WHEN named.code IS NULL THEN 0 ELSE 1 END AS is_named_reason,
    ed.days_to_ed_visit,
    AVG(r.is_readmission) OVER (
      PARTITION BY r.definition_code, s.source_system, s.age_band, s.kind_of_stay, s.cci_band
    ) AS expected_rate
  FROM star.fact_readmission AS r
  INNER JOIN measure.stay_subject AS s
    ON s.stay_key = r.stay_key
  INNER JOIN star.dim_diagnosis AS index_reason
    ON index_reason.diagnosis_key = r.index_diagnosis_key
  INNER JOIN star.dim_diagnosis AS return_reason
    ON return_reason.diagnosis_key = r.return_diagnosis_key
  LEFT JOIN reference.published_reason AS named
    ON named.code_system = return_reason.code_system AND named.code = return_reason.code
  LEFT JOIN core.int_ed_return AS ed
    ON @SURROGATE_KEY(ed.source_system, ed.stay_id) = r.stay_key
  WHERE
    r.is_index = 1 OR r.definition_code = 'R8'
)
SELECT
  m.metric_code,
  m.definition_version,
  a.admission_key AS observed_key,
  a.source_system,
  a.organization_label,
  a.patient_key,
  a.discharge_date AS observed_date,
  a.payer_category,
  a.payer_name,
  a.medicare_group,
  a.age_band,
  a.kind_of_stay,
  a.cci_band,
  m.numerator,
  m.denominator
FROM index_admission AS a
CROSS JOIN LATERAL (
  VALUES
    (
      'readmission',
      a.definition_code,
      a.is_readmission::DECIMAL(24, 10),
      1::DECIMAL(24, 10)
    ),
    (
      'readmission',
      CASE WHEN a.definition_code = 'R8' THEN 'R8_RAW' END,
      a.src_readmitted_30d, /* As published: the mean of the flag, who died among the rest. */
      1
    ),
    (
      'readmission',
      CASE WHEN a.definition_code = 'R1' THEN 'R0' END,
      a.is_readmission,
      1 - a.is_readmission
    ),
    (
      'ed_return_30',
      CASE WHEN a.definition_code = 'R5' THEN 'first_visit' END,
      CASE WHEN a.days_to_ed_visit <= 30 THEN 1 ELSE 0 END,
      1
    ),
    (
      'readmission_oe',
      a.definition_code || '_internal',
      a.is_readmission,
      a.expected_rate
    ),
    (
      'chronic_share',
      CASE WHEN a.is_readmission = 1 THEN a.definition_code END,
      a.is_chronic,
      1
    ),
    (
      'chronic_share_coded',
      CASE WHEN a.is_readmission = 1 AND a.is_coded = 1 THEN a.definition_code END,
      a.is_chronic,
      1
    ),
    (
      'coded_reason_share',
      CASE WHEN a.is_readmission = 1 THEN a.definition_code END,
      CASE WHEN a.return_diagnosis_key >= 0 THEN 1 ELSE 0 END,
      1
    ),
    (
      'named_reason_share',
      CASE WHEN a.is_readmission = 1 AND a.definition_code = 'R1' THEN 'readmissions' END,
      a.is_named_reason,
      1
    )
) AS m(metric_code, definition_version, numerator, denominator)
WHERE
  NOT m.definition_version IS NULL AND NOT m.numerator IS NULL
