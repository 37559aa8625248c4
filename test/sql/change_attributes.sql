-- change_attributes(): the next version is trained with other attributes, and those that are there go on with theirs
\pset format unaligned
\set SHOW_CONTEXT never
SET client_min_messages = warning;
\getenv helpers PG_ABS_SRCDIR
\set outcome :helpers '/helpers/outcome.sql'
\i :outcome
CREATE SCHEMA other;
SET search_path = other, public;
CREATE TYPE hue AS ENUM ('red', 'green', 'blue');
CREATE TABLE items (item_id integer PRIMARY KEY, genre text, price numeric, colour hue, notes jsonb);
INSERT INTO items SELECT i, 'genre ' || i % 3, i, (enum_range(NULL::hue))[1 + i % 3] FROM generate_series(1, 14) i;
CREATE TABLE events (user_id integer, item_id integer, t integer);
CREATE INDEX ON events (user_id, t);
INSERT INTO events SELECT u, 1 + (u * 5 + n * n) % 12, n FROM generate_series(1, 8) u, generate_series(1, 8) n;
SELECT holomamba.create_model('m', 'events', 'user_id', 'item_id', '{t}', 'items', 'item_id', '{genre,price}',
    '{"dimension": 8, "layers": 1, "state_size": 2, "epochs": 2, "threads": 1}');
-- before the first training
SELECT holomamba.change_attributes('m', '{price}');
SELECT holomamba.change_attributes('m', '{genre,price}');
CALL holomamba.train('m', holdout => 'leave_one_out');
CREATE FUNCTION pg_temp.lists() RETURNS text LANGUAGE sql AS $$
    SELECT md5(string_agg(u || ':' || r.item_id || ':' || r.score, ',' ORDER BY u, r.score DESC, r.item_id))
    FROM generate_series(1, 8) u, recommend(u, 20, 'm', exclude_seen => false) r $$;
CREATE FUNCTION pg_temp.target(item integer) RETURNS hrr LANGUAGE sql AS $$ SELECT target FROM holomamba.m_items WHERE item_id = item $$;
SELECT pg_temp.lists() AS lists, pg_temp.target(3) AS target \gset

-- What it refuses
CREATE ROLE regress_other;
GRANT USAGE ON SCHEMA other TO regress_other;
CREATE TABLE plain (user_id integer, item_id integer, t integer);
CREATE INDEX ON plain (user_id, t);
SELECT holomamba.create_model('plain', 'plain', 'user_id', 'item_id', '{t}');
SELECT statement, pg_temp.outcome(statement) FROM (VALUES
    ($$SELECT holomamba.change_attributes('m', NULL)$$), ($$SELECT holomamba.change_attributes('m', ARRAY['genre', NULL])$$),
    ($$SELECT holomamba.change_attributes('m', '{gender}')$$), ($$SELECT holomamba.change_attributes('m', '{notes}')$$),
    ($$SELECT holomamba.change_attributes('m', '{genre,genre}')$$), ($$SELECT holomamba.change_attributes('plain', '{genre}')$$),
    ($$SELECT holomamba.change_attributes('plain', '{}')$$), ($$SELECT holomamba.change_attributes('none', '{}')$$),
    ($$SELECT holomamba_internal.set_attributes('m', '{gender}')$$), ($$SELECT holomamba_internal.set_attributes('m', ARRAY[NULL]::name[])$$)) AS t (statement);
SET ROLE regress_other;
SELECT pg_temp.outcome($$SELECT holomamba.change_attributes('m', '{}')$$), pg_temp.outcome($$SELECT holomamba_internal.set_attributes('m', '{}')$$);
RESET ROLE;
SELECT holomamba.drop_model('plain');

-- The active version goes on with its own: the same lists, targets that follow the attributes that it has learned, in sessions that know it, too
SET client_min_messages = notice;
SELECT holomamba.change_attributes('m', '{colour,genre}');
SELECT holomamba.change_attributes('m', '{genre,price}');
SELECT holomamba.change_attributes('m', '{colour,genre}');
SET client_min_messages = warning;
SELECT m.attributes AS next, v.attributes AS active FROM holomamba.models m JOIN holomamba.versions v ON v.model = m.model AND v.active;
SELECT pg_temp.lists() = :'lists' AS same_lists;
BEGIN;
UPDATE items SET colour = 'red' WHERE item_id = 3;
SELECT pg_temp.target(3) = :'target'::hrr AS colour_is_unknown;
UPDATE items SET price = 1000 WHERE item_id = 3;
SELECT pg_temp.target(3) = :'target'::hrr AS price_is_not_known;
INSERT INTO items VALUES (20, 'genre 1', 2, 'red');
SELECT count(*) FROM recommend(1, 20, 'm') WHERE item_id = 20;
SELECT holomamba.activate('m', 1);
SELECT count(*) FROM holomamba.check_state('m');
ROLLBACK;
SELECT holomamba.activate('m', 1);
SELECT pg_temp.lists() = :'lists' AS same_lists, pg_temp.target(3) = :'target'::hrr AS same_target;
SELECT DISTINCT split_part(value, '=', 1) AS attribute FROM explain_recommendation(1, 3, 'm') WHERE kind = 'attribute' ORDER BY 1;
SELECT count(*) > 0 AS evaluated FROM holomamba.evaluate('m', version => 1);
SELECT holomamba.plot_items('m', 'price') LIKE '<svg%price%' AS plotted;
SELECT pg_temp.outcome($$SELECT holomamba.plot_items('m', 'colour') IS NULL$$);

-- A training that was begun before goes on with those that it began with
SELECT setval('holomamba.training_ids', 4000);
SELECT holomamba.change_attributes('m', '{genre}');
SELECT holomamba.start_training('m', 10000, 'leave_one_out', '{"patience": 10000}') AS job \gset
DO $$ BEGIN FOR i IN 1 .. 1200 LOOP EXIT WHEN EXISTS (SELECT FROM holomamba.trainings WHERE epoch >= 2); PERFORM pg_sleep(0.05); END LOOP; END $$;
-- also while it is under way
SELECT holomamba.change_attributes('m', '{colour,genre}');
SELECT holomamba.cancel_training(:job);
DO $$ BEGIN FOR i IN 1 .. 1200 LOOP EXIT WHEN NOT EXISTS (SELECT FROM holomamba.trainings); PERFORM pg_sleep(0.05); END LOOP; END $$;
SELECT version, attributes FROM holomamba.versions WHERE model = 'm' ORDER BY 1;
SET statement_timeout = '300ms';
CALL holomamba.resume_training('m');
RESET statement_timeout;
SELECT holomamba.forget_version('m', 2);

-- The next one has the others
CALL holomamba.train('m', holdout => 'leave_one_out');
SELECT version, active, attributes FROM holomamba.versions WHERE model = 'm' ORDER BY 1;
SELECT name, shape FROM holomamba.parameters WHERE model = 'm' AND name ~ 'embedding.(values|base|roles)' ORDER BY version, name;
SELECT DISTINCT split_part(value, '=', 1) AS attribute FROM explain_recommendation(1, 3, 'm') WHERE kind = 'attribute' ORDER BY 1;
SELECT pg_temp.target(3) AS target3 \gset
BEGIN;
UPDATE items SET price = 1000 WHERE item_id = 3;
SELECT pg_temp.target(3) = :'target3'::hrr AS price_is_unknown;
UPDATE items SET colour = 'green' WHERE item_id = 3;
SELECT pg_temp.target(3) = :'target3'::hrr AS colour_is_not_known;
ROLLBACK;
-- and no old weights can be its start
SELECT pg_temp.outcome($$SELECT holomamba_internal.begin_training('m', 1, 'none', '{"warm_start": 1}')$$);
CALL holomamba.train('m', 1, options => '{"warm_start": 2}');
CALL holomamba.train('m', 1, options => '{"warm_start": true}', holdout => 'leave_one_out');
SELECT count(*) FROM holomamba.check_state('m');
SELECT holomamba.activate('m', 1);
SELECT pg_temp.lists() = :'lists' AS first_one_again;
SELECT holomamba.activate('m', 2);

-- Columns that only an older version reads are followed and kept as long as it is there
ALTER TABLE items RENAME price TO cost;
ALTER TYPE hue RENAME VALUE 'red' TO 'crimson';
SELECT version, attributes FROM holomamba.versions WHERE model = 'm' ORDER BY 1;
SELECT field FROM holomamba.vocabulary WHERE model = 'm' AND version = 1 ORDER BY 1;
SELECT holomamba.activate('m', 1);
SELECT pg_temp.lists() = :'lists' AS same_lists;
SELECT pg_temp.outcome('ALTER TABLE items DROP cost'), pg_temp.outcome('ALTER TABLE items DROP colour'), pg_temp.outcome('ALTER TABLE items DROP item_id');
SELECT pg_temp.outcome('ALTER TABLE items ALTER cost TYPE jsonb USING to_jsonb(cost)');
SELECT holomamba.activate('m', 2);
SELECT holomamba.forget_version('m', 1);
ALTER TABLE items DROP cost;
UPDATE items SET genre = 'genre 2' WHERE item_id = 3;
SELECT count(*) FROM recommend(1, 3, 'm');

-- None at all, and some again
SELECT holomamba.change_attributes('m', '{}');
CALL holomamba.train('m');
SELECT count(*) FROM explain_recommendation(1, 3, 'm') WHERE kind = 'attribute';
UPDATE items SET genre = 'genre 1' WHERE item_id = 3;
INSERT INTO items VALUES (21, 'genre 1', 'green');
SELECT count(*) FROM recommend(1, 20, 'm') WHERE item_id = 21;
SELECT holomamba.change_attributes('m', '{genre}');
CALL holomamba.train('m');
SELECT version, active, attributes FROM holomamba.versions WHERE model = 'm' ORDER BY 1;
SELECT count(*) FROM holomamba.check_state('m');
SELECT holomamba.drop_model('m');
SET client_min_messages = error;
DROP SCHEMA other CASCADE;
DROP ROLE regress_other;
