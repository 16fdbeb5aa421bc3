/* One row: how many resources a file holds, one on each line, and how many rows a contract takes out of them. */
SELECT count(*), coalesce(sum({elements}), 0)::BIGINT
FROM read_ndjson_objects(?, maximum_object_size = {longest})
