/* One row per source, hospital and slice of insurance: length of stay, mortality and charges (docs/measures.md#m11-mortality, docs/measures.md#m12-charges-and-insurance). */
MODEL (
  name serving.v_insurance_outcomes,
  gateway serving,
  dialect mysql,
  kind VIEW,
  grain (source_system, organization_key, slice, slice_value),
  audits (
    unique_grain(columns := (source_system, organization_key, slice, slice_value))
  ),
  description 'Stays by insurance, as mart_kpi has them: length of stay, mortality and charges. An insurance that is not recorded is Unknown, never uninsured. The adjusted charge is what the slice would be charged with the mix of groups (DRG), lengths of stay and ages of all stays of the source. A lower charge is not a discount: what was billed and what was paid are not both known. A lower charge is shown where its interval does not hold 0.',
  column_descriptions (
    source_system = 'Source of the stays.',
    organization_key = 'Hospital; joins dim_organization; -2 for all hospitals of the source.',
    organization_label = 'Name of the hospital, or all hospitals.',
    slice = 'all, insured (by whether there is insurance) or payer.',
    slice_value = 'Value of the slice.',
    n_stays = 'Closed stays.',
    mean_los_days = 'Mean length in days, at least 1 a stay.',
    los_ci_low = 'Lower end of its 95 % interval.',
    los_ci_high = 'Upper end of its 95 % interval.',
    n_deaths = 'Deaths in the stay: by day of death where the source has it, else by its flag.',
    mortality = 'Share that died in the stay, 0 to 1.',
    mortality_ci_low = 'Lower end of its 95 % interval.',
    mortality_ci_high = 'Upper end of its 95 % interval.',
    n_charged = 'Stays with charges.',
    mean_charge = 'Mean charge, in USD; NULL in sources that deliver claims.',
    charge_ci_low = 'Lower end of its 95 % interval.',
    charge_ci_high = 'Upper end of its 95 % interval.',
    median_charge = 'Median charge, in USD.',
    adjusted_charge = 'Mean charge directly standardised to the groups, lengths and ages of all stays of the source, in USD.',
    adjusted_ci_low = 'Lower end of its 95 % interval.',
    adjusted_ci_high = 'Upper end of its 95 % interval.',
    standard_share = 'Share of all stays whose group, length and age the slice has: the adjusted charge speaks for these.',
    lower_charge_share = 'In slice insured: 1 less the adjusted charge of the row divided by that of Insured; NULL where its interval holds 0.',
    small_cell_flag = 'That of mortality in mart_kpi, or of the length of stay where there is none.'
  )
);

WITH insurance_kpi AS (
  SELECT
    source_system,
    organization_key,
    slice,
    CASE WHEN slice = 'all' THEN 'all stays' ELSE slice_value END AS slice_value,
    metric_code,
    definition_version,
    numerator,
    denominator,
    value,
    n,
    interval_low,
    interval_high,
    small_cell_flag
  FROM serving.mart_kpi
  WHERE
    metric_code IN ('alos', 'mortality', 'charge_per_stay', 'lower_charge_share')
    AND period = 'all'
    AND slice IN ('all', 'insured', 'payer')
    AND NOT value IS NULL
), outcome AS (
  SELECT
    source_system,
    organization_key,
    slice,
    slice_value,
    MAX(CASE WHEN metric_code = 'alos' AND definition_version = 'days_cms' THEN n END) AS n_stays,
    MAX(
      CASE WHEN metric_code = 'alos' AND definition_version = 'days_cms' THEN value END
    ) AS mean_los_days,
    MAX(
      CASE
        WHEN metric_code = 'alos' AND definition_version = 'days_cms'
        THEN interval_low
      END
    ) AS los_ci_low,
    MAX(
      CASE
        WHEN metric_code = 'alos' AND definition_version = 'days_cms'
        THEN interval_high
      END
    ) AS los_ci_high,
    COALESCE(
      MAX(
        CASE
          WHEN metric_code = 'mortality' AND definition_version = 'in_hospital'
          THEN numerator
        END
      ),
      MAX(
        CASE
          WHEN metric_code = 'mortality' AND definition_version = 'in_hospital_flag'
          THEN numerator
        END
      )
    ) AS n_deaths,
    COALESCE(
      MAX(
        CASE
          WHEN metric_code = 'mortality' AND definition_version = 'in_hospital'
          THEN value
        END
      ),
      MAX(
        CASE
          WHEN metric_code = 'mortality' AND definition_version = 'in_hospital_flag'
          THEN value
        END
      )
    ) AS mortality,
    COALESCE(
      MAX(
        CASE
          WHEN metric_code = 'mortality' AND definition_version = 'in_hospital'
          THEN interval_low
        END
      ),
      MAX(
        CASE
          WHEN metric_code = 'mortality' AND definition_version = 'in_hospital_flag'
          THEN interval_low
        END
      )
    ) AS mortality_ci_low,
    COALESCE(
      MAX(
        CASE
          WHEN metric_code = 'mortality' AND definition_version = 'in_hospital'
          THEN interval_high
        END
      ),
      MAX(
        CASE
          WHEN metric_code = 'mortality' AND definition_version = 'in_hospital_flag'
          THEN interval_high
        END
      )
    ) AS mortality_ci_high,
    MAX(
      CASE
        WHEN metric_code = 'charge_per_stay' AND definition_version = 'mean'
        THEN n
      END
    ) AS n_charged,
    MAX(
      CASE
        WHEN metric_code = 'charge_per_stay' AND definition_version = 'mean'
        THEN value
      END
    ) AS mean_charge,
    MAX(
      CASE
        WHEN metric_code = 'charge_per_stay' AND definition_version = 'mean'
        THEN interval_low
      END
    ) AS charge_ci_low,
    MAX(
      CASE
        WHEN metric_code = 'charge_per_stay' AND definition_version = 'mean'
        THEN interval_high
      END
    ) AS charge_ci_high,
    MAX(
      CASE
        WHEN metric_code = 'charge_per_stay' AND definition_version = 'median'
        THEN value
      END
    ) AS median_charge,
    MAX(
      CASE
        WHEN metric_code = 'charge_per_stay' AND definition_version = 'adjusted'
        THEN value
      END
    ) AS adjusted_charge,
    MAX(
      CASE
        WHEN metric_code = 'charge_per_stay' AND definition_version = 'adjusted'
        THEN interval_low
      END
    ) AS adjusted_ci_low,
    MAX(
      CASE
        WHEN metric_code = 'charge_per_stay' AND definition_version = 'adjusted'
        THEN interval_high
      END
    ) AS adjusted_ci_high,
    MAX(
      CASE
        WHEN metric_code = 'charge_per_stay' AND definition_version = 'adjusted'
        THEN denominator
      END
    ) AS standard_share,
    MAX(
      CASE
        WHEN metric_code = 'lower_charge_share'
        AND (
          interval_low > 0 OR interval_high < 0
        )
        THEN value
      END
    ) AS lower_charge_share,
    COALESCE(
      COALESCE(
        MAX(
          CASE
            WHEN metric_code = 'mortality' AND definition_version = 'in_hospital'
            THEN small_cell_flag
          END
        ),
        MAX(
          CASE
            WHEN metric_code = 'mortality' AND definition_version = 'in_hospital_flag'
            THEN small_cell_flag
          END
        )
      ),
      MAX(
        CASE
          WHEN metric_code = 'alos' AND definition_version = 'days_cms'
          THEN small_cell_flag
        END
      )
    ) AS small_cell_flag
  FROM insurance_kpi
  GROUP BY
    source_system,
    organization_key,
    slice,
    slice_value
)
SELECT
  i.source_system,
  i.organization_key,
  COALESCE(o.organization_label, 'all hospitals') AS organization_label,
  i.slice,
  i.slice_value,
  i.n_stays,
  i.mean_los_days::DECIMAL(12, 4) AS mean_los_days,
  i.los_ci_low::DECIMAL(12, 4) AS los_ci_low,
  i.los_ci_high::DECIMAL(12, 4) AS los_ci_high,
  i.n_deaths::BIGINT AS n_deaths,
  i.mortality::DECIMAL(9, 6) AS mortality,
  i.mortality_ci_low::DECIMAL(9, 6) AS mortality_ci_low,
  i.mortality_ci_high::DECIMAL(9, 6) AS mortality_ci_high,
  i.n_charged,
  i.mean_charge::DECIMAL(14, 2) AS mean_charge,
  i.charge_ci_low::DECIMAL(14, 2) AS charge_ci_low,
  i.charge_ci_high::DECIMAL(14, 2) AS charge_ci_high,
  i.median_charge::DECIMAL(14, 2) AS median_charge,
  i.adjusted_charge::DECIMAL(14, 2) AS adjusted_charge,
  i.adjusted_ci_low::DECIMAL(14, 2) AS adjusted_ci_low,
  i.adjusted_ci_high::DECIMAL(14, 2) AS adjusted_ci_high,
  i.standard_share::DECIMAL(9, 6) AS standard_share,
  i.lower_charge_share::DECIMAL(9, 6) AS lower_charge_share,
  i.small_cell_flag
FROM outcome AS i
LEFT JOIN serving.dim_organization AS o
  ON o.organization_key = i.organization_key AND i.organization_key <> -2
WHERE
  NOT i.n_stays IS NULL
