-- SPDX-License-Identifier: Apache-2.0
-- Bids on some auctions.
SET 'sql.dialect' = 'flink';
CREATE TABLE bid (
  `auction` BIGINT NOT NULL, `bidder` BIGINT NOT NULL, `price` BIGINT NOT NULL, `channel` VARCHAR,
  `url` VARCHAR, `dateTime` TIMESTAMP(3), `extra` VARCHAR,
  WATERMARK FOR `dateTime` AS `dateTime` - INTERVAL '4' SECOND
) WITH ('connector' = 'nexmark', 'table' = 'bid', 'events' = '20000');
CREATE TABLE sink (
  auction BIGINT, price BIGINT
) WITH ('connector' = 'blackhole');
INSERT INTO sink
SELECT auction, price FROM bid WHERE MOD(auction, 123) = 0;
