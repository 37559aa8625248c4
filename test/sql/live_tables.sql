-- Tables that are renamed, moved, altered, partitioned: the states follow
\pset format unaligned
\set SHOW_CONTEXT never
SET client_min_messages = warning;

CREATE SCHEMA moved;
CREATE TABLE shop_events (filler integer, id bigserial, user_id integer, item_id integer, t integer);
CREATE INDEX ON shop_events (user_id);
CREATE TABLE shop_items (item_id integer PRIMARY KEY, genre text, price numeric);
INSERT INTO shop_items SELECT i, 'genre ' || i % 3, i FROM generate_series(1, 12) i;
INSERT INTO shop_events (user_id, item_id, t) SELECT u, 1 + (u * 5 + n * n) % 12, n FROM generate_series(1, 6) u, generate_series(1, 6) n;
SELECT holomamba.create_model('shop', 'shop_events', 'user_id', 'item_id', '{t,id}', 'shop_items', 'item_id', '{genre,price}',
    '{"dimension": 8, "layers": 1, "state_size": 2, "epochs": 1, "threads": 1}');
CALL holomamba.train('shop');

-- One event, some, a late one, an update, a delete, a replay of all: by everything that an event may need
CREATE PROCEDURE exercise(INOUT wrong bigint DEFAULT NULL, INOUT events bigint DEFAULT NULL) LANGUAGE plpgsql AS $$
DECLARE
    m holomamba.models;
    last integer;
BEGIN
    SELECT * INTO m FROM holomamba.models WHERE model = 'shop';
    EXECUTE format('SELECT max(%I) FROM %s', m.order_columns[1], m.interactions) INTO last;
    EXECUTE format('INSERT INTO %s (%I, %I, %I) VALUES (1, 2, $1)', m.interactions, m.user_column, m.item_column, m.order_columns[1]) USING last + 1;
    EXECUTE format('INSERT INTO %s (%I, %I, %I) VALUES (1, 3, $1), (2, 4, $1), (90 + $1, 5, 1)', m.interactions, m.user_column, m.item_column, m.order_columns[1]) USING last + 2;
    EXECUTE format('INSERT INTO %s (%I, %I, %I) VALUES (1, 7, -$1)', m.interactions, m.user_column, m.item_column, m.order_columns[1]) USING last;
    EXECUTE format('INSERT INTO %s (%I, %I, %I) VALUES (2, 7, -$1), (2, 7, 1000 + $1)', m.interactions, m.user_column, m.item_column, m.order_columns[1]) USING last;
    EXECUTE format('UPDATE %s SET %I = %2$I %% 12 + 1 WHERE %I = 3', m.interactions, m.item_column, m.user_column);
    EXECUTE format('DELETE FROM %s WHERE %I = 4 AND %I < 3', m.interactions, m.user_column, m.order_columns[1]);
    EXECUTE format('UPDATE %s SET %I = %2$I WHERE %2$I = 1', m.items, m.item_key);
    SELECT count(*) INTO wrong FROM holomamba.check_state('shop');
    SELECT sum(u.events) INTO events FROM holomamba.shop_users u;
END $$;
CALL exercise();

ALTER TABLE shop_events RENAME TO clicks;
CALL exercise();
ALTER TABLE clicks SET SCHEMA moved;
CALL exercise();
ALTER SCHEMA moved RENAME TO "Moved again";
CALL exercise();
ALTER TABLE shop_items RENAME TO goods;
CALL exercise();
ALTER TABLE "Moved again".clicks RENAME COLUMN user_id TO "The user's";
ALTER TABLE "Moved again".clicks RENAME item_id TO item;
ALTER TABLE "Moved again".clicks RENAME t TO item_id;
ALTER TABLE "Moved again".clicks RENAME COLUMN filler TO t;
ALTER TABLE "Moved again".clicks DROP COLUMN t;
CALL exercise();
ALTER TABLE goods RENAME item_id TO sku;
ALTER TABLE goods RENAME genre TO "Genre";
ALTER TABLE goods RENAME price TO genre;
CALL exercise();
SELECT interactions, user_column, item_column, order_columns, items, item_key, attributes FROM holomamba.models;
SELECT field FROM holomamba.vocabulary ORDER BY 1;
SELECT name FROM holomamba.parameters WHERE name ~ 'embedding\.(values|base)' ORDER BY 1;
-- All that reads the tables goes on
SELECT count(*) FROM recommend(1, 20, 'shop', exclude_seen => false);
SELECT holomamba.activate('shop', 1);
CALL exercise();
CALL holomamba.train('shop', 1, 'leave_one_out');
SELECT count(*) FROM holomamba.evaluate('shop');
CALL exercise();
-- A renaming that is rolled back has not been
BEGIN;
ALTER TABLE "Moved again".clicks RENAME COLUMN item TO thing;
CALL exercise();
ROLLBACK;
CALL exercise();
-- Other columns, other tables
ALTER TABLE "Moved again".clicks ADD COLUMN note text;
ALTER TABLE "Moved again".clicks RENAME note TO remark;
CREATE TABLE elsewhere (item integer);
ALTER TABLE elsewhere RENAME item TO thing;
CALL exercise();

-- A column that is to go
ALTER TABLE "Moved again".clicks DROP COLUMN item;

-- A repair of some, and of all
ALTER TABLE "Moved again".clicks DISABLE TRIGGER USER;
INSERT INTO "Moved again".clicks ("The user's", item, item_id) VALUES (1, 1, 5000), (200, 1, 1);
DELETE FROM "Moved again".clicks WHERE "The user's" = 5;
UPDATE "Moved again".clicks SET item = item % 12 + 1 WHERE "The user's" = 6;
ALTER TABLE "Moved again".clicks ENABLE TRIGGER USER;
UPDATE holomamba.shop_users SET vector = hrr_random(9, 1) WHERE user_id = 2;
SELECT user_id, events - stored_events AS missing, events, difference FROM holomamba.check_state('shop') ORDER BY 1;
SELECT holomamba.rebuild_state('shop', '{1,5,NULL,777}');
SELECT user_id, difference FROM holomamba.check_state('shop') ORDER BY 1;
SELECT holomamba.rebuild_state('shop');
SELECT * FROM holomamba.check_state('shop');
SELECT holomamba.rebuild_state('shop', '{}');
SELECT holomamba.rebuild_state('shop', '{one}');
SELECT holomamba.check_state('nobody');
SELECT holomamba.check_state(NULL);

SELECT holomamba.drop_model('shop');
DROP PROCEDURE exercise;
DROP SCHEMA "Moved again" CASCADE;
DROP TABLE goods, elsewhere;

-- Partitions: rows written to one directly, one that comes later, one that goes
CREATE TABLE visits (user_id integer, item_id integer, t integer) PARTITION BY RANGE (t);
CREATE TABLE visits_1 (t integer, item_id integer, user_id integer);
ALTER TABLE visits ATTACH PARTITION visits_1 FOR VALUES FROM (0) TO (100);
CREATE INDEX ON visits (user_id);
INSERT INTO visits SELECT u, 1 + (u * 5 + n * n) % 12, n FROM generate_series(1, 6) u, generate_series(1, 6) n;
SELECT holomamba.create_model('visits', 'visits', 'user_id', 'item_id', '{t}', options => '{"dimension": 8, "layers": 1, "state_size": 2, "epochs": 1, "threads": 1}');
CALL holomamba.train('visits');
SELECT relation, count(*) FROM holomamba_internal.model_triggers('visits') GROUP BY 1 ORDER BY 1;
INSERT INTO visits_1 (user_id, item_id, t) VALUES (1, 2, 10);
INSERT INTO visits_1 (user_id, item_id, t) VALUES (1, 3, 11), (2, 3, 11), (3, 3, -0);
UPDATE visits_1 SET item_id = 5 WHERE user_id = 4;
DELETE FROM visits_1 WHERE user_id = 5;
SELECT * FROM holomamba.check_state('visits');
CREATE TABLE visits_2 PARTITION OF visits FOR VALUES FROM (100) TO (200) PARTITION BY LIST (user_id);
CREATE TABLE visits_2_1 PARTITION OF visits_2 DEFAULT;
SELECT relation, count(*) FROM holomamba_internal.model_triggers('visits') GROUP BY 1 ORDER BY 1;
INSERT INTO visits_2 VALUES (1, 2, 100), (7, 2, 100);
INSERT INTO visits_2_1 VALUES (1, 3, 101);
INSERT INTO visits VALUES (1, 4, 102), (2, 4, 103);
SELECT * FROM holomamba.check_state('visits');
SELECT sum(events) FROM holomamba.visits_users;
TRUNCATE visits_2_1;
SELECT * FROM holomamba.check_state('visits');
SELECT sum(events) FROM holomamba.visits_users;
INSERT INTO visits_2 VALUES (1, 2, 100), (7, 2, 100);
ALTER TABLE visits DETACH PARTITION visits_2;
SELECT relation, count(*) FROM holomamba_internal.model_triggers('visits') GROUP BY 1 ORDER BY 1;
INSERT INTO visits_2 VALUES (1, 2, 100);
-- What was in it is a matter for a repair
SELECT * FROM holomamba.check_state('visits') ORDER BY 1;
SELECT holomamba.rebuild_state('visits');
SELECT * FROM holomamba.check_state('visits');
SELECT holomamba.drop_model('visits');
SELECT count(*) FROM pg_trigger WHERE tgname LIKE 'holomamba%';
DROP TABLE visits, visits_2;

-- Inheritance: a parent that is emptied alone leaves what its children hold
CREATE TABLE heirs (user_id integer, item_id integer, t integer);
CREATE TABLE heirs_1 (PRIMARY KEY (user_id, t)) INHERITS (heirs);
CREATE INDEX ON heirs (user_id);
INSERT INTO heirs_1 SELECT u, 1 + (u * 5 + n * n) % 12, n FROM generate_series(1, 6) u, generate_series(1, 6) n;
SELECT holomamba.create_model('heirs', 'heirs', 'user_id', 'item_id', '{t}', options => '{"dimension": 8, "layers": 1, "state_size": 2, "epochs": 1, "threads": 1}');
CALL holomamba.train('heirs');
INSERT INTO heirs VALUES (1, 2, 10), (7, 3, 10), (2, 4, 0);
TRUNCATE ONLY heirs;
SELECT * FROM holomamba.check_state('heirs');
SELECT count(*), sum(events) FROM holomamba.heirs_users;
INSERT INTO heirs VALUES (1, 2, 10), (7, 3, 10), (2, 4, 0);
BEGIN ISOLATION LEVEL REPEATABLE READ;
TRUNCATE ONLY heirs;
ROLLBACK;
TRUNCATE heirs_1;
SELECT * FROM holomamba.check_state('heirs');
SELECT count(*), sum(events) FROM holomamba.heirs_users;
INSERT INTO heirs_1 VALUES (1, 2, 11), (7, 3, 11);
TRUNCATE heirs;
SELECT * FROM holomamba.check_state('heirs');
SELECT count(*), sum(events) FROM holomamba.heirs_users;
SELECT holomamba.enable_logical_replica('heirs');
INSERT INTO heirs_1 VALUES (1, 2, 11), (7, 3, 11);
SET session_replication_role = replica;
TRUNCATE ONLY heirs;
RESET session_replication_role;
SELECT * FROM holomamba.check_state('heirs');
SELECT holomamba.drop_model('heirs');
DROP TABLE heirs CASCADE;

-- Parts that do not last
CREATE TABLE lasting (user_id integer, item_id integer, t integer);
CREATE INDEX ON lasting (user_id, t);
INSERT INTO lasting SELECT u, 1 + (u * 5 + n * n) % 12, n FROM generate_series(1, 6) u, generate_series(1, 6) n;
CREATE TEMPORARY TABLE passing () INHERITS (lasting);
CREATE UNLOGGED TABLE unlogged () INHERITS (lasting);
SELECT holomamba.create_model('lasting', 'lasting', 'user_id', 'item_id', '{t}');
DROP TABLE passing, unlogged;
SELECT holomamba.create_model('lasting', 'lasting', 'user_id', 'item_id', '{t}');
CREATE TEMPORARY TABLE passing () INHERITS (lasting);
CREATE TEMPORARY TABLE passing (user_id integer, item_id integer, t integer);
ALTER TABLE passing INHERIT lasting;
CREATE UNLOGGED TABLE unlogged () INHERITS (lasting);
SELECT holomamba.drop_model('lasting');
ALTER TABLE passing INHERIT lasting;
DROP TABLE passing, unlogged, lasting;

-- Triggers that are disabled and enabled all at once, as for a bulk load: those for what replication applies stay what they were
CREATE TABLE loads (user_id integer, item_id integer, t integer, PRIMARY KEY (user_id, t)) PARTITION BY HASH (user_id);
CREATE TABLE loads_0 PARTITION OF loads FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE loads_1 PARTITION OF loads FOR VALUES WITH (MODULUS 2, REMAINDER 1);
CREATE TABLE loads_goods (item_id integer PRIMARY KEY);
INSERT INTO loads_goods SELECT generate_series(1, 12);
INSERT INTO loads SELECT u, 1 + (u * 5 + n * n) % 12, n FROM generate_series(1, 6) u, generate_series(1, 6) n;
SELECT holomamba.create_model('loads', 'loads', 'user_id', 'item_id', '{t}', 'loads_goods', 'item_id', options => '{"dimension": 8, "layers": 1, "state_size": 2, "epochs": 1, "threads": 1}');
CALL holomamba.train('loads');
SELECT holomamba.enable_logical_replica('loads');
CREATE VIEW loads_triggers AS
    SELECT tgrelid::regclass, tgname, tgenabled FROM pg_trigger WHERE tgrelid IN ('loads'::regclass, 'loads_0'::regclass, 'loads_1'::regclass, 'loads_goods'::regclass)
    AND NOT tgisinternal;
CREATE TABLE loads_before AS SELECT * FROM loads_triggers;
SELECT count(*), count(*) FILTER (WHERE tgenabled = 'R') AS applied FROM loads_before;
CREATE PROCEDURE loads_differ() LANGUAGE plpgsql AS $$
DECLARE
    different text;
BEGIN
    SELECT string_agg(concat_ws(' ', l.tgrelid, l.tgname, l.tgenabled), ', ' ORDER BY l.tgrelid::text, l.tgname) INTO different
    FROM (SELECT tgrelid::oid, tgname, tgenabled FROM loads_triggers EXCEPT SELECT tgrelid::oid, tgname, tgenabled FROM loads_before) n
    JOIN loads_triggers l ON l.tgrelid::oid = n.tgrelid AND l.tgname = n.tgname;
    RAISE WARNING '%', coalesce(different, 'as before');
END $$;
ALTER TABLE loads DISABLE TRIGGER ALL;
ALTER TABLE loads ENABLE TRIGGER ALL;
ALTER TABLE loads_goods DISABLE TRIGGER USER, ENABLE TRIGGER USER;
CALL loads_differ();
ALTER TABLE loads_0 DISABLE TRIGGER USER;
ALTER TABLE loads_0 ENABLE TRIGGER USER;
CALL loads_differ();
ALTER TABLE loads ENABLE TRIGGER holomamba_loads_applied;
ALTER TABLE loads ENABLE TRIGGER holomamba_loads_emptied;
CALL loads_differ();
SET session_replication_role = replica;
INSERT INTO loads VALUES (3, 3, 100), (4, 3, 100);
DELETE FROM loads_0 WHERE t = 2;
RESET session_replication_role;
INSERT INTO loads VALUES (1, 3, 101), (2, 3, 101);
SELECT * FROM holomamba.check_state('loads');
-- Where it was not enabled, nothing is
SELECT holomamba.drop_model('loads');
SELECT holomamba.create_model('loads', 'loads', 'user_id', 'item_id', '{t}', 'loads_goods', 'item_id');
TRUNCATE loads_before;
INSERT INTO loads_before SELECT * FROM loads_triggers;
ALTER TABLE loads DISABLE TRIGGER ALL;
ALTER TABLE loads ENABLE TRIGGER ALL;
CALL loads_differ();
SELECT holomamba.drop_model('loads');
DROP PROCEDURE loads_differ;
DROP VIEW loads_triggers;
DROP TABLE loads, loads_before, loads_goods;
