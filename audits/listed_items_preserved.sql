AUDIT (
  name listed_items_preserved
);

/* LIST_EXTRACT, not codes[place]: SQLMesh renders the bracket with an index one too high. */ /* Each visit has as many rows as its lists have distinct items, counted here by other means: no item is lost, doubled or made up. */
WITH listed AS (
  SELECT
    source_system,
    record_number,
    LIST_CONCAT([primary_icd10], COALESCE(STR_SPLIT(secondary_icd10s, '|'), [])) AS codes,
    LIST_CONCAT([primary_diagnosis], COALESCE(STR_SPLIT(secondary_diagnoses, '|'), [])) AS labels
  FROM @source
), numbered AS (
  SELECT
    source_system,
    record_number,
    codes,
    labels,
    UNNEST(GENERATE_SERIES(1, GREATEST(LENGTH(codes), LENGTH(labels)))) AS place
  FROM listed
), counted AS (
  SELECT
    n.source_system,
    n.record_number,
    COUNT(
      DISTINCT LOWER(
        COALESCE(
          CASE
            WHEN m.marker IS NULL
            THEN NULLIF(TRIM(LIST_EXTRACT(n.codes, n.place)), '')
          END,
          'text ' || NULLIF(TRIM(LIST_EXTRACT(n.labels, n.place)), ''),
          m.marker
        )
      )
    ) AS items
  FROM numbered AS n
  LEFT JOIN reference.no_diagnosis_marker AS m
    ON m.marker = LOWER(TRIM(LIST_EXTRACT(n.codes, n.place)))
  GROUP BY
    1,
    2
), built AS (
  SELECT
    source_system,
    record_number,
    COUNT(*) AS items
  FROM @this_model
  GROUP BY
    1,
    2
)
SELECT
  c.source_system,
  c.record_number,
  c.items AS listed_items,
  b.items AS built_items
FROM counted AS c
FULL JOIN built AS b
  ON b.source_system = c.source_system AND b.record_number = c.record_number
WHERE
  COALESCE(c.items, 0) <> COALESCE(b.items, 0)
