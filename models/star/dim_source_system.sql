/* One row per source family. */
MODEL (
  name star.dim_source_system,
  kind FULL,
  grain source_system,
  audits (
    unique_grain(columns := source_system),
    not_null(columns := (source_system, source_label, cost_basis, readmission_basis, basis))
  ),
  description 'The source families, and what can be known from each.',
  column_descriptions (
    source_system = 'Name of the family, as every row carries it.',
    source_label = 'Name for a report.',
    cost_basis = 'claim or charge: what its amounts are.',
    readmission_basis = 'derived: a return is seen in the dates; source_asserted: it is known only by a flag of the feed.',
    basis = 'Why.'
  )
);

SELECT
  source_system::TEXT AS source_system,
  source_label::TEXT AS source_label,
  cost_basis::TEXT AS cost_basis,
  readmission_basis::TEXT AS readmission_basis,
  basis::TEXT AS basis
FROM reference.source_system
