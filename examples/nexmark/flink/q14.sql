-- SPDX-License-Identifier: Apache-2.0
-- Bids by the time of the day.
SET 'sql.dialect' = 'flink';
CREATE TABLE bid (
  `auction` BIGINT NOT NULL, `bidder` BIGINT NOT NULL, `price` BIGINT NOT NULL, `channel` VARCHAR,
  `url` VARCHAR, `dateTime` TIMESTAMP(3), `extra` VARCHAR,
  WATERMARK FOR `dateTime` AS `dateTime` - INTERVAL '4' SECOND
) WITH ('connector' = 'nexmark', 'table' = 'bid', 'events' = '20000');
CREATE TABLE sink (
  auction BIGINT, bidder BIGINT, price DECIMAL(23, 3), bidTimeType VARCHAR, `dateTime` TIMESTAMP(3), extra VARCHAR
) WITH ('connector' = 'blackhole');
INSERT INTO sink
SELECT auction, bidder, 0.908 * price AS price,
       CASE WHEN EXTRACT(HOUR FROM `dateTime`) >= 8 AND EXTRACT(HOUR FROM `dateTime`) <= 18 THEN 'dayTime'
            WHEN EXTRACT(HOUR FROM `dateTime`) <= 6 OR EXTRACT(HOUR FROM `dateTime`) >= 20 THEN 'nightTime'
            ELSE 'otherTime' END AS bidTimeType, `dateTime`, extra
FROM bid
WHERE 0.908 * price > 1000000 AND 0.908 * price < 50000000;
