-- Tables of a model that belong to another role than the model. What that role puts into indexes, constraints and policies would run
-- with the rights of the model's owner, who reads them, so such a table is refused, unless its owner has all these rights anyway.
\set VERBOSITY terse
CREATE ROLE owners_victim;
CREATE ROLE owners_mallory;
CREATE SCHEMA owners AUTHORIZATION owners_victim;
GRANT ALL ON SCHEMA owners TO owners_mallory;
SET search_path = owners, public;
SET ROLE owners_victim;
CREATE TABLE sales (user_id integer, item_id integer, t integer, PRIMARY KEY (user_id, t)) PARTITION BY RANGE (user_id);
CREATE TABLE sales_1 PARTITION OF sales FOR VALUES FROM (0) TO (4);
CREATE TABLE sales_2 PARTITION OF sales FOR VALUES FROM (4) TO (1000);
INSERT INTO sales SELECT u, 1 + (u * 5 + n * n) % 12, n FROM generate_series(1, 6) u, generate_series(1, 6) n;
CREATE TABLE goods (item_id integer PRIMARY KEY, genre text);
INSERT INTO goods SELECT i, 'genre ' || i % 3 FROM generate_series(1, 12) i;
CREATE FUNCTION make(model text, sales regclass, goods regclass) RETURNS void LANGUAGE sql AS
    $$ SELECT holomamba.create_model(model, sales, 'user_id', 'item_id', '{t}', goods, 'item_id', '{genre}',
                                     '{"dimension": 8, "layers": 1, "state_size": 2, "epochs": 1, "threads": 1}') $$;

-- What she would have run by others: it is only to be reached by roles that are not hers
RESET ROLE;
SET ROLE owners_mallory;
CREATE SEQUENCE calls;
GRANT ALL ON calls TO PUBLIC;
CREATE FUNCTION called() RETURNS integer LANGUAGE plpgsql AS
    $$ BEGIN IF current_user <> 'owners_mallory' THEN PERFORM nextval('owners.calls'); END IF; RETURN 1; END $$;
CREATE FUNCTION planned(integer) RETURNS integer LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN EXECUTE 'SELECT owners.called()'; RETURN 1; END $$;
CREATE TABLE hers (item_id integer PRIMARY KEY, genre text);
INSERT INTO hers VALUES (1, 'genre 1');
CREATE INDEX ON hers (genre) WHERE planned(1) > 0;
CREATE TABLE her_sales (user_id integer NOT NULL, item_id integer, t integer NOT NULL, PRIMARY KEY (user_id, t));
GRANT SELECT ON hers, her_sales TO owners_victim;
RESET ROLE;

-- Declared
SELECT make('owned', 'sales', 'hers');
\set VERBOSITY default
SELECT make('owned', 'sales', 'hers');
CREATE TABLE theirs (LIKE sales);
CREATE INDEX ON theirs (user_id);
SELECT make('owned', 'theirs', 'hers');
\set VERBOSITY terse
ALTER TABLE sales_2 OWNER TO owners_mallory;
SELECT make('owned', 'sales', 'goods');
ALTER TABLE sales_2 OWNER TO owners_victim;
-- A superuser's table, and one of a role that has all rights of the model's owner
ALTER TABLE goods OWNER TO CURRENT_USER;
GRANT SELECT ON goods TO owners_victim;
SELECT make('owned', 'sales', 'goods');
SET client_min_messages = warning;
SELECT holomamba.drop_model('owned');
GRANT owners_victim TO owners_mallory;
SELECT make('owned', 'sales', 'hers');
SELECT holomamba.drop_model('owned');
REVOKE owners_victim FROM owners_mallory;
ALTER TABLE goods OWNER TO owners_victim;

-- Changed
SELECT make('owned', 'sales', 'goods');
CALL holomamba.train('owned');
SELECT holomamba.change_items('owned', 'hers');
SELECT holomamba.change_interactions('owned', 'her_sales');
RESET client_min_messages;

-- A part that joins
ALTER TABLE her_sales ADD CHECK (user_id >= 1000 AND planned(2) > 0);
ALTER TABLE sales ATTACH PARTITION her_sales FOR VALUES FROM (1000) TO (2000);
ALTER SEQUENCE calls RESTART;

-- Items that are given away: the model goes on, for the events alone
INSERT INTO sales VALUES (1, 2, 100), (5, 2, 100);
INSERT INTO goods VALUES (13, 'genre 1');
ALTER TABLE goods OWNER TO owners_mallory;
SET ROLE owners_mallory;
CREATE INDEX ON goods (genre) WHERE planned(3) > 0;
ALTER TABLE goods ADD CONSTRAINT planned CHECK (planned(4) > 0 AND item_id IS NOT NULL);
CREATE POLICY p ON goods USING (called() > 0);
ALTER TABLE goods ENABLE ROW LEVEL SECURITY;
SET constraint_exclusion = on;
INSERT INTO goods VALUES (14, 'genre 1');
UPDATE goods SET genre = 'genre 2' WHERE item_id = 13;
DELETE FROM goods WHERE item_id = 13;
TRUNCATE goods;
CREATE TABLE more () INHERITS (goods);
RESET constraint_exclusion;
RESET ROLE;
SET ROLE owners_victim;
CALL holomamba.train('owned');
SELECT holomamba.activate('owned', 1);
SELECT holomamba.rebuild_state('owned');
SELECT count(*) FROM holomamba.describe_items('owned', 1, '{1}');
SELECT count(*) FROM holomamba.check_state('owned');
INSERT INTO sales VALUES (1, 3, 101), (5, 3, 101);
RESET ROLE;
SELECT is_called FROM calls;
\set VERBOSITY default
ALTER TABLE goods OWNER TO owners_victim;
\set VERBOSITY terse
DROP POLICY p ON goods;
ALTER TABLE goods DISABLE ROW LEVEL SECURITY;
DROP INDEX goods_genre_idx;
ALTER TABLE goods DROP CONSTRAINT planned;
INSERT INTO goods VALUES (15, 'genre 1');
SELECT count(*) FROM holomamba.check_state('owned');

-- A part that is given away, by commands that the event trigger hears of, and by one that it does not
ALTER TABLE sales_2 OWNER TO owners_mallory;
INSERT INTO sales VALUES (1, 4, 102);
ALTER TABLE sales_2 OWNER TO owners_victim;
INSERT INTO sales VALUES (1, 4, 102), (5, 4, 102);
CREATE ROLE owners_passing;
GRANT ALL ON SCHEMA owners TO owners_passing;
GRANT owners_victim TO owners_passing;
ALTER TABLE sales_2 OWNER TO owners_passing;
INSERT INTO sales VALUES (1, 5, 103), (5, 5, 103);
REASSIGN OWNED BY owners_passing TO owners_mallory;
SET ROLE owners_mallory;
CREATE INDEX ON sales_2 (item_id) WHERE planned(5) > 0;
INSERT INTO sales_2 VALUES (5, 3, 104);
UPDATE sales_2 SET item_id = 2 WHERE user_id = 6 AND t = 2;
DELETE FROM sales_2 WHERE user_id = 5 AND t = 3;
TRUNCATE sales_2;
RESET ROLE;
INSERT INTO sales VALUES (1, 6, 105);
SELECT holomamba.rebuild_state('owned');
SELECT is_called FROM calls;
REASSIGN OWNED BY owners_mallory TO owners_victim;
DROP INDEX sales_2_item_id_idx;
INSERT INTO sales VALUES (1, 6, 105), (5, 6, 105);
SELECT count(*) FROM holomamba.check_state('owned');

SET client_min_messages = warning;
SELECT holomamba.drop_model('owned');
DROP SCHEMA owners CASCADE;
DROP OWNED BY owners_passing, owners_victim, owners_mallory;
DROP ROLE owners_passing;
DROP ROLE owners_victim;
DROP ROLE owners_mallory;
