/* One row per hospital and diagnosis, with its share of the charges of the stays that have it: adds up to all charges (docs/measures.md#m15-cost-by-diagnosis). */
MODEL (
  name serving.v_charge_by_diagnosis_weighted,
  gateway serving,
  dialect mysql,
  kind VIEW,
  grain (source_system, organization_key, diagnosis_key),
  audits (
    unique_grain(columns := (source_system, organization_key, diagnosis_key))
  ),
  description 'Charges spread over the diagnoses known at admission, each stay in equal shares: the rows add up to all charges. Charges of stays without a recorded diagnosis stand under Unknown.',
  column_descriptions (
    source_system = 'Source that delivered it.',
    organization_key = 'Hospital; joins dim_organization.',
    organization_label = 'Name of the hospital.',
    diagnosis_key = 'Diagnosis, -1 where a stay has none; joins dim_diagnosis.',
    code_system = 'Code system of the code.',
    code = 'Code of the diagnosis.',
    description = 'Text as delivered.',
    n_stays = 'Stays with the diagnosis; not additive.',
    weighted_stays = 'Stays, each spread over its diagnoses; adds up to all stays with charges.',
    weighted_charge = 'Charges, each spread over the diagnoses of its stay, in USD; adds up to all charges.',
    share_of_charges = 'Share of all charges, 0 to 1.'
  )
);

WITH shared_charge AS (
  SELECT
    s.source_system,
    s.organization_key,
    COALESCE(b.diagnosis_key, -1) AS diagnosis_key,
    COUNT(*) AS n_stays,
    SUM(COALESCE(b.weighting_factor, 1)) AS weighted_stays,
    SUM(s.charge_amount * COALESCE(b.weighting_factor, 1)) AS weighted_charge
  FROM serving.fact_inpatient_stay AS s
  LEFT JOIN serving.bridge_stay_diagnosis AS b
    ON b.stay_key = s.stay_key
  WHERE
    NOT s.charge_amount IS NULL
  GROUP BY
    1,
    2,
    3
)
SELECT
  c.source_system,
  c.organization_key,
  o.organization_label,
  d.diagnosis_key,
  d.code_system,
  d.code,
  d.description,
  c.n_stays,
  c.weighted_stays::DECIMAL(18, 6) AS weighted_stays,
  c.weighted_charge::DECIMAL(24, 8) AS weighted_charge,
  CAST(c.weighted_charge / NULLIF(SUM(c.weighted_charge) OVER (PARTITION BY c.source_system), 0) AS DECIMAL(9, 6)) AS share_of_charges
FROM shared_charge AS c
INNER JOIN serving.dim_diagnosis AS d
  ON d.diagnosis_key = c.diagnosis_key
INNER JOIN serving.dim_organization AS o
  ON o.organization_key = c.organization_key
