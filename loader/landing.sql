CREATE SCHEMA IF NOT EXISTS landing;
CREATE TABLE IF NOT EXISTS landing.file (      -- one row per file landed
  landed_table VARCHAR, file_name VARCHAR, sha256 VARCHAR, bytes BIGINT, rows_in BIGINT, rows_landed BIGINT,
  rows_rejected BIGINT, blank_lines BIGINT, first_record BIGINT, unknown_columns VARCHAR[], landed_at TIMESTAMP
);
CREATE TABLE IF NOT EXISTS landing.reject (    -- one row per delivered row that does not fit its table
  landed_table VARCHAR, file_name VARCHAR, line BIGINT, raw_text VARCHAR, reason VARCHAR
);
ALTER TABLE landing.file ADD COLUMN IF NOT EXISTS read_as VARCHAR[];
