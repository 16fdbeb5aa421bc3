/* One row per resource of a file, which has one on each line, or per element of one of its arrays: the values that a contract's paths name. */
SELECT {values}
FROM (
  SELECT resource, unnest(elements) AS element, generate_subscripts(elements, 1) AS place
  FROM (
    SELECT json AS resource, {elements} AS elements
    FROM read_ndjson_objects(?, maximum_object_size = {longest})
  )
)
