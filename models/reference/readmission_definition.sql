/* One row per definition of a readmission rate. */
MODEL (
  name reference.readmission_definition,
  kind EMBEDDED,
  grain definition_code,
  description 'The readmission rates that are published side by side, from the published ratio to the one nearest to CMS (docs/measures.md#m2-readmission).'
);

@WITH_REPRODUCTION(reference.own_readmission_definition, reproduction.readmission_definition)
