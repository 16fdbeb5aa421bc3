/* One row per hospital and procedure: list price, allocated claim, and how few patients it belongs to (docs/measures.md#m8-cost-by-class-and-procedure). */
MODEL (
  name serving.v_procedure_cost,
  gateway serving,
  dialect mysql,
  kind VIEW,
  grain (source_system, organization_key, procedure_key),
  audits (
    unique_grain(columns := (source_system, organization_key, procedure_key))
  ),
  description 'Procedures by cost, two ways that must not be added: list price, which no claim confirms, and the claims of their encounters divided by list price. Amounts are in USD.',
  column_descriptions (
    source_system = 'Source that delivered it.',
    organization_key = 'Hospital; joins dim_organization.',
    organization_label = 'Name of the hospital.',
    procedure_key = 'Procedure; joins dim_procedure.',
    procedure_description = 'Text of the procedure.',
    n_procedures = 'Times it was performed.',
    n_patients = 'Patients who had it.',
    list_price_total = 'Sum of list prices, in USD.',
    allocated_claim_total = 'Sum of its share of claims, in USD; adds up over procedures to the claims of their encounters.',
    share_of_list_price = 'Share of all list prices, 0 to 1.',
    share_of_allocated_claim = 'Share of all allocated claims, 0 to 1.',
    top_10_patient_share = 'Share of the list price that the ten patients with the most hold, 0 to 1.'
  )
);

WITH patient_procedure AS (
  SELECT
    f.source_system,
    f.organization_key,
    f.procedure_key,
    p.patient_durable_key,
    COUNT(*) AS n_procedures,
    SUM(f.base_cost) AS list_price,
    SUM(f.allocated_claim_cost) AS allocated_claim
  FROM serving.fact_procedure AS f
  INNER JOIN serving.dim_patient AS p
    ON p.patient_key = f.patient_key
  GROUP BY
    f.source_system,
    f.organization_key,
    f.procedure_key,
    p.patient_durable_key
), ranked_patient AS (
  SELECT
    source_system,
    organization_key,
    procedure_key,
    n_procedures,
    list_price,
    allocated_claim,
    ROW_NUMBER() OVER (
      PARTITION BY source_system, organization_key, procedure_key
      ORDER BY list_price DESC, patient_durable_key
    ) AS patient_rank
  FROM patient_procedure
), procedure_cost AS (
  SELECT
    source_system,
    organization_key,
    procedure_key,
    SUM(n_procedures) AS n_procedures,
    COUNT(*) AS n_patients,
    SUM(list_price) AS list_price_total,
    SUM(allocated_claim) AS allocated_claim_total,
    SUM(CASE WHEN patient_rank <= 10 THEN list_price END) AS top_10_list_price
  FROM ranked_patient
  GROUP BY
    source_system,
    organization_key,
    procedure_key
)
SELECT
  c.source_system,
  c.organization_key,
  o.organization_label,
  c.procedure_key,
  d.procedure_description,
  c.n_procedures::BIGINT AS n_procedures,
  c.n_patients,
  c.list_price_total,
  c.allocated_claim_total,
  CAST(c.list_price_total / NULLIF(SUM(c.list_price_total) OVER (PARTITION BY c.source_system), 0) AS DECIMAL(9, 6)) AS share_of_list_price,
  CAST(c.allocated_claim_total / NULLIF(SUM(c.allocated_claim_total) OVER (PARTITION BY c.source_system), 0) AS DECIMAL(9, 6)) AS share_of_allocated_claim,
  CAST(c.top_10_list_price / NULLIF(c.list_price_total, 0) AS DECIMAL(9, 6)) AS top_10_patient_share
FROM procedure_cost AS c
INNER JOIN serving.dim_procedure AS d
  ON d.procedure_key = c.procedure_key
INNER JOIN serving.dim_organization AS o
  ON o.organization_key = c.organization_key
