/* One row per feed, source table and check of its quality: how many rows fail it, of how many. */
MODEL (
  name mart.mart_data_quality,
  kind FULL,
  grain (source_system, source_table, check_name),
  audits (
    unique_grain(columns := (source_system, source_table, check_name)),
    not_null(
      columns := (source_system, source_table, check_name, kind_of_check, n_failing, n_checked)
    ),
    forall(criteria := (
      n_failing BETWEEN 0 AND n_checked
    ))
  ),
  description 'What the delivered files lack or get wrong, counted: the checks of every contract, and those of the input tables. Nothing here is repaired in silence: rows landed = rows staged + rows quarantined, and a NULL of a file is a NULL in the star.',
  column_descriptions (
    source_system = 'Feed.',
    source_table = 'Table of a contract, as family__table; or the input table, as input.table.',
    check_name = 'What is checked.',
    kind_of_check = 'conformance, completeness, plausibility or coverage (after Kahn 2016; coverage is of mappings).',
    n_failing = 'Rows that fail the check.',
    n_checked = 'Rows that were checked.',
    failing_share = 'n_failing / n_checked; NULL where nothing was checked.',
    note = 'What follows from it.'
  )
);

WITH contract_check AS (
  @CONTRACT_CHECKS()
), priced_encounter AS (
  SELECT
    e.source_system,
    e.encounter_id,
    MAX(e.claim_amount) AS claim_amount,
    SUM(p.base_cost) AS list_price
  FROM input.procedure AS p
  INNER JOIN core.int_encounter AS e
    ON e.source_system = p.source_system AND e.encounter_id = p.encounter_id
  GROUP BY
    1,
    2
), judged_encounter AS (
  SELECT
    e.source_system,
    CASE WHEN e.claim_amount = 0 THEN 1 ELSE 0 END AS is_zero_claim,
    CASE WHEN e.payer_paid > e.claim_amount THEN 1 ELSE 0 END AS is_overpaid,
    CASE WHEN NOT p.death_date IS NULL THEN 1 ELSE 0 END AS is_of_the_dead,
    e.is_after_death,
    CASE WHEN e.stop_ts::DATE > p.death_date THEN 1 ELSE 0 END AS stops_after_death,
    e.is_negative_duration,
    CASE WHEN NOT e.reason_code IS NULL THEN 1 ELSE 0 END AS has_reason,
    CASE WHEN NOT e.reason_code IS NULL AND reason.code IS NULL THEN 1 ELSE 0 END AS is_reason_unknown,
    CASE WHEN NOT e.class_code IS NULL AND class.class_code IS NULL THEN 1 ELSE 0 END AS is_class_unknown,
    CASE
      WHEN NOT e.discharge_disposition IS NULL AND disposition.disposition_code IS NULL
      THEN 1
      ELSE 0
    END AS is_disposition_unknown
  FROM core.int_encounter AS e
  LEFT JOIN core.int_patient AS p
    ON p.source_system = e.source_system AND p.patient_id = e.patient_id
  LEFT JOIN reference.condition_chronicity AS reason
    ON reason.code_system = e.reason_code_system AND reason.code = e.reason_code
  LEFT JOIN reference.encounter_class AS class
    ON class.class_code = e.class_code
  LEFT JOIN reference.discharge_disposition AS disposition
    ON disposition.disposition_code = e.discharge_disposition
), encounter_check AS (
  SELECT
    source_system,
    'claim of 0' AS check_name,
    SUM(is_zero_claim) AS n_failing,
    COUNT(*) AS n_checked
  FROM judged_encounter
  GROUP BY
    1
  UNION ALL
  SELECT
    source_system,
    'paid more than claimed',
    SUM(is_overpaid),
    COUNT(*)
  FROM judged_encounter
  GROUP BY
    1
  UNION ALL
  SELECT
    source_system,
    'starts after death',
    SUM(is_after_death),
    SUM(is_of_the_dead)
  FROM judged_encounter
  GROUP BY
    1
  UNION ALL
  SELECT
    source_system,
    'stops after death',
    SUM(stops_after_death),
    SUM(is_of_the_dead)
  FROM judged_encounter
  GROUP BY
    1
  UNION ALL
  SELECT
    source_system,
    'stops before it starts',
    SUM(is_negative_duration),
    COUNT(*)
  FROM judged_encounter
  GROUP BY
    1
  UNION ALL
  SELECT
    source_system,
    'reason without chronicity',
    SUM(is_reason_unknown),
    SUM(has_reason)
  FROM judged_encounter
  GROUP BY
    1
  UNION ALL
  SELECT
    source_system,
    'class unknown',
    SUM(is_class_unknown),
    COUNT(*)
  FROM judged_encounter
  GROUP BY
    1
  UNION ALL
  SELECT
    source_system,
    'disposition unknown',
    SUM(is_disposition_unknown),
    COUNT(*)
  FROM judged_encounter
  GROUP BY
    1
), input_check AS (
  SELECT
    source_system,
    'input.encounter' AS source_table,
    check_name,
    n_failing,
    n_checked
  FROM encounter_check
  UNION ALL
  SELECT
    source_system,
    'input.encounter',
    'list price above claim',
    COUNT(CASE WHEN list_price > claim_amount THEN 1 END),
    COUNT(*)
  FROM priced_encounter
  GROUP BY
    1
  UNION ALL
  SELECT
    source_system,
    'input.patient',
    'text repaired',
    SUM(is_text_repaired),
    COUNT(*)
  FROM input.patient
  GROUP BY
    1
  UNION ALL
  SELECT
    source_system,
    'input.patient',
    'ZIP missing',
    COUNT(*) - COUNT(zip5),
    COUNT(*)
  FROM input.patient
  GROUP BY
    1
  UNION ALL
  SELECT
    p.source_system,
    'input.payer',
    'payer without category',
    COUNT(CASE WHEN c.payer_name IS NULL AND p.delivered_category IS NULL THEN 1 END),
    COUNT(*)
  FROM input.payer AS p
  LEFT JOIN reference.payer_category AS c
    ON @PLAIN_WORDS(c.payer_name) = @PLAIN_WORDS(p.payer_name)
  GROUP BY
    1
  UNION ALL
  SELECT
    p.source_system,
    'input.procedure',
    'encounter unknown',
    COUNT(CASE WHEN e.encounter_id IS NULL THEN 1 END),
    COUNT(*)
  FROM input.procedure AS p
  LEFT JOIN core.int_encounter AS e
    ON e.source_system = p.source_system AND e.encounter_id = p.encounter_id
  GROUP BY
    1
  UNION ALL
  SELECT
    p.source_system,
    'input.procedure',
    'ends after its encounter',
    COUNT(CASE WHEN p.stop_ts > e.stop_ts THEN 1 END),
    COUNT(*)
  FROM input.procedure AS p
  LEFT JOIN core.int_encounter AS e
    ON e.source_system = p.source_system AND e.encounter_id = p.encounter_id
  GROUP BY
    1
  UNION ALL
  SELECT
    source_system,
    'input.procedure',
    'repeats another row',
    COUNT(CASE WHEN ordinal > 1 THEN 1 END),
    COUNT(*)
  FROM input.procedure
  GROUP BY
    1
  UNION ALL
  SELECT
    c.source_system,
    'input.condition',
    'code without the form of its system',
    COUNT(CASE WHEN NOT REGEXP_MATCHES(c.code, s.code_pattern) THEN 1 END),
    COUNT(s.code_system)
  FROM input.condition AS c
  LEFT JOIN reference.code_system AS s
    ON s.code_system = c.code_system
  GROUP BY
    1
  UNION ALL
  SELECT
    e.source_system,
    'input.encounter',
    'reason without the form of its system',
    COUNT(CASE WHEN NOT REGEXP_MATCHES(e.reason_code, s.code_pattern) THEN 1 END),
    COUNT(CASE WHEN NOT s.code_system IS NULL THEN e.reason_code END)
  FROM input.encounter AS e
  LEFT JOIN reference.code_system AS s
    ON s.code_system = e.reason_code_system
  GROUP BY
    1
), checked AS (
  SELECT
    *
  FROM contract_check
  UNION ALL
  SELECT
    *
  FROM input_check
)
SELECT
  q.source_system::TEXT AS source_system,
  q.source_table::TEXT AS source_table,
  q.check_name::TEXT AS check_name,
  COALESCE(known.kind_of_check, 'completeness')::TEXT AS kind_of_check, /* What is not listed is a column without a value. */
  q.n_failing::BIGINT AS n_failing,
  q.n_checked::BIGINT AS n_checked,
  (
    q.n_failing::DOUBLE / NULLIF(q.n_checked, 0)
  )::DECIMAL(9, 6) AS failing_share,
  COALESCE(known.note, 'The column has no value in these rows, and NULL in the star.')::TEXT AS note
FROM checked AS q
LEFT JOIN reference.quality_check AS known
  ON known.check_name = q.check_name
