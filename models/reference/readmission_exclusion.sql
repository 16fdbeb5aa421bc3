/* One row per readmission definition and evidence that keeps an admission from being an index. */
MODEL (
  name reference.readmission_exclusion,
  kind EMBEDDED,
  grain (definition_code, evidence),
  description 'Which evidence excludes an admission from the denominator of which rate; the lowest priority number is the reason given.'
);

@WITH_REPRODUCTION(reference.own_readmission_exclusion, reproduction.readmission_exclusion)
