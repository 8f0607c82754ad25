-- A type that does not exist.
CREATE TABLE a (x BIGINTT, y DECIMAL(99, 2)) WITH ('connector' = 'file', 'path' = 'x');
SELECT * FROM a;
