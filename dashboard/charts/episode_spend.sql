-- One row per source, group of payers and way to sum up its episodes.
SELECT
  source_system,
  payer_group,
  'mean claim' AS statistic,
  mean_claim AS value,
  mean_claim_ci_low AS ci_low,
  mean_claim_ci_high AS ci_high,
  n_episodes AS n,
  n_patients,
  ratio_constant,
  small_cell_flag
FROM serving.v_episode_spend
WHERE
  organization_key = -2 AND kind_of_stay = 'all'
UNION ALL
SELECT
  source_system,
  payer_group,
  'median claim',
  median_claim,
  NULL,
  NULL,
  n_episodes,
  n_patients,
  ratio_constant,
  small_cell_flag
FROM serving.v_episode_spend
WHERE
  organization_key = -2 AND kind_of_stay = 'all'
UNION ALL
SELECT
  source_system,
  payer_group,
  'mean payment',
  mean_paid,
  NULL,
  NULL,
  n_episodes,
  n_patients,
  ratio_constant,
  small_cell_flag
FROM serving.v_episode_spend
WHERE
  organization_key = -2 AND kind_of_stay = 'all'
UNION ALL
SELECT
  source_system,
  payer_group,
  'mean claim as reproduced',
  reproduced_mean_claim,
  NULL,
  NULL,
  n_reproduced,
  n_patients,
  ratio_constant,
  small_cell_flag
FROM serving.v_episode_spend
WHERE
  organization_key = -2 AND kind_of_stay = 'all'
ORDER BY
  payer_group,
  statistic
