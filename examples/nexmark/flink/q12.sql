-- SPDX-License-Identifier: Apache-2.0
-- Bids of a person per ten seconds of processing time.
SET 'sql.dialect' = 'flink';
CREATE TABLE bid (
  `auction` BIGINT NOT NULL, `bidder` BIGINT NOT NULL, `price` BIGINT NOT NULL, `channel` VARCHAR,
  `url` VARCHAR, `dateTime` TIMESTAMP(3), `extra` VARCHAR,
  `p_time` AS PROCTIME(),
  WATERMARK FOR `dateTime` AS `dateTime` - INTERVAL '4' SECOND
) WITH ('connector' = 'nexmark', 'table' = 'bid', 'events' = '20000');
CREATE TABLE sink (
  bidder BIGINT, bid_count BIGINT, starttime TIMESTAMP(3), endtime TIMESTAMP(3)
) WITH ('connector' = 'blackhole');
INSERT INTO sink
SELECT bidder, count(*) AS bid_count, window_start AS starttime, window_end AS endtime
FROM TABLE(TUMBLE(TABLE bid, DESCRIPTOR(p_time), INTERVAL '10' SECOND))
GROUP BY bidder, window_start, window_end;
