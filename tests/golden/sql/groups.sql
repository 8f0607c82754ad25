-- Grouping sets, windows over groups, ranks as Top-N, DISTINCT ON.
CREATE TABLE bid (auction BIGINT, bidder BIGINT, price BIGINT, at TIMESTAMP(3),
  WATERMARK FOR at AS at) WITH ('connector' = 'x');

SELECT auction, bidder, sum(price), grouping(auction, bidder) FROM bid GROUP BY ROLLUP (auction, bidder);
SELECT auction, sum(price) s, rank() OVER (ORDER BY sum(price) DESC) FROM bid GROUP BY auction;
SELECT auction, price FROM (SELECT *, row_number() OVER (PARTITION BY auction ORDER BY price DESC) r
  FROM bid) x WHERE r <= 3;
SELECT DISTINCT ON (auction) auction, bidder FROM bid ORDER BY auction, price DESC;
SELECT date_trunc('hour', at) h, count(*) FROM bid GROUP BY date_trunc('hour', at);
