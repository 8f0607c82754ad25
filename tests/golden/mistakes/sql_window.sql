-- A window over something that is not the event time.
CREATE TABLE clicks (user_id STRING, n BIGINT, at TIMESTAMP(3), WATERMARK FOR at AS at - INTERVAL '5' SECOND)
  WITH ('connector' = 'file', 'path' = 'clicks.jsonl', 'format' = 'json');
CREATE TABLE out_t (user_id STRING, n BIGINT) WITH ('connector' = 'file', 'path' = 'out', 'format' = 'json');
INSERT INTO out_t SELECT user_id, count(*) FROM TABLE(TUMBLE(TABLE clicks, DESCRIPTOR(n), INTERVAL '1' MINUTE)) GROUP BY user_id, window_start, window_end;
