-- SPDX-License-Identifier: Apache-2.0
-- The ten highest bids of each auction.
SET 'sql.dialect' = 'flink';
SET 'state.unbounded' = 'allow';
CREATE TABLE bid (
  `auction` BIGINT NOT NULL, `bidder` BIGINT NOT NULL, `price` BIGINT NOT NULL, `channel` VARCHAR,
  `url` VARCHAR, `dateTime` TIMESTAMP(3), `extra` VARCHAR,
  WATERMARK FOR `dateTime` AS `dateTime` - INTERVAL '4' SECOND
) WITH ('connector' = 'nexmark', 'table' = 'bid', 'events' = '20000');
CREATE TABLE sink (
  auction BIGINT, bidder BIGINT, price BIGINT, channel VARCHAR, url VARCHAR, `dateTime` TIMESTAMP(3), extra VARCHAR, rank_number BIGINT
) WITH ('connector' = 'blackhole', 'changes' = 'log');
INSERT INTO sink
SELECT * FROM
(SELECT *, ROW_NUMBER() OVER (PARTITION BY auction ORDER BY price DESC) AS rank_number FROM bid)
WHERE rank_number <= 10;
