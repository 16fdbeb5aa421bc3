/* One row per source table and check of its quality: how many rows fail it, of how many (metrics.md, M16). */
MODEL (
  name mart.mart_data_quality,
  kind FULL,
  grain (source_table, check_name),
  audits (
    unique_grain(columns := (source_table, check_name)),
    not_null(columns := (source_table, check_name, kind_of_check, n_failing, n_checked)),
    forall(criteria := (
      n_failing BETWEEN 0 AND n_checked
    ))
  ),
  description 'What the delivered files lack or get wrong, counted. Nothing here is repaired in silence: rows in = rows staged + rows quarantined, and a NULL of a file is a NULL in the star.',
  column_descriptions (
    source_table = 'Table of the contract.',
    check_name = 'What is counted.',
    kind_of_check = 'completeness, conformance, plausibility or coverage.',
    n_failing = 'Rows that fail the check.',
    n_checked = 'Rows to which it applies.',
    failing_share = 'n_failing / n_checked, 0 to 1; NULL where there is nothing to check.',
    note = 'What the check means for the figures.'
  )
);

WITH row_count AS (
  SELECT
    'synthea__encounters' AS source_table,
    (
      SELECT
        COUNT(*)
      FROM raw.synthea__encounters
    ) AS landed_rows,
    (
      SELECT
        COUNT(*)
      FROM staging.stg_synthea__encounters
    ) AS staged_rows,
    (
      SELECT
        COUNT(*)
      FROM quarantine.synthea__encounters
    ) AS quarantined_rows
  UNION ALL
  SELECT
    'synthea__organizations' AS source_table,
    (
      SELECT
        COUNT(*)
      FROM raw.synthea__organizations
    ) AS landed_rows,
    (
      SELECT
        COUNT(*)
      FROM staging.stg_synthea__organizations
    ) AS staged_rows,
    (
      SELECT
        COUNT(*)
      FROM quarantine.synthea__organizations
    ) AS quarantined_rows
  UNION ALL
  SELECT
    'synthea__patients' AS source_table,
    (
      SELECT
        COUNT(*)
      FROM raw.synthea__patients
    ) AS landed_rows,
    (
      SELECT
        COUNT(*)
      FROM staging.stg_synthea__patients
    ) AS staged_rows,
    (
      SELECT
        COUNT(*)
      FROM quarantine.synthea__patients
    ) AS quarantined_rows
  UNION ALL
  SELECT
    'synthea__payers' AS source_table,
    (
      SELECT
        COUNT(*)
      FROM raw.synthea__payers
    ) AS landed_rows,
    (
      SELECT
        COUNT(*)
      FROM staging.stg_synthea__payers
    ) AS staged_rows,
    (
      SELECT
        COUNT(*)
      FROM quarantine.synthea__payers
    ) AS quarantined_rows
  UNION ALL
  SELECT
    'synthea__procedures' AS source_table,
    (
      SELECT
        COUNT(*)
      FROM raw.synthea__procedures
    ) AS landed_rows,
    (
      SELECT
        COUNT(*)
      FROM staging.stg_synthea__procedures
    ) AS staged_rows,
    (
      SELECT
        COUNT(*)
      FROM quarantine.synthea__procedures
    ) AS quarantined_rows
), encounter_count AS (
  SELECT
    COUNT(*) AS n,
    COUNT(*) - COUNT(s.reason_code) AS no_reason,
    COUNT(*) - COUNT(s.stop_ts_utc) AS no_stop,
    COUNT(CASE WHEN s.claim_amount = 0 THEN 1 END) AS zero_claim,
    COUNT(CASE WHEN s.payer_paid > s.claim_amount THEN 1 END) AS overpaid,
    COALESCE(SUM(e.is_after_death), 0) AS after_death,
    COALESCE(SUM(e.is_negative_duration), 0) AS negative,
    COUNT(CASE WHEN e.stop_ts::DATE > p.death_date THEN 1 END) AS stops_after_death,
    COUNT(CASE WHEN NOT p.death_date IS NULL THEN 1 END) AS of_the_dead
  FROM staging.stg_synthea__encounters AS s
  INNER JOIN core.int_encounter AS e
    ON e.source_system = s.source_system AND e.encounter_id = s.encounter_id
  LEFT JOIN staging.stg_synthea__patients AS p
    ON p.patient_id = s.patient_id
), coded_reason AS (
  SELECT
    COUNT(*) AS n,
    COUNT(*) - COUNT(c.code) AS unmapped
  FROM staging.stg_synthea__encounters AS s
  LEFT JOIN reference.condition_chronicity AS c
    ON c.code = s.reason_code
  WHERE
    NOT s.reason_code IS NULL
), patient_count AS (
  SELECT
    COUNT(*) AS n,
    COUNT(*) - COUNT(death_date) AS no_death,
    COUNT(*) - COUNT(zip5) AS no_zip,
    COUNT(*) - COUNT(marital_status) AS no_marital,
    COUNT(*) - COUNT(birth_date) AS no_birth,
    COALESCE(SUM(is_text_repaired), 0) AS repaired
  FROM staging.stg_synthea__patients
), payer_count AS (
  SELECT
    COUNT(*) AS n,
    COUNT(*) - COUNT(c.payer_name) AS no_category
  FROM staging.stg_synthea__payers AS p
  LEFT JOIN reference.payer_category AS c
    ON c.payer_name = p.payer_name
), procedure_count AS (
  SELECT
    COUNT(*) AS n,
    COUNT(*) - COUNT(p.reason_code) AS no_reason,
    COUNT(*) - COUNT(e.encounter_id) AS orphans,
    COUNT(CASE WHEN p.stop_ts_utc > e.stop_ts_utc THEN 1 END) AS ends_after_encounter
  FROM staging.stg_synthea__procedures AS p
  LEFT JOIN staging.stg_synthea__encounters AS e
    ON e.encounter_id = p.encounter_id
), priced_encounter AS (
  SELECT
    e.encounter_id,
    MAX(e.claim_amount) AS claim_amount,
    SUM(p.base_cost) AS list_price
  FROM staging.stg_synthea__procedures AS p
  INNER JOIN staging.stg_synthea__encounters AS e
    ON e.encounter_id = p.encounter_id
  GROUP BY
    1
), priced_count AS (
  SELECT
    COUNT(*) AS n,
    COUNT(CASE WHEN list_price > claim_amount THEN 1 END) AS above_claim
  FROM priced_encounter
), quality_check AS (
  SELECT
    r.source_table,
    c.check_name,
    c.kind_of_check,
    c.n_failing,
    r.landed_rows AS n_checked,
    c.note
  FROM row_count AS r
  CROSS JOIN LATERAL (
    VALUES
      (
        'rows quarantined',
        'conformance',
        r.quarantined_rows,
        'Rows that break the contract of their table; they are kept beside and in no figure.'
      ),
      (
        'rows lost',
        'conformance',
        r.landed_rows - r.staged_rows - r.quarantined_rows,
        'Rows landed, but neither staged nor quarantined: must be 0.'
      )
  ) AS c(check_name, kind_of_check, n_failing, note)
  UNION ALL
  SELECT
    'synthea__encounters',
    c.check_name,
    c.kind_of_check,
    c.n_failing,
    c.n_checked,
    c.note
  FROM encounter_count AS e
  CROSS JOIN coded_reason AS r
  CROSS JOIN priced_count AS p
  CROSS JOIN LATERAL (
    VALUES
      (
        'reason missing',
        'completeness',
        e.no_reason,
        e.n,
        'Shares of reasons rest on the others.'
      ),
      (
        'stop missing',
        'completeness',
        e.no_stop,
        e.n,
        'Open encounters have no length.'
      ),
      ('claim of 0', 'plausibility', e.zero_claim, e.n, 'Counted as they are.'),
      (
        'paid more than claimed',
        'plausibility',
        e.overpaid,
        e.n,
        'Would make the non-covered cost negative.'
      ),
      (
        'starts after death',
        'plausibility',
        e.after_death,
        e.of_the_dead,
        'Left out of mortality; of the encounters of patients with a death date.'
      ),
      (
        'stops after death',
        'plausibility',
        e.stops_after_death,
        e.of_the_dead,
        'Not cut at the death; of the encounters of patients with a death date.'
      ),
      (
        'stops before it starts',
        'plausibility',
        e.negative,
        e.n,
        'Has no length and is in no stay.'
      ),
      (
        'reason without chronicity',
        'coverage',
        r.unmapped,
        r.n,
        'Coded reasons that reference.condition_chronicity does not know.'
      ),
      (
        'list price above claim',
        'plausibility',
        p.above_claim,
        p.n,
        'Encounters with procedures whose list prices exceed the claim: the two must not be added.'
      )
  ) AS c(check_name, kind_of_check, n_failing, n_checked, note)
  UNION ALL
  SELECT
    'synthea__patients',
    c.check_name,
    c.kind_of_check,
    c.n_failing,
    p.n,
    c.note
  FROM patient_count AS p
  CROSS JOIN LATERAL (
    VALUES
      (
        'death date missing',
        'completeness',
        p.no_death,
        'No death is recorded: a fact, not a gap.'
      ),
      ('birth date missing', 'completeness', p.no_birth, 'Age is then unknown.'),
      ('ZIP missing', 'completeness', p.no_zip, 'Missing, or no US ZIP.'),
      ('marital status missing', 'completeness', p.no_marital, 'Unknown.'),
      (
        'text repaired',
        'conformance',
        p.repaired,
        'Letters of name, birth place or address that Mac Roman mangled, put right.'
      )
  ) AS c(check_name, kind_of_check, n_failing, note)
  UNION ALL
  SELECT
    'synthea__payers',
    'payer without category',
    'coverage',
    no_category,
    n,
    'Shown as Other under its own name.'
  FROM payer_count
  UNION ALL
  SELECT
    'synthea__procedures',
    c.check_name,
    c.kind_of_check,
    c.n_failing,
    p.n,
    c.note
  FROM procedure_count AS p
  CROSS JOIN LATERAL (
    VALUES
      ('reason missing', 'completeness', p.no_reason, 'Most procedures have none.'),
      (
        'encounter unknown',
        'conformance',
        p.orphans,
        'Procedures without their encounter.'
      ),
      (
        'ends after its encounter',
        'plausibility',
        p.ends_after_encounter,
        'Times of procedures are not used in any figure.'
      )
  ) AS c(check_name, kind_of_check, n_failing, note)
)
SELECT
  source_table::TEXT AS source_table,
  check_name::TEXT AS check_name,
  kind_of_check::TEXT AS kind_of_check,
  n_failing::BIGINT AS n_failing,
  n_checked::BIGINT AS n_checked,
  (
    n_failing::DOUBLE / NULLIF(n_checked, 0)
  )::DECIMAL(9, 6) AS failing_share,
  note::TEXT AS note
FROM quality_check
