-- Conditions sink to the sources, below what needs no row that they drop.
CREATE TABLE bid (auction BIGINT, bidder BIGINT, price BIGINT, at TIMESTAMP(3),
  WATERMARK FOR at AS at - INTERVAL '4' SECOND) WITH ('connector' = 'x');
CREATE TABLE auction (id BIGINT, seller BIGINT, category INT) WITH ('connector' = 'x');

CREATE VIEW sold AS SELECT b.*, a.seller, a.category FROM bid b JOIN auction a ON b.auction = a.id;
CREATE VIEW per_auction AS SELECT auction, count(*) n, max(price) top FROM bid GROUP BY auction;
CREATE VIEW missing AS SELECT b.auction, b.price, a.seller FROM bid b LEFT JOIN auction a ON b.auction = a.id;

SELECT price FROM sold WHERE category = 3 AND price > 10 AND price > seller;
SELECT * FROM per_auction WHERE auction > 5 AND n > 1;
SELECT * FROM missing WHERE price > 1 AND seller = 2;
SELECT * FROM (SELECT auction k FROM bid UNION ALL SELECT id FROM auction) u WHERE k < 9;
SELECT window_start, auction, count(*) FROM TUMBLE(bid, at, INTERVAL '10' SECOND)
  WHERE price > 7 GROUP BY window_start, window_end, auction;
