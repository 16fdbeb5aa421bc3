/* One row per encounter in which procedures were performed, with what they say of it. */
MODEL (
  name core.int_encounter_procedure,
  kind FULL,
  grain (source_system, encounter_id),
  audits (
    unique_grain(columns := (source_system, encounter_id)),
    not_null(
      columns := (
        source_system,
        encounter_id,
        is_oncology_tx,
        is_hospice_care,
        is_dialysis,
        is_cardioversion,
        is_surgery,
        is_always_planned,
        is_potentially_planned
      )
    )
  ),
  description 'An encounter has many procedures; what any of them says, the encounter says. The reasons of the procedures stand in where the encounter has none: has_acute_reason and has_planned_reason are NULL where no procedure has a reason that the clinical classification (CCS) knows.'
);

SELECT
  p.source_system,
  p.encounter_id,
  MAX(t.is_oncology_tx) AS is_oncology_tx,
  MAX(t.is_hospice) AS is_hospice_care,
  MAX(t.is_dialysis) AS is_dialysis,
  MAX(t.is_cardioversion) AS is_cardioversion,
  SUM(p.base_cost) AS list_price,
  SUM(CASE WHEN t.is_dialysis = 1 THEN p.base_cost ELSE 0 END) AS dialysis_list_price,
  SUM(CASE WHEN t.is_cardioversion = 1 THEN p.base_cost ELSE 0 END) AS cardioversion_list_price,
  MAX(CASE WHEN c.is_surgery = 1 THEN 1 ELSE 0 END) AS is_surgery,
  MAX(CASE WHEN c.planned_category = 'always_planned' THEN 1 ELSE 0 END) AS is_always_planned,
  MAX(CASE WHEN c.planned_category = 'potentially_planned' THEN 1 ELSE 0 END) AS is_potentially_planned,
  MAX(reason.is_acute) AS has_acute_reason,
  MAX(reason.is_always_planned) AS has_planned_reason
FROM input.procedure AS p
INNER JOIN core.int_procedure_type AS t
  ON t.code_system = p.code_system
  AND t.procedure_code = p.code
  AND t.procedure_description = COALESCE(p.text, '(no description)')
LEFT JOIN core.int_ccs_procedure AS c
  ON c.code_system = t.code_system
  AND c.procedure_code = t.procedure_code
  AND c.procedure_description = t.procedure_description
LEFT JOIN core.int_ccs_diagnosis AS reason
  ON reason.code_system = p.reason_code_system AND reason.code = p.reason_code
GROUP BY
  1,
  2
