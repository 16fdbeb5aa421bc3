/* One row per metric version and inpatient stay that it observes. */
MODEL (
  name measure.stay_observation,
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
  description 'What each stay adds to length of stay, mortality and the number of stays.'
);

SELECT
  m.metric_code,
  m.definition_version,
  s.stay_key AS observed_key,
  s.source_system,
  s.organization_label,
  s.patient_key,
  m.observed_date,
  s.payer_category,
  s.payer_name,
  s.medicare_group,
  s.age_band,
  s.kind_of_stay,
  s.cci_band,
  m.numerator,
  m.denominator
FROM measure.stay_subject AS s
CROSS JOIN LATERAL (
  VALUES
    ('stays', 'count', s.admit_date, 1::DECIMAL(24, 10), 1::DECIMAL(24, 10)),
    ('alos', 'days_cms', s.admit_date, s.los_days_cms, 1),
    ('alos', 'midnights', s.admit_date, s.los_midnights, 1),
    ('alos', 'elapsed', s.admit_date, s.los_hours / 24, 1),
    (
      'mortality',
      'in_hospital',
      s.admit_date,
      CASE
        WHEN s.is_open = 0
        AND NOT s.admit_date IS NULL
        AND (
          s.death_date IS NULL OR s.death_date >= s.admit_date
        )
        THEN s.died_by_date
      END,
      1
    ),
    (
      'mortality',
      'in_hospital_flag',
      s.admit_date,
      CASE WHEN s.is_open = 0 THEN s.src_died_in_stay END,
      1
    ),
    ('charge_per_stay', 'mean', s.admit_date, s.charge_amount, 1),
    ('charlson', '1987', s.admit_date, s.cci_1987, 1),
    ('charlson', 'quan_2011', s.admit_date, s.cci_quan_2011, 1),
    ('charlson', 'age_adjusted', s.admit_date, s.cci_1987_age_adjusted, 1),
    (
      'mortality',
      'within_30d',
      s.discharge_date,
      CASE
        WHEN s.is_open = 1 OR s.has_30d_followup = 0 OR s.death_date < s.admit_date
        THEN NULL
        WHEN s.death_date <= s.discharge_date + 30
        THEN 1
        ELSE 0
      END,
      1
    )
) AS m(metric_code, definition_version, observed_date, numerator, denominator)
WHERE
  NOT m.numerator IS NULL
