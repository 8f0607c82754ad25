-- SPDX-License-Identifier: Apache-2.0
-- Which auctions had the most bids in the last ten seconds.
SET 'sql.dialect' = 'flink';
CREATE TABLE bid (
  `auction` BIGINT NOT NULL, `bidder` BIGINT NOT NULL, `price` BIGINT NOT NULL, `channel` VARCHAR,
  `url` VARCHAR, `dateTime` TIMESTAMP(3), `extra` VARCHAR,
  WATERMARK FOR `dateTime` AS `dateTime` - INTERVAL '4' SECOND
) WITH ('connector' = 'nexmark', 'table' = 'bid', 'events' = '20000');
CREATE TABLE sink (
  auction BIGINT, num BIGINT
) WITH ('connector' = 'blackhole');
INSERT INTO sink
SELECT AuctionBids.auction, AuctionBids.num
FROM (SELECT auction, count(*) AS num, window_start AS starttime, window_end AS endtime
      FROM TABLE(HOP(TABLE bid, DESCRIPTOR(`dateTime`), INTERVAL '2' SECOND, INTERVAL '10' SECOND))
      GROUP BY auction, window_start, window_end) AS AuctionBids
JOIN (SELECT max(CountBids.num) AS maxn, CountBids.starttime, CountBids.endtime
      FROM (SELECT count(*) AS num, window_start AS starttime, window_end AS endtime
            FROM TABLE(HOP(TABLE bid, DESCRIPTOR(`dateTime`), INTERVAL '2' SECOND, INTERVAL '10' SECOND))
            GROUP BY auction, window_start, window_end) AS CountBids
      GROUP BY CountBids.starttime, CountBids.endtime) AS MaxBids
  ON AuctionBids.starttime = MaxBids.starttime AND AuctionBids.endtime = MaxBids.endtime
     AND AuctionBids.num >= MaxBids.maxn;
