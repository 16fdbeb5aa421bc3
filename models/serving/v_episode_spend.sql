/* One row per source, hospital and group of payers or kind of the index stay: spending per episode, one index per window, and by the reproduced rule (docs/measures.md#m7-spending-per-episode). */
MODEL (
  name serving.v_episode_spend,
  gateway serving,
  dialect mysql,
  kind VIEW,
  grain (source_system, organization_key, payer_group, kind_of_stay),
  audits (
    unique_grain(columns := (source_system, organization_key, payer_group, kind_of_stay))
  ),
  description 'MSPB-style spending per episode, unadjusted, on a charge basis, synthetic. The ratio stands beside its constant, which nobody has verified.',
  column_descriptions (
    source_system = 'Source that delivered the stays.',
    organization_key = 'Hospital; joins dim_organization; -2 for all hospitals of the source.',
    organization_label = 'Name of the hospital, or all hospitals.',
    payer_group = 'Medicare, other payers, or all; of a hospital too.',
    kind_of_stay = 'Kind of the index stay, or all; of one kind, the payers are all.',
    n_episodes = 'Episodes: one index per window, each encounter in one episode.',
    n_patients = 'Patients they belong to.',
    mean_claim = 'Mean claim of an episode, in USD.',
    mean_claim_ci_low = 'Lower end of its 95 % interval, patients as the independent units.',
    mean_claim_ci_high = 'Upper end of the same.',
    median_claim = 'Median claim of an episode, in USD.',
    mean_claim_trimmed = 'Mean claim without the most expensive episode in 100, in USD.',
    mean_paid = 'Mean of what payers covered, in USD.',
    mean_paid_ci_low = 'Lower end of its 95 % interval, patients as the independent units.',
    mean_paid_ci_high = 'Upper end of the same.',
    claim_ratio = 'mean_claim / constant.',
    n_reproduced = 'Windows by the reproduced rule: every inpatient encounter starts one, and they overlap.',
    reproduced_mean_claim = 'Their mean claim, in USD.',
    reproduced_ratio = 'reproduced_mean_claim / constant.',
    n_published = 'Former name of n_reproduced, until version 0.3.',
    published_mean_claim = 'Former name of reproduced_mean_claim, until version 0.3.',
    published_ratio = 'Former name of reproduced_ratio, until version 0.3.',
    ratio_constant = 'Constant of the first reference project, in USD; unverified.',
    small_cell_flag = '1 below 30 episodes or 11 patients, else 0.'
  )
);

WITH episode_kpi AS (
  SELECT
    source_system,
    organization_key,
    CASE WHEN slice = 'medicare_group' THEN slice_value ELSE 'all' END AS payer_group,
    CASE WHEN slice = 'kind_of_stay' THEN slice_value ELSE 'all' END AS kind_of_stay,
    definition_version,
    value,
    n,
    n_patients,
    interval_low,
    interval_high,
    small_cell_flag
  FROM serving.mart_kpi
  WHERE
    metric_code = 'episode_spend'
    AND period = 'all'
    AND slice IN ('all', 'medicare_group', 'kind_of_stay')
    AND n > 0
), payer_group_spend AS (
  SELECT
    source_system,
    organization_key,
    payer_group,
    kind_of_stay,
    MAX(CASE WHEN definition_version = 'claim' THEN n END) AS n_episodes,
    MAX(CASE WHEN definition_version = 'claim' THEN n_patients END) AS n_patients,
    MAX(CASE WHEN definition_version = 'claim' THEN value END) AS mean_claim,
    MAX(CASE WHEN definition_version = 'claim' THEN interval_low END) AS mean_claim_ci_low,
    MAX(CASE WHEN definition_version = 'claim' THEN interval_high END) AS mean_claim_ci_high,
    MAX(CASE WHEN definition_version = 'claim_median' THEN value END) AS median_claim,
    MAX(CASE WHEN definition_version = 'claim_trimmed' THEN value END) AS mean_claim_trimmed,
    MAX(CASE WHEN definition_version = 'paid' THEN value END) AS mean_paid,
    MAX(CASE WHEN definition_version = 'paid' THEN interval_low END) AS mean_paid_ci_low,
    MAX(CASE WHEN definition_version = 'paid' THEN interval_high END) AS mean_paid_ci_high,
    MAX(CASE WHEN definition_version = 'reproduced' THEN n END) AS n_reproduced,
    MAX(CASE WHEN definition_version = 'reproduced' THEN value END) AS reproduced_mean_claim,
    MAX(CASE WHEN definition_version = 'claim' THEN small_cell_flag END) AS small_cell_flag
  FROM episode_kpi
  GROUP BY
    source_system,
    organization_key,
    payer_group,
    kind_of_stay
)
SELECT
  s.source_system,
  s.organization_key,
  COALESCE(o.organization_label, 'all hospitals') AS organization_label,
  s.payer_group,
  s.kind_of_stay,
  s.n_episodes,
  s.n_patients,
  s.mean_claim,
  s.mean_claim_ci_low,
  s.mean_claim_ci_high,
  s.median_claim,
  s.mean_claim_trimmed,
  s.mean_paid,
  s.mean_paid_ci_low,
  s.mean_paid_ci_high,
  CAST(s.mean_claim / b.benchmark_value AS DECIMAL(12, 6)) AS claim_ratio,
  s.n_reproduced,
  s.reproduced_mean_claim,
  CAST(s.reproduced_mean_claim / b.benchmark_value AS DECIMAL(12, 6)) AS reproduced_ratio,
  s.n_reproduced AS n_published,
  s.reproduced_mean_claim AS published_mean_claim,
  CAST(s.reproduced_mean_claim / b.benchmark_value AS DECIMAL(12, 6)) AS published_ratio,
  b.benchmark_value AS ratio_constant,
  s.small_cell_flag
FROM payer_group_spend AS s
LEFT JOIN serving.dim_organization AS o
  ON o.organization_key = s.organization_key AND s.organization_key <> -2
LEFT JOIN serving.dim_benchmark AS b
  ON b.metric_code = 'mspb_ratio' AND b.definition_version = 'one_index_per_window'
