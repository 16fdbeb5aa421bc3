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
    kind_of_check = 'conformance, completeness, plausibility or coverage (after Kahn 2016; coverage: whether our lists know the values).',
    n_failing = 'Rows that fail the check; days, where the check is about a window of days.',
    n_checked = 'Rows that were checked; days, where the check is about a window of days.',
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
), encounter_return AS (
  SELECT
    source_system,
    COUNT(*) AS n_returns,
    MAX(days_to_readmission) AS last_day
  FROM core.int_encounter
  WHERE
    readmitted_flag = 1 AND NOT days_to_readmission IS NULL
  GROUP BY
    1
), judged_encounter AS (
  SELECT
    e.source_system,
    CASE WHEN e.claim_amount = 0 THEN 1 ELSE 0 END AS is_zero_claim,
    CASE WHEN e.payer_paid > e.claim_amount THEN 1 ELSE 0 END AS is_overpaid,
    CASE WHEN NOT p.death_date IS NULL THEN 1 ELSE 0 END AS is_of_the_dead,
    e.is_after_death,
    CASE WHEN e.stop_ts::DATE > p.death_date THEN 1 ELSE 0 END AS stops_after_death,
    e.is_negative_duration,
    e.class_code,
    CASE WHEN class.class_code IS NULL THEN e.class_code END AS unknown_class,
    e.discharge_disposition,
    CASE WHEN disposition.disposition_code IS NULL THEN e.discharge_disposition END AS unknown_disposition,
    e.drg_code,
    CASE WHEN drg.drg_code IS NULL THEN e.drg_code END AS unknown_drg,
    e.age_band_label,
    CASE WHEN band.band_label IS NULL THEN e.age_band_label END AS unknown_age_band,
    e.icu_days,
    COALESCE(e.stated_los_days, DATE_DIFF('DAY', e.start_ts::DATE, e.stop_ts::DATE)) AS stay_days,
    CASE WHEN disposition.disposition_group = 'hospice' THEN e.readmitted_flag END AS readmitted_from_hospice
  FROM core.int_encounter AS e
  LEFT JOIN core.int_patient AS p
    ON p.source_system = e.source_system AND p.patient_id = e.patient_id
  LEFT JOIN reference.encounter_class AS class
    ON class.class_code = e.class_code
  LEFT JOIN reference.discharge_disposition AS disposition
    ON disposition.disposition_code = e.discharge_disposition
  LEFT JOIN reference.drg_family AS drg
    ON drg.drg_code = e.drg_code
  LEFT JOIN reference.age_band AS band
    ON band.scheme = 'decade' AND band.band_label = e.age_band_label
), encounter_count AS (
  SELECT
    source_system,
    COUNT(*) AS n_encounters,
    SUM(is_zero_claim) AS n_zero_claim,
    SUM(is_overpaid) AS n_overpaid,
    SUM(is_of_the_dead) AS n_of_the_dead,
    SUM(is_after_death) AS n_after_death,
    SUM(stops_after_death) AS n_stops_after_death,
    SUM(is_negative_duration) AS n_negative_duration,
    COUNT(class_code) AS n_class,
    COUNT(unknown_class) AS n_unknown_class,
    COUNT(discharge_disposition) AS n_disposition,
    COUNT(unknown_disposition) AS n_unknown_disposition,
    COUNT(drg_code) AS n_drg,
    COUNT(unknown_drg) AS n_unknown_drg,
    COUNT(age_band_label) AS n_age_band,
    COUNT(unknown_age_band) AS n_unknown_age_band,
    COUNT(CASE WHEN NOT stay_days IS NULL THEN icu_days END) AS n_icu_days,
    COUNT(CASE WHEN icu_days > stay_days AND icu_days > 1 THEN 1 END) AS n_icu_beyond_stay, /* A stay of one day has a day, though no night. */
    COUNT(readmitted_from_hospice) AS n_to_hospice,
    COUNT(CASE WHEN readmitted_from_hospice = 1 THEN 1 END) AS n_back_from_hospice
  FROM judged_encounter
  GROUP BY
    1
), encounter_check AS (
  SELECT
    source_system,
    'claim of 0' AS check_name,
    n_zero_claim AS n_failing,
    n_encounters AS n_checked
  FROM encounter_count
  UNION ALL
  SELECT
    source_system,
    'paid more than claimed',
    n_overpaid,
    n_encounters
  FROM encounter_count
  UNION ALL
  SELECT
    source_system,
    'starts after death',
    n_after_death,
    n_of_the_dead
  FROM encounter_count
  UNION ALL
  SELECT
    source_system,
    'stops after death',
    n_stops_after_death,
    n_of_the_dead
  FROM encounter_count
  UNION ALL
  SELECT
    source_system,
    'stops before it starts',
    n_negative_duration,
    n_encounters
  FROM encounter_count
  UNION ALL
  SELECT
    source_system,
    'class unknown',
    n_unknown_class,
    n_class
  FROM encounter_count
  UNION ALL
  SELECT
    source_system,
    'disposition unknown',
    n_unknown_disposition,
    n_disposition
  FROM encounter_count
  UNION ALL
  SELECT
    source_system,
    'DRG without a family',
    n_unknown_drg,
    n_drg
  FROM encounter_count
  UNION ALL
  SELECT
    source_system,
    'age band unknown',
    n_unknown_age_band,
    n_age_band
  FROM encounter_count
  UNION ALL
  SELECT
    source_system,
    'ICU days beyond the stay',
    n_icu_beyond_stay,
    n_icu_days
  FROM encounter_count
  UNION ALL
  SELECT
    source_system,
    'readmitted from hospice',
    n_back_from_hospice,
    n_to_hospice
  FROM encounter_count
  UNION ALL
  /* Days at the end of the 30 on which nobody of a hundred returns: (29 / 30) ^ 100 is 3 %. */
  SELECT
    source_system,
    'return days end before day 30',
    CASE WHEN n_returns >= 100 THEN GREATEST(30 - last_day, 0) ELSE 0 END,
    CASE WHEN n_returns >= 100 THEN 30 ELSE 0 END
  FROM encounter_return
), procedure_count AS (
  SELECT
    p.source_system,
    COUNT(*) AS n_procedures,
    COUNT(CASE WHEN e.encounter_id IS NULL THEN 1 END) AS n_without_encounter,
    COUNT(CASE WHEN p.stop_ts > e.stop_ts THEN 1 END) AS n_ends_later,
    COUNT(CASE WHEN p.ordinal > 1 THEN 1 END) AS n_repeats,
    COUNT(CASE WHEN t.procedure_family IS NULL THEN 1 END) AS n_without_category
  FROM input.procedure AS p
  LEFT JOIN core.int_encounter AS e
    ON e.source_system = p.source_system AND e.encounter_id = p.encounter_id
  LEFT JOIN core.int_procedure_type AS t
    ON t.code_system = p.code_system
    AND t.procedure_code = p.code
    AND t.procedure_description = COALESCE(p.text, '(no description)')
  GROUP BY
    1
), coded_value AS (
  /* What is coded, of all input tables: a row per feed, column and code. */
  SELECT
    source_system,
    'input.condition' AS source_table,
    'code' AS coded,
    1 AS is_diagnosis,
    code_system,
    code,
    COUNT(*) AS n_rows
  FROM input.condition
  WHERE
    code_system <> 'none'
  GROUP BY
    1,
    5,
    6
  UNION ALL
  SELECT
    source_system,
    'input.encounter',
    'reason',
    1,
    reason_code_system,
    reason_code,
    COUNT(*)
  FROM input.encounter
  WHERE
    NOT reason_code IS NULL
  GROUP BY
    1,
    5,
    6
  UNION ALL
  SELECT
    source_system,
    'input.encounter',
    'type',
    0,
    type_code_system,
    type_code,
    COUNT(*)
  FROM input.encounter
  WHERE
    NOT type_code IS NULL
  GROUP BY
    1,
    5,
    6
  UNION ALL
  SELECT
    source_system,
    'input.procedure',
    'code',
    0,
    code_system,
    code,
    COUNT(*)
  FROM input.procedure
  WHERE
    NOT code IS NULL
  GROUP BY
    1,
    5,
    6
  UNION ALL
  SELECT
    source_system,
    'input.procedure',
    'reason',
    1,
    reason_code_system,
    reason_code,
    COUNT(*)
  FROM input.procedure
  WHERE
    NOT reason_code IS NULL
  GROUP BY
    1,
    5,
    6
  UNION ALL
  SELECT
    source_system,
    'input.medication',
    'code',
    0,
    code_system,
    code,
    COUNT(*)
  FROM input.medication
  WHERE
    NOT code IS NULL
  GROUP BY
    1,
    5,
    6
  UNION ALL
  SELECT
    source_system,
    'input.medication',
    'indication',
    1,
    indication_code_system,
    indication_code,
    COUNT(*)
  FROM input.medication
  WHERE
    NOT indication_code IS NULL
  GROUP BY
    1,
    5,
    6
  UNION ALL
  SELECT
    source_system,
    'input.lab_result',
    'code',
    0,
    code_system,
    code,
    COUNT(*)
  FROM input.lab_result
  WHERE
    NOT code IS NULL
  GROUP BY
    1,
    5,
    6
), charlson_list AS (
  SELECT
    code_system
  FROM reference.charlson
  GROUP BY
    1
), code_count AS (
  SELECT
    v.source_system,
    v.source_table,
    v.coded,
    v.is_diagnosis,
    SUM(v.n_rows) AS n_coded,
    SUM(CASE WHEN s.code_system IS NULL THEN v.n_rows ELSE 0 END) AS n_without_system,
    SUM(CASE WHEN NOT REGEXP_MATCHES(v.code, s.code_pattern) THEN v.n_rows ELSE 0 END) AS n_malformed,
    SUM(
      CASE
        WHEN charlson_list.code_system IS NULL OR NOT REGEXP_MATCHES(v.code, s.code_pattern)
        THEN v.n_rows
        ELSE 0
      END
    ) AS n_unread,
    SUM(CASE WHEN chronicity.code IS NULL THEN v.n_rows ELSE 0 END) AS n_without_chronicity
  FROM coded_value AS v
  LEFT JOIN reference.code_system AS s
    ON s.code_system = v.code_system
  LEFT JOIN charlson_list
    ON charlson_list.code_system = v.code_system
  LEFT JOIN reference.condition_chronicity AS chronicity
    ON chronicity.code_system = v.code_system AND chronicity.code = v.code
  GROUP BY
    1,
    2,
    3,
    4
), code_check AS (
  SELECT
    source_system,
    source_table,
    coded || ' without a code system' AS check_name,
    n_without_system AS n_failing,
    n_coded AS n_checked
  FROM code_count
  UNION ALL
  SELECT
    source_system,
    source_table,
    coded || ' without the form of its system',
    n_malformed,
    n_coded - n_without_system
  FROM code_count
  UNION ALL
  SELECT
    source_system,
    source_table,
    coded || ' without chronicity',
    n_without_chronicity,
    n_coded
  FROM code_count
  WHERE
    is_diagnosis = 1
  UNION ALL
  SELECT
    source_system,
    source_table,
    coded || ' that no Charlson list reads',
    n_unread,
    n_coded
  FROM code_count
  WHERE
    is_diagnosis = 1
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
    *
  FROM code_check
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
    source_system,
    'input.procedure',
    'encounter unknown',
    n_without_encounter,
    n_procedures
  FROM procedure_count
  UNION ALL
  SELECT
    source_system,
    'input.procedure',
    'ends after its encounter',
    n_ends_later,
    n_procedures
  FROM procedure_count
  UNION ALL
  SELECT
    source_system,
    'input.procedure',
    'repeats another row',
    n_repeats,
    n_procedures
  FROM procedure_count
  UNION ALL
  SELECT
    source_system,
    'input.procedure',
    'procedure without category',
    n_without_category,
    n_procedures
  FROM procedure_count
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
  COALESCE(
    known.note,
    'The column has no value in these rows: NULL in the star, and quarantine where the contract requires one.'
  )::TEXT AS note
FROM checked AS q
LEFT JOIN reference.quality_check AS known
  ON known.check_name = q.check_name
