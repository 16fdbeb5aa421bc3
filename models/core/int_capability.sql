/* One row per feed and capability: whether the feed delivers it. */
MODEL (
  name core.int_capability,
  kind FULL,
  grain (source_system, capability),
  audits (
    unique_grain(columns := (source_system, capability)),
    not_null(columns := (source_system, capability, sentence, evidence_rows, is_delivered))
  ),
  description 'What each feed delivers in its current delivery, counted from its rows. A metric that requires what a feed does not deliver is not_computable for it, and mart_kpi names the missing input.',
  column_descriptions (
    source_system = 'Feed.',
    capability = 'Code of the capability; metrics require it (dim_metric, requires).',
    sentence = 'What it is.',
    evidence_rows = 'Number of rows, or of values, that show it.',
    is_delivered = '1 where there is at least one, else 0.'
  )
);

WITH input_evidence AS (
  @CAPABILITY_EVIDENCE()
), class_count AS (
  SELECT
    e.source_system,
    COUNT(CASE WHEN class.is_acute_inpatient = 1 THEN 1 END) AS inpatient_stays,
    COUNT(CASE WHEN class.class_group = 'emergency' THEN 1 END) AS ed_visits,
    COUNT(
      CASE
        WHEN NOT e.class_code IS NULL AND COALESCE(class.is_acute_inpatient, 0) = 0
        THEN 1
      END
    ) AS classes_beyond_inpatient,
    CASE
      WHEN COUNT(
        DISTINCT CASE
          WHEN class.class_group IN ('ambulatory', 'outpatient', 'urgent')
          THEN class.class_code
        END
      ) > 1
      THEN COUNT(CASE WHEN class.class_group IN ('ambulatory', 'outpatient', 'urgent') THEN 1 END)
      ELSE 0
    END AS outpatient_classes /* One class for all of them, as HL7 has AMB, tells none from another. */
  FROM core.int_encounter AS e
  LEFT JOIN reference.encounter_class AS class
    ON class.class_code = e.class_code
  GROUP BY
    1
), evidence AS (
  SELECT
    source_system,
    capability,
    evidence_rows
  FROM input_evidence
  UNION ALL
  SELECT
    source_system,
    'inpatient_stays',
    inpatient_stays
  FROM class_count
  UNION ALL
  SELECT
    source_system,
    'ed_visits',
    ed_visits
  FROM class_count
  UNION ALL
  SELECT
    source_system,
    'classes_beyond_inpatient',
    classes_beyond_inpatient
  FROM class_count
  UNION ALL
  SELECT
    source_system,
    'outpatient_classes',
    outpatient_classes
  FROM class_count
), shown AS (
  SELECT
    source_system,
    capability,
    SUM(evidence_rows) AS evidence_rows
  FROM evidence
  GROUP BY
    1,
    2
)
SELECT
  f.source_system::TEXT AS source_system,
  c.capability::TEXT AS capability,
  c.sentence::TEXT AS sentence,
  COALESCE(s.evidence_rows, 0)::BIGINT AS evidence_rows, /* A feed without a row in the table has none that shows it. */
  CASE WHEN s.evidence_rows > 0 THEN 1 ELSE 0 END::SMALLINT AS is_delivered
FROM core.int_feed AS f
CROSS JOIN reference.capability AS c
LEFT JOIN shown AS s
  ON s.source_system = f.source_system AND s.capability = c.capability
