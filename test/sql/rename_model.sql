-- rename_model(): everything that a model has goes with it to the new name
\pset format unaligned
\set SHOW_CONTEXT never
SET client_min_messages = warning;
\getenv helpers PG_ABS_SRCDIR
\set outcome :helpers '/helpers/outcome.sql'
\i :outcome
CREATE SCHEMA renamed;
SET search_path = renamed, public;
CREATE ROLE regress_renamer;
CREATE ROLE regress_reader;
GRANT ALL ON SCHEMA renamed TO regress_renamer;
GRANT USAGE ON SCHEMA renamed TO regress_reader;
SET ROLE regress_renamer;
CREATE TABLE events (id bigint GENERATED ALWAYS AS IDENTITY, user_id integer, item_id integer, t integer) PARTITION BY RANGE (t);
CREATE TABLE early PARTITION OF events FOR VALUES FROM (MINVALUE) TO (6);
CREATE TABLE late PARTITION OF events FOR VALUES FROM (6) TO (MAXVALUE);
CREATE INDEX ON events (user_id);
CREATE TABLE items (item_id integer PRIMARY KEY, genre text, price numeric);
INSERT INTO items SELECT i, 'genre ' || i % 3, i FROM generate_series(1, 12) i;
INSERT INTO events (user_id, item_id, t) SELECT u, 1 + (u * 5 + n * n) % 12, n FROM generate_series(1, 6) u, generate_series(1, 10) n;
SELECT holomamba.create_model('shop', 'events', 'user_id', 'item_id', '{t,id}', 'items', 'item_id', '{genre,price}',
    '{"dimension": 8, "layers": 1, "state_size": 2, "epochs": 2, "threads": 1}');
CALL holomamba.train('shop', holdout => 'leave_one_out');
CALL holomamba.train('shop');
GRANT SELECT ON holomamba.shop_users, holomamba.shop_items, events TO regress_reader;
CREATE VIEW best AS SELECT item_id FROM holomamba.shop_items WHERE target IS NOT NULL;
CREATE TEMPORARY TABLE kept AS
    SELECT array(SELECT u FROM holomamba.shop_users u ORDER BY user_id)::text AS users, array(SELECT i FROM holomamba.shop_items i ORDER BY item_id)::text AS items,
           array(SELECT v FROM (SELECT version, active, status, training_id, holdout, options, seed, best_epoch, ndcg FROM holomamba.versions) v ORDER BY version)::text AS versions,
           (SELECT md5(string_agg(name || version || data::text, ',' ORDER BY version, name)) FROM holomamba.parameters) AS weights,
           array(SELECT r FROM recommend(1, 5, 'shop') r)::text AS list;

-- Names that it cannot have
SELECT statement, pg_temp.outcome(statement) FROM (VALUES
    ($$SELECT holomamba.rename_model('shop', NULL)$$), ($$SELECT holomamba.rename_model('shop', 'Shop')$$), ($$SELECT holomamba.rename_model('shop', '')$$),
    ($$SELECT holomamba.rename_model('shop', repeat('a', 41))$$), ($$SELECT holomamba.rename_model('shop', 'shop')$$),
    ($$SELECT holomamba.rename_model('nothing', 'something')$$), ($$SELECT holomamba.rename_model(NULL, 'something')$$)) AS t (statement);
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT holomamba.rename_model('shop', 'store');
ROLLBACK;
RESET ROLE;
SET ROLE regress_reader;
SELECT pg_temp.outcome($$SELECT holomamba.rename_model('shop', 'store')$$);
SELECT pg_temp.outcome($$SELECT holomamba_internal.set_name('shop', 'store')$$);
SELECT pg_temp.outcome($$SELECT holomamba_internal.move_names('shop', 'store')$$);
RESET ROLE;
-- A table in the way
CREATE TABLE holomamba.store_users (x integer);
SET ROLE regress_renamer;
SELECT pg_temp.outcome($$SELECT holomamba.rename_model('shop', 'store')$$);
SELECT pg_temp.outcome($$SELECT holomamba_internal.set_name('shop', 'store')$$);
RESET ROLE;
DROP TABLE holomamba.store_users;
SET ROLE regress_renamer;

-- Rolled back, all is as it was
BEGIN;
SELECT holomamba.rename_model('shop', 'store');
INSERT INTO events (user_id, item_id, t) VALUES (1, 2, 100);
SELECT events FROM holomamba.store_users WHERE user_id = 1;
ROLLBACK;
INSERT INTO events (user_id, item_id, t) VALUES (1, 2, 100);
SELECT events FROM holomamba.shop_users WHERE user_id = 1;
DELETE FROM events WHERE t = 100;

SELECT holomamba.rename_model('shop', 'store');
SELECT pg_temp.outcome($$SELECT recommend(1, 5, 'shop')$$);
SELECT kept.users = array(SELECT u FROM holomamba.store_users u ORDER BY user_id)::text AS users,
       kept.items = array(SELECT i FROM holomamba.store_items i ORDER BY item_id)::text AS items,
       kept.versions = array(SELECT v FROM (SELECT version, active, status, training_id, holdout, options, seed, best_epoch, ndcg FROM holomamba.versions WHERE model = 'store') v ORDER BY version)::text AS versions,
       kept.weights = (SELECT md5(string_agg(name || version || data::text, ',' ORDER BY version, name)) FROM holomamba.parameters WHERE model = 'store') AS weights,
       kept.list = array(SELECT r FROM recommend(1, 5, 'store') r)::text AS list
FROM kept;
SELECT c.relname, obj_description(c.oid, 'pg_class') FROM pg_class c WHERE c.relnamespace = 'holomamba'::regnamespace AND c.relname ~ '^(shop|store)_' ORDER BY 1;
SELECT tgrelid::regclass AS relation, tgname, tgargs FROM pg_trigger WHERE NOT tgisinternal AND tgrelid IN ('events'::regclass, 'early'::regclass, 'late'::regclass, 'items'::regclass) ORDER BY 1, 2;
SELECT model, owner, active_version FROM holomamba.models;
SELECT count(*) FROM best;
DROP VIEW best;
-- Events and items go on, and so do trainings, activations and lists, for whom they were there before
INSERT INTO events (user_id, item_id, t) VALUES (1, 2, 100), (7, 3, 1);
INSERT INTO late OVERRIDING SYSTEM VALUE VALUES (1000, 2, 2, 100);
INSERT INTO items VALUES (13, 'genre 1', 3);
DELETE FROM events WHERE user_id = 3 AND t = 4;
SELECT count(*) AS wrong, (SELECT sum(events) FROM holomamba.store_users) AS events FROM holomamba.check_state('store');
SELECT count(*) FROM recommend(7, 20, 'store') WHERE item_id = 13;
SELECT holomamba.activate('store', 1);
CALL holomamba.train('store', options => '{"warm_start": true}');
SELECT ranker, users FROM holomamba.evaluate('store', version => 1) LIMIT 1;
SELECT version, active FROM holomamba.versions ORDER BY version;
SET ROLE regress_reader;
SELECT count(*) FROM recommend(1, 3, 'store');
SET ROLE regress_renamer;

-- The old name is free, also in sessions that have known it; a name may be given on in a circle
CREATE TABLE others (user_id integer, item_id integer, t integer);
CREATE INDEX ON others (user_id);
INSERT INTO others SELECT u, 1 + (u * 5 + n * n) % 12, n FROM generate_series(1, 6) u, generate_series(1, 10) n;
SELECT holomamba.create_model('shop', 'others', 'user_id', 'item_id', '{t}', options => '{"dimension": 8, "layers": 1, "state_size": 2, "epochs": 1, "threads": 1}');
CALL holomamba.train('shop');
INSERT INTO others VALUES (1, 2, 100);
SELECT holomamba.rename_model('shop', 'spare');
SELECT holomamba.rename_model('store', 'shop');
SELECT holomamba.rename_model('spare', 'store');
INSERT INTO events (user_id, item_id, t) VALUES (1, 2, 101);
INSERT INTO others VALUES (1, 2, 101);
SELECT m, (SELECT count(*) FROM holomamba.check_state(m)) AS wrong, (SELECT count(*) FROM recommend(1, 3, m)) AS list FROM unnest('{shop,store}'::text[]) m;
SELECT (SELECT events FROM holomamba.shop_users WHERE user_id = 1) AS shop, (SELECT events FROM holomamba.store_users WHERE user_id = 1) AS store;
SELECT pg_temp.outcome($$SELECT holomamba.rename_model('shop', 'store')$$);
SELECT holomamba.drop_model('store');
DROP TABLE others, kept;
SELECT holomamba.rename_model('shop', 'store');

-- On a subscriber of logical replication its triggers stay those of one
SELECT holomamba.enable_logical_replica('store');
SELECT holomamba.rename_model('store', 'shop');
SELECT tgrelid::regclass AS relation, tgname, tgenabled FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'O' AND tgrelid IN ('events'::regclass, 'early'::regclass, 'items'::regclass) ORDER BY 1, 2;

-- Not while it is trained
RESET ROLE;
SELECT setval('holomamba.training_ids', 3000);
SELECT holomamba.start_training('shop', 10000, 'leave_one_out', '{"patience": 10000}') AS job \gset
DO $$ BEGIN FOR i IN 1 .. 1200 LOOP EXIT WHEN EXISTS (SELECT FROM holomamba.trainings WHERE epoch >= 1); PERFORM pg_sleep(0.05); END LOOP; END $$;
SELECT pg_temp.outcome($$SELECT holomamba.rename_model('shop', 'store')$$);
SELECT holomamba.cancel_training(:job);
DO $$ BEGIN FOR i IN 1 .. 1200 LOOP EXIT WHEN NOT EXISTS (SELECT FROM holomamba.trainings); PERFORM pg_sleep(0.05); END LOOP; END $$;
-- What was broken off is gone on with
SELECT holomamba.rename_model('shop', 'store');
SELECT name, count(*) > 0 AS there FROM holomamba.checkpoints WHERE model = 'store' GROUP BY 1 HAVING name = 'data';
SELECT pg_temp.outcome($$SELECT holomamba_internal.begin_resuming('store', NULL) IS NOT NULL$$);

-- A table of the model that is gone
DROP TABLE items CASCADE;
SELECT pg_temp.outcome($$SELECT holomamba.rename_model('store', 'shop')$$);
SELECT holomamba.drop_model('store');
SELECT count(*) FROM holomamba.version_catalogue WHERE model IN ('shop', 'store');
SET client_min_messages = error;
DROP SCHEMA renamed CASCADE;
DROP ROLE regress_renamer, regress_reader;
