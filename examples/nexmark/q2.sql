-- SPDX-License-Identifier: Apache-2.0
-- Bids of some auctions.
CREATE TABLE bid (
  auction BIGINT NOT NULL, bidder BIGINT NOT NULL, price BIGINT NOT NULL, channel STRING,
  url STRING, dateTime TIMESTAMP(3), extra STRING,
  WATERMARK FOR dateTime AS dateTime - INTERVAL '4' SECOND
) WITH ('connector' = 'nexmark', 'table' = 'bid', 'events' = '100000');
SELECT auction, price FROM bid WHERE MOD(auction, 123) = 0;
