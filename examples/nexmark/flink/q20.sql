-- SPDX-License-Identifier: Apache-2.0
-- Bids with their auction, of one category.
SET 'sql.dialect' = 'flink';
SET 'state.unbounded' = 'allow';
CREATE TABLE auction (
  `id` BIGINT NOT NULL, `itemName` VARCHAR, `description` VARCHAR, `initialBid` BIGINT, `reserve` BIGINT,
  `dateTime` TIMESTAMP(3), `expires` TIMESTAMP(3), `seller` BIGINT, `category` BIGINT, `extra` VARCHAR,
  WATERMARK FOR `dateTime` AS `dateTime` - INTERVAL '4' SECOND
) WITH ('connector' = 'nexmark', 'table' = 'auction', 'events' = '20000');
CREATE TABLE bid (
  `auction` BIGINT NOT NULL, `bidder` BIGINT NOT NULL, `price` BIGINT NOT NULL, `channel` VARCHAR,
  `url` VARCHAR, `dateTime` TIMESTAMP(3), `extra` VARCHAR,
  WATERMARK FOR `dateTime` AS `dateTime` - INTERVAL '4' SECOND
) WITH ('connector' = 'nexmark', 'table' = 'bid', 'events' = '20000');
CREATE TABLE sink (
  auction BIGINT, bidder BIGINT, price BIGINT, itemName VARCHAR, seller BIGINT, category BIGINT
) WITH ('connector' = 'blackhole');
INSERT INTO sink
SELECT auction, bidder, price, itemName, seller, category
FROM bid AS B INNER JOIN auction AS A ON B.auction = A.id
WHERE A.category = 10;
