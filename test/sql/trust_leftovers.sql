-- What is left of a model that has lost its tables, its row of the catalogue or its owner: the application lives on, and
-- drop_model() and create_model() clean up
\pset format unaligned
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE ROLE left_alice;
CREATE ROLE left_bob;
CREATE SCHEMA leftovers;
GRANT ALL ON SCHEMA leftovers TO left_alice, left_bob;
SET search_path = leftovers, public;
CREATE FUNCTION left_of(model text) RETURNS text LANGUAGE sql AS $$
    SELECT format('%s rows, %s tables, %s triggers, %s versions',
                  (SELECT count(*) FROM holomamba.model_catalogue m WHERE m.model = left_of.model),
                  (SELECT count(*) FROM pg_class c WHERE c.relnamespace = 'holomamba'::regnamespace AND c.relname IN (model || '_users', model || '_items')),
                  (SELECT count(*) FROM holomamba_internal.model_triggers(model)),
                  (SELECT count(*) FROM holomamba.version_catalogue v WHERE v.model = left_of.model))
$$;
CREATE PROCEDURE make(model text) LANGUAGE plpgsql AS $$ BEGIN
    CREATE TABLE IF NOT EXISTS leftovers.events (user_id integer, item_id integer, t integer);
    CREATE INDEX IF NOT EXISTS events_user_idx ON leftovers.events (user_id);
    CREATE TABLE IF NOT EXISTS leftovers.wares (item_id integer PRIMARY KEY);
    PERFORM holomamba.create_model(model, 'leftovers.events', 'user_id', 'item_id', '{t}', 'leftovers.wares', 'item_id',
        options => '{"dimension": 8, "layers": 1, "state_size": 2, "epochs": 1, "threads": 1}');
    INSERT INTO leftovers.wares SELECT n FROM generate_series(1, 12) n ON CONFLICT DO NOTHING;
    INSERT INTO leftovers.events SELECT u, 1 + (u * 5 + n * n) % 12, n FROM generate_series(1, 5) u, generate_series(1, 6) n;
END $$;

-- A table of the model is dropped
SET ROLE left_alice;
CALL make('left');
CALL holomamba.train('left');
DROP TABLE holomamba.left_users;
SELECT left_of('left');
SELECT holomamba.activate('left', 1);
SET ROLE left_bob;
SELECT holomamba.drop_model('left');
CREATE TABLE others (user_id integer, item_id integer, t integer);
CREATE INDEX ON others (user_id);
SELECT holomamba.create_model('left', 'others', 'user_id', 'item_id', '{t}');
SET ROLE left_alice;
SELECT holomamba.drop_model('left');
SELECT left_of('left');
INSERT INTO events VALUES (1, 2, 7);
CALL make('left');
CALL holomamba.train('left');
DROP TABLE holomamba.left_items, holomamba.left_users;
SET client_min_messages = notice;
CALL make('left');
SET client_min_messages = warning;
SELECT left_of('left');
CALL holomamba.train('left');
SELECT count(*) FROM holomamba.check_state('left');
CALL make('left');

-- The events are dropped, and with them what was hung on them
DROP TABLE events;
SELECT left_of('left');
CALL holomamba.train('left');
SET client_min_messages = notice;
CALL make('left');
SET client_min_messages = warning;
SELECT left_of('left');
CALL holomamba.train('left');
-- or are to be others: what was learned stays
DROP TABLE events;
CREATE TABLE events (user_id integer, item_id integer, t integer);
CREATE INDEX ON events (user_id);
INSERT INTO events VALUES (1, 2, 3), (1, 3, 4);
SELECT holomamba.change_interactions('left', 'events');
SELECT left_of('left'), (SELECT count(*) FROM holomamba.check_state('left')), (SELECT sum(events) FROM holomamba.left_users);
SELECT holomamba.drop_model('left');

-- Everything that a role owned is dropped: anybody may have the name, and nobody has to
CALL make('left');
CALL holomamba.train('left');
RESET ROLE;
DROP OWNED BY left_alice;
SELECT left_of('left');
GRANT ALL ON SCHEMA leftovers TO left_alice;
SELECT user_column, owner FROM holomamba.models;
SET ROLE left_bob;
SET client_min_messages = notice;
SELECT holomamba.create_model('left', 'others', 'user_id', 'item_id', '{t}');
SET client_min_messages = warning;
SELECT left_of('left');
RESET ROLE;
DROP OWNED BY left_bob;
GRANT ALL ON SCHEMA leftovers TO left_bob;
SET ROLE left_alice;
SELECT holomamba.drop_model('left');
SELECT left_of('left');
SELECT holomamba.drop_model('left');

-- A dump without the catalogue's rows: tables and triggers are there, and no model
CALL make('left');
CALL holomamba.train('left');
RESET ROLE;
CREATE FUNCTION forget(model text) RETURNS void LANGUAGE sql AS $$
    DELETE FROM holomamba.model_catalogue m WHERE m.model = forget.model;
    DELETE FROM holomamba.version_catalogue v WHERE v.model = forget.model
$$;
SELECT forget('left');
SELECT left_of('left');
SET ROLE left_bob;
SELECT holomamba.drop_model('left');
CREATE TABLE others (user_id integer, item_id integer, t integer);
CREATE INDEX ON others (user_id);
SELECT holomamba.create_model('left', 'others', 'user_id', 'item_id', '{t}');
SET ROLE left_alice;
SELECT holomamba.drop_model('left');
SELECT left_of('left');
CALL make('left');
RESET ROLE;
SELECT forget('left');
SET ROLE left_alice;
SET client_min_messages = notice;
CALL make('left');
SET client_min_messages = warning;
CALL holomamba.train('left');
SELECT left_of('left'), (SELECT count(*) FROM holomamba.check_state('left'));

-- A dump of the user's schema alone: triggers and nothing else. They are left on a table of another owner than the new model's.
DROP TABLE holomamba.left_users, holomamba.left_items;
RESET ROLE;
SELECT forget('left');
SELECT left_of('left');
SET ROLE left_bob;
SELECT holomamba.drop_model('left');
SELECT holomamba.create_model('left', 'others', 'user_id', 'item_id', '{t}');
SELECT left_of('left');
SELECT holomamba.drop_model('left');
SELECT left_of('left');
SET ROLE left_alice;
SET client_min_messages = notice;
CALL make('left');
SET client_min_messages = warning;
SELECT left_of('left');
CALL holomamba.train('left');
SELECT count(*) FROM holomamba.check_state('left');
SELECT holomamba.drop_model('left');
-- Triggers that a superuser's new model of the name finds on the tables of strangers stay there
CREATE TRIGGER forged AFTER TRUNCATE ON events FOR EACH STATEMENT EXECUTE FUNCTION holomamba_internal.follow_events('left');
RESET ROLE;
CREATE TABLE admins (user_id integer, item_id integer, t integer);
CREATE INDEX ON admins (user_id);
SELECT holomamba.create_model('left', 'admins', 'user_id', 'item_id', '{t}');
SELECT tgrelid::regclass, count(*) FROM pg_trigger WHERE tgfoid = 'holomamba_internal.follow_events'::regproc GROUP BY 1 ORDER BY 1;
SELECT holomamba.drop_model('left');
SELECT tgrelid::regclass, count(*) FROM pg_trigger WHERE tgfoid = 'holomamba_internal.follow_events'::regproc GROUP BY 1 ORDER BY 1;
-- Tables of such a name that the extension has made itself are nobody's leftovers
SELECT * FROM holomamba_internal.own_tables('training');
SELECT holomamba.drop_model('version');

-- Leftovers that something hangs on are said to be in the way
SET ROLE left_alice;
DROP TRIGGER forged ON events;
CALL make('left');
CREATE VIEW of_users AS SELECT user_id FROM holomamba.left_users;
RESET ROLE;
SELECT forget('left');
SET ROLE left_alice;
CALL make('left');
SELECT holomamba.drop_model('left');
DROP VIEW of_users;
SELECT holomamba.drop_model('left');
SELECT left_of('left');
RESET ROLE;

-- The extension makes its schema itself
CREATE DATABASE left_database;
\set former :DBNAME
\c left_database
\set VERBOSITY default
CREATE SCHEMA holomamba;
CREATE EXTENSION holomamba SCHEMA holomamba;
CREATE EXTENSION holomamba;
DROP SCHEMA holomamba;
CREATE SCHEMA "Other schema";
CREATE EXTENSION holomamba SCHEMA "Other schema";
DROP SCHEMA holomamba CASCADE;
ALTER SCHEMA "Other schema" RENAME TO other;
ALTER SCHEMA public RENAME TO other;
\c :former
DROP DATABASE left_database;
SET client_min_messages = error;
DROP SCHEMA leftovers CASCADE;
DROP ROLE left_alice, left_bob;
