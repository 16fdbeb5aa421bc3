/* One row per source and slice of insurance: length of stay, mortality and charges (metrics.md, M11 and M12). */
MODEL (
  name serving.v_insurance_outcomes,
  gateway serving,
  dialect mysql,
  kind VIEW,
  grain (source_system, slice, slice_value),
  audits (
    unique_grain(columns := (source_system, slice, slice_value))
  ),
  description 'Closed stays by insurance, worked out in DuckDB (mart_insurance_outcomes). An insurance that is not recorded is Unknown, never uninsured. The adjusted charge is what the slice would be charged with the mix of groups (DRG), lengths of stay and ages of all stays of the source. A lower charge is no discount: what was billed and what was paid are not both known. Where intervals overlap, no difference is shown.',
  column_descriptions (
    source_system = 'Source of the stays.',
    slice = 'all, insured (by whether there is insurance) or payer.',
    slice_value = 'Value of the slice.',
    n_stays = 'Closed stays.',
    mean_los_days = 'Mean length in days, at least 1 a stay.',
    los_ci_low = 'Lower end of its 95 % interval (normal).',
    los_ci_high = 'Upper end of its 95 % interval (normal).',
    n_deaths = 'Deaths in the stay.',
    mortality = 'Share that died in the stay, 0 to 1.',
    mortality_ci_low = 'Lower end of the 95 % Wilson interval.',
    mortality_ci_high = 'Upper end of the 95 % Wilson interval.',
    n_charged = 'Stays with charges.',
    mean_charge = 'Mean charge, in USD; NULL in sources that deliver claims.',
    charge_ci_low = 'Lower end of its 95 % interval (normal).',
    charge_ci_high = 'Upper end of its 95 % interval (normal).',
    median_charge = 'Median charge, in USD.',
    adjusted_charge = 'Mean charge directly standardised to the groups, lengths and ages of all stays of the source, in USD.',
    adjusted_ci_low = 'Lower end of its 95 % interval (normal).',
    adjusted_ci_high = 'Upper end of its 95 % interval (normal).',
    standard_share = 'Share of all stays whose group, length and age the slice has: the adjusted charge speaks for these.',
    lower_charge_share = 'In slice insured: 1 less the adjusted charge of the row divided by that of Insured; NULL where the intervals overlap.',
    small_cell_flag = '1 below 30 stays or 5 deaths, else 0.'
  )
);

SELECT
  source_system,
  slice,
  slice_value,
  n_stays,
  mean_los_days,
  los_ci_low,
  los_ci_high,
  n_deaths,
  mortality,
  mortality_ci_low,
  mortality_ci_high,
  n_charged,
  mean_charge,
  charge_ci_low,
  charge_ci_high,
  median_charge,
  adjusted_charge,
  adjusted_ci_low,
  adjusted_ci_high,
  standard_share,
  lower_charge_share,
  small_cell_flag
FROM serving.mart_insurance_outcomes
