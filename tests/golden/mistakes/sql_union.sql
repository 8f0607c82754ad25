-- Arms of a union with other columns.
CREATE TABLE clicks (user_id STRING, n BIGINT, at TIMESTAMP(3), WATERMARK FOR at AS at - INTERVAL '5' SECOND)
  WITH ('connector' = 'file', 'path' = 'clicks.jsonl', 'format' = 'json');
CREATE TABLE out_t (user_id STRING, n BIGINT) WITH ('connector' = 'file', 'path' = 'out', 'format' = 'json');
INSERT INTO out_t SELECT user_id, n FROM clicks UNION ALL SELECT user_id FROM clicks;
