-- SPDX-License-Identifier: Apache-2.0
-- Bids with a value that a small table has for them.
CREATE TABLE bid (
  auction BIGINT NOT NULL, bidder BIGINT NOT NULL, price BIGINT NOT NULL, channel STRING,
  url STRING, dateTime TIMESTAMP(3), extra STRING,
  WATERMARK FOR dateTime AS dateTime - INTERVAL '4' SECOND
) WITH ('connector' = 'nexmark', 'table' = 'bid', 'events' = '100000');
CREATE TEMPORARY VIEW side_input (id, val) AS
  SELECT * FROM (VALUES (0, 'zero'), (1, 'one'), (2, 'two'), (3, 'three'), (4, 'four'));
SET 'state.unbounded' = 'allow';
SELECT B.auction, B.bidder, B.price, B.dateTime, S.val
FROM bid B JOIN side_input AS S ON MOD(B.auction, 5) = S.id;
