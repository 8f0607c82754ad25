-- Tables whose rows change, and what is unique in what follows from them.
CREATE TABLE account (id INT, owner STRING, PRIMARY KEY (id) NOT ENFORCED)
  WITH ('connector' = 'x', 'changes' = 'upsert');
CREATE TABLE payment (account INT, amount INT) WITH ('connector' = 'x', 'changes' = 'retract');

SELECT owner, sum(amount) FROM payment JOIN account ON account = id GROUP BY owner;
SELECT id, upper(owner) FROM account WHERE owner <> 'x';
