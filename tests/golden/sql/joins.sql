-- Several tables: an order with a condition for every join; times and windows that bound it.
CREATE TABLE a (k INT, at TIMESTAMP(3), WATERMARK FOR at AS at) WITH ('connector' = 'x');
CREATE TABLE b (k INT, v INT, at TIMESTAMP(3), WATERMARK FOR at AS at) WITH ('connector' = 'x');
CREATE TABLE c (v INT, name STRING) WITH ('connector' = 'x');

SELECT a.k, c.name FROM a, c, b WHERE a.k = b.k AND b.v = c.v;
SELECT a.k, b.v FROM a JOIN b ON a.k = b.k AND b.at BETWEEN a.at - INTERVAL '5' SECOND AND a.at;
SELECT l.k, r.v FROM TUMBLE(a, at, INTERVAL '10' SECOND) l
  JOIN TUMBLE(b, at, INTERVAL '10' SECOND) r ON l.k = r.k AND l.window_start = r.window_start
   AND l.window_end = r.window_end;
SELECT * FROM a NATURAL LEFT JOIN b;
SELECT a.k, n FROM a, generate_series(1, a.k) n;
