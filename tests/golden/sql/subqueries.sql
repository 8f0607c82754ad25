-- Subqueries as joins: by the value that a condition gives, by all outer values where none does.
CREATE TABLE part (p_key INT, p_size INT) WITH ('connector' = 'x');
CREATE TABLE supply (s_part INT, s_cost INT) WITH ('connector' = 'x');

SELECT p_key FROM part WHERE p_size IN (SELECT s_cost FROM supply);
SELECT p_key FROM part WHERE p_size NOT IN (SELECT s_cost FROM supply);
SELECT p_key FROM part WHERE EXISTS (SELECT 1 FROM supply WHERE s_part = p_key AND s_cost > p_size);
SELECT p_key, (SELECT min(s_cost) FROM supply WHERE s_part = p_key) FROM part;
SELECT p_key, (SELECT count(*) FROM supply WHERE s_cost < p_size) FROM part;
SELECT p_key, x.s_cost FROM part, LATERAL (SELECT s_cost FROM supply WHERE s_part = p_key
  ORDER BY s_cost LIMIT 1) x;
