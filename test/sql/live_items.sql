-- Items that come, change and go: what is recommended follows at once, and states stay what a replay gives
\pset format unaligned
\set SHOW_CONTEXT never
SET client_min_messages = warning;

CREATE TABLE wares (item_id integer PRIMARY KEY, genre text, tags text[], price numeric, stock integer);
INSERT INTO wares SELECT i, 'genre ' || i % 3, ARRAY['tag ' || i % 2, 'tag ' || i % 5], i, 1 FROM generate_series(1, 12) i;
CREATE TABLE sales (user_id integer, item_id integer, t integer);
CREATE INDEX ON sales (user_id);
INSERT INTO sales SELECT u, 1 + (u * 5 + n * n) % 11, n FROM generate_series(1, 6) u, generate_series(1, 6) n;
SELECT holomamba.create_model('wares', 'sales', 'user_id', 'item_id', '{t}', 'wares', 'item_id', '{genre,tags,price}',
    '{"dimension": 8, "layers": 1, "state_size": 2, "epochs": 2, "learning_rate": 0.02, "threads": 1}');
-- Before the first training nothing is known of any item
INSERT INTO wares VALUES (13, 'genre 1', '{tag 1}', 13, 1);
UPDATE wares SET price = 14 WHERE item_id = 13;
SELECT count(*) FROM holomamba.wares_items;
CALL holomamba.train('wares');
CREATE TEMPORARY TABLE known AS SELECT * FROM holomamba.wares_items;

-- Described as when trained, an item has the vectors that the training gave it
SELECT count(*), bool_and(d.token = k.token AND d.target = k.target)
FROM (SELECT d.item_id::integer, d.token::text, d.target::text FROM holomamba.describe_items('wares', 1, ARRAY(SELECT item_id::text FROM wares)) d) d
JOIN (SELECT item_id, token::text, target::text FROM known) k USING (item_id);
SELECT * FROM holomamba.describe_items('wares', 1, '{}');
SELECT holomamba.describe_items('wares', 9, '{1}');
SELECT holomamba.describe_items('nothing', 1, '{1}');

CREATE FUNCTION pg_temp.look(OUT changed text, OUT on_sale bigint, OUT wrong bigint) LANGUAGE plpgsql AS $$
BEGIN
    SELECT string_agg(item_id || CASE WHEN k.item_id IS NULL THEN ' new' WHEN i.item_id IS NULL THEN ' lost'
                                 ELSE concat(CASE WHEN i.token::text <> k.token::text THEN ' token' END,
                                             CASE WHEN i.target IS NULL AND k.target IS NOT NULL THEN ' gone'
                                                  WHEN k.target IS NULL AND i.target IS NOT NULL THEN ' back'
                                                  WHEN i.target::text <> k.target::text THEN ' target' END) END, ', ' ORDER BY item_id) INTO changed
    FROM known k FULL JOIN holomamba.wares_items i USING (item_id)
    WHERE (k.token::text, k.target::text) IS DISTINCT FROM (i.token::text, i.target::text);
    SELECT count(*) INTO on_sale FROM recommend(12345, 100, 'wares') r;
    SELECT count(*) INTO wrong FROM holomamba.check_state('wares');
    TRUNCATE known;
    INSERT INTO known SELECT * FROM holomamba.wares_items;
END $$;
SELECT * FROM pg_temp.look();

-- A new item is recommended in the transaction that brings it, and in no other if that is rolled back
BEGIN;
INSERT INTO wares VALUES (20, 'genre 2', '{tag 0,tag 3}', 3, 1), (21, NULL, NULL, NULL, 1), (22, 'a new genre', '{}', 'NaN', 1);
SELECT item_id FROM recommend(12345, 100, 'wares') WHERE item_id >= 20 ORDER BY 1;
ROLLBACK;
SELECT * FROM pg_temp.look();
INSERT INTO wares VALUES (20, 'genre 2', '{tag 0,tag 3}', 3, 1), (21, NULL, NULL, NULL, 1), (22, 'a new genre', '{}', 'NaN', 1);
SELECT * FROM pg_temp.look();
-- One of which nothing is known, and one of which nothing that the model knows is known, are alike; others are not
SELECT a.item_id, b.item_id FROM holomamba.wares_items a JOIN holomamba.wares_items b ON a.item_id < b.item_id AND a.target::text = b.target::text;
-- Events with them, and similar items
INSERT INTO sales VALUES (1, 20, 100), (2, 21, 100), (7, 20, 1);
SELECT * FROM pg_temp.look();
SELECT count(*) FROM similar_items(20, 5, 'wares');

-- Attributes change targets, and no tokens; other columns change nothing
UPDATE wares SET genre = 'genre 1' WHERE item_id IN (3, 20);
SELECT * FROM pg_temp.look();
UPDATE wares SET stock = 0, genre = genre;
SELECT * FROM pg_temp.look();
UPDATE wares SET price = price + 100, tags = '{}' WHERE item_id = 4;
SELECT * FROM pg_temp.look();
UPDATE wares SET item_id = 24 WHERE item_id = 4;
SELECT * FROM pg_temp.look();
-- An item that events know and the table did not
INSERT INTO sales VALUES (3, 30, 100), (8, 30, 1), (8, 31, 2);
SELECT * FROM pg_temp.look();
INSERT INTO wares VALUES (30, 'genre 1', '{tag 1}', 13, 1);
SELECT * FROM pg_temp.look();
INSERT INTO sales VALUES (3, 30, 101), (9, 30, 1);
SELECT * FROM pg_temp.look();

-- Deleted items are gone for good, in whatever way, until they are on sale again
DELETE FROM wares WHERE item_id IN (5, 30);
SELECT * FROM pg_temp.look();
SELECT holomamba.activate('wares', 1);
SELECT count(*) FROM recommend(12345, 100, 'wares') WHERE item_id IN (5, 30, 4);
SELECT * FROM pg_temp.look();
INSERT INTO wares VALUES (5, 'genre 2', '{tag 1,tag 0}', 5, 1) ON CONFLICT DO NOTHING;
SELECT * FROM pg_temp.look();
INSERT INTO wares VALUES (5, 'genre 0', '{tag 1,tag 0}', 5, 1), (6, 'genre 1', '{}', 1, 1) ON CONFLICT (item_id) DO UPDATE SET genre = excluded.genre;
SELECT * FROM pg_temp.look();
WITH gone AS (DELETE FROM wares WHERE item_id = 7 RETURNING *) INSERT INTO wares SELECT 27, genre, tags, price, stock FROM gone;
SELECT * FROM pg_temp.look();
COPY wares FROM STDIN;
40	genre 1	{}	1	1
41	genre 2	{}	2	1
\.
SELECT * FROM pg_temp.look();
BEGIN;
TRUNCATE wares;
SELECT * FROM pg_temp.look();
ROLLBACK;
TRUNCATE known;
INSERT INTO known SELECT * FROM holomamba.wares_items;

-- Events and items that come lock what the model does not know, in 256 slots at most
CREATE VIEW pg_temp.slots AS
SELECT l.mode, count(*) FROM pg_locks l
WHERE l.pid = pg_backend_pid() AND l.locktype = 'object' AND l.classid = 1259 AND l.objid::regclass::text = 'holomamba.wares_items'
GROUP BY l.mode;
BEGIN;
INSERT INTO sales VALUES (1, 1, 300);
INSERT INTO sales VALUES (1, 2, 301), (2, 3, 301);
UPDATE sales SET t = t + 1 WHERE t >= 300;
INSERT INTO wares VALUES (1, 'genre 1', '{}', 1, 1) ON CONFLICT (item_id) DO UPDATE SET genre = excluded.genre;
SELECT * FROM pg_temp.slots;
INSERT INTO sales VALUES (1, 4000, 400);
INSERT INTO sales VALUES (100, 4000, 401), (1, NULL, 401), (NULL, 4001, 401);
UPDATE sales SET t = 402 WHERE t = 401;
SELECT * FROM pg_temp.slots;
INSERT INTO sales SELECT i % 7, 4000 + i, 1000 + i FROM generate_series(1, 5000) i;
INSERT INTO wares VALUES (4000, 'genre 1', '{}', 1, 1);
SELECT * FROM pg_temp.slots ORDER BY 1;
SELECT count(*) FROM holomamba.check_state('wares');
ROLLBACK;

-- With a foreign key there are no events of items that are yet to come
DELETE FROM sales WHERE item_id NOT IN (SELECT item_id FROM wares);
ALTER TABLE sales ADD FOREIGN KEY (item_id) REFERENCES wares ON DELETE CASCADE;
BEGIN;
INSERT INTO wares VALUES (50, 'genre 1', '{}', 1, 1);
INSERT INTO sales VALUES (1, 50, 200);
SELECT * FROM pg_temp.slots;
COMMIT;
SELECT * FROM pg_temp.look();
DELETE FROM wares WHERE item_id = 50;
SELECT * FROM pg_temp.look();

-- A new version knows all of them; popularity is that of the events it was trained on
CALL holomamba.train('wares');
SELECT count(*) FILTER (WHERE target IS NULL) AS gone, sum(popularity) = (SELECT count(*) FROM sales) AS counted FROM holomamba.wares_items;
DELETE FROM sales WHERE user_id = 1;
SELECT holomamba.activate('wares', 2);
SELECT sum(popularity) > (SELECT count(*) FROM sales) AS of_the_version FROM holomamba.wares_items;
SELECT count(*) FROM holomamba.check_state('wares');

-- An untied head has nothing to score a new item by
CALL holomamba.train('wares', options => '{"head": "untied"}');
INSERT INTO wares VALUES (60, 'genre 1', '{tag 1}', 13, 1);
SELECT target IS NULL AS not_recommended FROM holomamba.wares_items WHERE item_id = 60;
UPDATE wares SET price = 1 WHERE item_id = 1;
SELECT count(*) FROM recommend(12345, 100, 'wares');

-- An attribute of another kind is not the one that was learned
ALTER TABLE wares ALTER genre TYPE real USING 1;
INSERT INTO wares VALUES (61, 1, '{tag 1}', 13, 1);
\echo :LAST_ERROR_SQLSTATE
SELECT holomamba.activate('wares', 2);
ALTER TABLE wares ALTER genre TYPE text USING 'genre 1', ALTER price TYPE text;
INSERT INTO wares VALUES (61, 'genre 1', '{tag 1}', '13', 1);
\echo :LAST_ERROR_SQLSTATE
SELECT holomamba.activate('wares', 2);
CALL holomamba.train('wares');
INSERT INTO wares VALUES (61, 'genre 1', '{tag 1}', '13', 1);
SELECT count(*) FROM holomamba.wares_items WHERE target IS NOT NULL AND item_id = 61;
SELECT holomamba.drop_model('wares');
DROP TABLE sales, wares;

-- Keys of the items that no event can name, since the item column is narrower: such items are left out, and in nobody's way
CREATE TABLE wide_goods (id bigint PRIMARY KEY, genre text);
INSERT INTO wide_goods SELECT i, 'genre ' || i % 3 FROM generate_series(1, 10) i;
INSERT INTO wide_goods VALUES (6000000000, 'genre 1'), (-2147483649, 'genre 9');
CREATE TABLE wide_sales (user_id integer, item_id integer, t integer, PRIMARY KEY (user_id, t));
INSERT INTO wide_sales SELECT u, 1 + (u * 5 + n * n) % 10, n FROM generate_series(1, 6) u, generate_series(1, 6) n;
SELECT holomamba.create_model('wide', 'wide_sales', 'user_id', 'item_id', '{t}', 'wide_goods', 'id', '{genre}',
    '{"dimension": 8, "layers": 1, "state_size": 2, "epochs": 1, "threads": 1}');
CALL holomamba.train('wide');
SELECT labels FROM holomamba.vocabulary WHERE model = 'wide' ORDER BY field;
INSERT INTO wide_goods VALUES (5000000000, 'genre 2'), (2147483647, 'genre 2');
INSERT INTO wide_goods VALUES (5000000001, 'genre 2');
UPDATE wide_goods SET genre = 'genre 0' WHERE id > 2147483646;
UPDATE wide_goods SET id = id + 1 WHERE id = 6000000000 OR id = 2147483647;
UPDATE wide_goods SET id = 7000000000 WHERE id = 3;
UPDATE wide_goods SET id = 30 WHERE id = 5000000001;
SELECT item_id, target IS NULL AS gone FROM holomamba.wide_items WHERE item_id NOT BETWEEN 4 AND 10 ORDER BY 1;
DELETE FROM wide_goods WHERE id = 6000000001;
SELECT count(*) FROM recommend(100, 100, 'wide'), explain_recommendation(1, item_id, 'wide');
SELECT holomamba.activate('wide', 1);
SELECT holomamba.enable_logical_replica('wide');
SET session_replication_role = replica;
INSERT INTO wide_goods VALUES (8000000000, 'genre 2');
UPDATE wide_goods SET genre = 'genre 1' WHERE id = 8000000000;
DELETE FROM wide_goods WHERE id = 8000000000;
RESET session_replication_role;
SELECT item_id, target IS NULL AS gone FROM holomamba.wide_items WHERE item_id NOT BETWEEN 4 AND 10 ORDER BY 1;
SELECT * FROM holomamba.check_state('wide');
-- Once events can name them, they are known
ALTER TABLE wide_sales ALTER item_id TYPE bigint;
INSERT INTO wide_goods VALUES (9000000000, 'genre 2');
SELECT item_id FROM holomamba.wide_items WHERE item_id > 2147483646 ORDER BY 1;
SELECT holomamba.activate('wide', 1);
SELECT item_id FROM holomamba.wide_items WHERE item_id > 2147483646 ORDER BY 1;
SELECT holomamba.drop_model('wide');
DROP TABLE wide_sales, wide_goods;

-- A key that is there twice: inheritance children have unique indexes of their own, and two collations do not agree on what is equal.
-- It is one item, of which all its rows tell: of a number the last that is read
CREATE COLLATION twice_blind (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE TABLE twice_goods (id text COLLATE "C" PRIMARY KEY, genre text, price real);
CREATE TABLE twice_more () INHERITS (twice_goods);
INSERT INTO twice_goods SELECT 'i' || i, 'genre ' || i % 3, i FROM generate_series(1, 10) i;
CREATE TABLE twice_sales (user_id integer, item_id text COLLATE twice_blind, t integer, PRIMARY KEY (user_id, t));
INSERT INTO twice_sales SELECT u, 'i' || 1 + (u * 5 + n * n) % 10, n FROM generate_series(1, 6) u, generate_series(1, 6) n;
SELECT holomamba.create_model('twice', 'twice_sales', 'user_id', 'item_id', '{t}', 'twice_goods', 'id', '{genre,price}',
    '{"dimension": 8, "layers": 1, "state_size": 2, "epochs": 1, "threads": 1}');
CALL holomamba.train('twice');
INSERT INTO twice_sales VALUES (1, 'new', 100), (2, 'NEW', 100);
INSERT INTO twice_more VALUES ('new', 'genre 1', 3), ('new', 'genre 2', 4), ('I1', 'genre 2', 5);
INSERT INTO twice_goods VALUES ('New', 'genre 2', 7);
UPDATE twice_goods SET genre = 'genre 0', price = 8 WHERE id = 'new';
SELECT lower(item_id) AS item, target IS NULL AS gone FROM holomamba.twice_items WHERE item_id IN ('new', 'i1') ORDER BY 1;
SELECT * FROM holomamba.check_state('twice');
SELECT holomamba.activate('twice', 1);
SELECT lower(item_id) AS item, target IS NULL AS gone FROM holomamba.twice_items WHERE item_id IN ('new', 'i1') ORDER BY 1;
SELECT count(*) FROM recommend('100', 100, 'twice'), explain_recommendation('1', item_id, 'twice');
CALL holomamba.train('twice');
SELECT count(*) FROM recommend('100', 100, 'twice'), explain_recommendation('1', item_id, 'twice');
DELETE FROM twice_goods WHERE id = 'New';
SELECT lower(item_id) AS item, target IS NULL AS gone FROM holomamba.twice_items WHERE item_id IN ('new', 'i1') ORDER BY 1;
DELETE FROM twice_more WHERE id = 'new';
SELECT lower(item_id) AS item, target IS NULL AS gone FROM holomamba.twice_items WHERE item_id IN ('new', 'i1') ORDER BY 1;
SELECT * FROM holomamba.check_state('twice');
SELECT holomamba.drop_model('twice');
DROP TABLE twice_sales, twice_goods CASCADE;
DROP COLLATION twice_blind;

-- A foreign key puts items first, but not before the triggers of one statement; not for the children of a table that has it; and
-- not where logical replication applies what came
CREATE TABLE key_goods (item_id integer PRIMARY KEY, genre text);
INSERT INTO key_goods SELECT i, 'genre ' || i % 3 FROM generate_series(1, 12) i;
CREATE TABLE key_sales (user_id integer, item_id integer REFERENCES key_goods, t integer, PRIMARY KEY (user_id, t));
INSERT INTO key_sales SELECT u, 1 + (u * 5 + n * n) % 11, n FROM generate_series(1, 6) u, generate_series(1, 6) n;
SELECT holomamba.create_model('keyed', 'key_sales', 'user_id', 'item_id', '{t}', 'key_goods', 'item_id', '{genre}', '{"dimension": 8, "layers": 1, "state_size": 2, "epochs": 1, "threads": 1}');
CALL holomamba.train('keyed');
WITH item AS (INSERT INTO key_goods VALUES (20, 'genre 1')) INSERT INTO key_sales VALUES (1, 20, 100);
SELECT * FROM holomamba.check_state('keyed');
WITH item AS (INSERT INTO key_goods VALUES (21, 'genre 1')) INSERT INTO key_sales VALUES (1, 21, 101), (2, 21, 100), (3, 4, 100);
WITH item AS (INSERT INTO key_goods VALUES (22, 'genre 1')) INSERT INTO key_sales VALUES (100, 22, 100);
WITH item AS (INSERT INTO key_goods VALUES (23, 'genre 1')) INSERT INTO key_sales VALUES (2, 23, -1);
WITH item AS (INSERT INTO key_goods VALUES (24, 'genre 1')) UPDATE key_sales SET item_id = 24 WHERE user_id = 4 AND t > 3;
WITH event AS (INSERT INTO key_sales VALUES (5, 25, 100)) INSERT INTO key_goods VALUES (25, 'genre 1');
CREATE FUNCTION key_first_sale() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO key_sales VALUES (6, NEW.item_id, NEW.item_id); RETURN NULL; END $$;
CREATE TRIGGER first_sale AFTER INSERT ON key_goods FOR EACH ROW EXECUTE FUNCTION key_first_sale();
INSERT INTO key_goods VALUES (26, 'genre 2'), (27, 'genre 2');
DROP TRIGGER first_sale ON key_goods;
SELECT * FROM holomamba.check_state('keyed');
-- Where none has come early, nobody looks back
BEGIN;
CREATE FUNCTION pg_temp.scans() RETURNS bigint LANGUAGE sql AS $$ SELECT pg_stat_get_xact_numscans('key_sales'::regclass) + pg_stat_get_xact_numscans('key_sales_pkey'::regclass) $$;
INSERT INTO key_goods VALUES (28, 'genre 2');
INSERT INTO key_sales VALUES (1, 28, 128);
INSERT INTO key_sales VALUES (101, 28, 128);
INSERT INTO key_sales VALUES (2, 28, 128), (102, 28, 128);
SELECT pg_temp.scans() AS scans \gset
INSERT INTO key_goods VALUES (29, 'genre 2'), (30, NULL);
SELECT pg_temp.scans() - :scans AS scans;
COMMIT;

CREATE TABLE key_more (PRIMARY KEY (user_id, t)) INHERITS (key_sales);
INSERT INTO key_more VALUES (1, 40, 140), (2, 40, 140);
INSERT INTO key_goods VALUES (40, 'genre 1');
SELECT * FROM holomamba.check_state('keyed');
DROP TABLE key_more;
SELECT holomamba.rebuild_state('keyed');

SELECT holomamba.enable_logical_replica('keyed');
SET session_replication_role = replica;
INSERT INTO key_sales VALUES (1, 50, 150), (2, 50, 150), (103, 50, 150);
INSERT INTO key_goods VALUES (50, 'genre 1');
INSERT INTO key_sales VALUES (1, 51, 151);
RESET session_replication_role;
INSERT INTO key_goods VALUES (51, 'genre 1');
SELECT * FROM holomamba.check_state('keyed');
SELECT holomamba.drop_model('keyed');
DROP TABLE key_sales, key_goods;
DROP FUNCTION key_first_sale;
