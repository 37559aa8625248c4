-- What a role without rights on a model does to tables of his own changes nothing of the model, stops nobody and is stopped by
-- nothing: ddl_mallory against ddl_victim, by commands
\pset format unaligned
\set SHOW_CONTEXT never
SET client_min_messages = warning;

CREATE ROLE ddl_victim;
CREATE ROLE ddl_mallory;
CREATE SCHEMA ddl_victim AUTHORIZATION ddl_victim;
CREATE SCHEMA ddl_mallory AUTHORIZATION ddl_mallory;
CREATE SCHEMA ddl_common;
GRANT ALL ON SCHEMA ddl_common TO ddl_victim, ddl_mallory;

CREATE FUNCTION ddl_common.state_of(model text) RETURNS text LANGUAGE sql AS $$
    SELECT format('%s(%s, %s, %s), items %s(%s, %s), wrong: %s', m.interactions, m.user_column, m.item_column, m.order_columns,
                  m.items, m.item_key, m.attributes, (SELECT count(*) FROM holomamba.check_state(m.model)))
    FROM holomamba.models m WHERE m.model = state_of.model
$$;

-- Two tables of the same name, that of the model found by its owner alone: $user comes first in the path
SET ROLE ddl_victim;
CREATE TABLE events (user_id integer, item_id integer, t integer);
CREATE INDEX ON events (user_id);
CREATE TABLE wares (item_id integer PRIMARY KEY, genre text);
INSERT INTO wares SELECT i, 'genre ' || i % 3 FROM generate_series(1, 12) i;
INSERT INTO events SELECT u, 1 + (u * 5 + n * n) % 12, n FROM generate_series(1, 5) u, generate_series(1, 6) n;
SELECT holomamba.create_model('ddl_model', 'events', 'user_id', 'item_id', '{t}', 'wares', 'item_id', '{genre}',
    '{"dimension": 8, "layers": 1, "state_size": 2, "epochs": 1, "threads": 1}');
CALL holomamba.train('ddl_model');
SHOW search_path;
ALTER TABLE events RENAME user_id TO customer;
ALTER TABLE wares RENAME genre TO kind;
INSERT INTO events VALUES (1, 2, 10), (6, 2, 10);
SELECT ddl_common.state_of('ddl_model');

-- A table where the extension's owner would look for that name
SET ROLE ddl_mallory;
SELECT set_config('search_path', 'ddl_mallory, ddl_common', false);
CREATE TABLE events (customer integer, item_id integer, t integer);
ALTER TABLE events RENAME customer TO stolen;
ALTER TABLE events RENAME t TO customer;
CREATE TABLE wares (item_id integer PRIMARY KEY, kind text);
ALTER TABLE wares RENAME kind TO stolen;
ALTER TABLE wares ALTER item_id TYPE bigint;
ALTER TABLE events ALTER item_id TYPE text, DROP COLUMN stolen;
RESET search_path;
RESET ROLE;
CREATE TABLE public.events (customer integer, item_id integer, t integer);
ALTER TABLE public.events OWNER TO ddl_mallory;
SET ROLE ddl_mallory;
ALTER TABLE public.events RENAME customer TO stolen;
RESET ROLE;
-- The model's own table is where nobody's path leads, a stranger's where the extension's owner's does
CREATE TABLE public.wares (item_id integer, kind text);
ALTER TABLE public.wares OWNER TO ddl_mallory;
SET ROLE ddl_mallory;
SET search_path = public;
ALTER TABLE wares RENAME kind TO stolen;
RESET search_path;
SET ROLE ddl_victim;
SELECT ddl_common.state_of('ddl_model');
INSERT INTO events VALUES (1, 2, 11), (7, 2, 10);
SELECT ddl_common.state_of('ddl_model');

-- The other way round: the model's table is where the extension's owner looks, and the stranger's is found by him alone
RESET ROLE;
CREATE TABLE public.ddl_clicks (user_id integer, item_id integer, t integer);
CREATE INDEX ON public.ddl_clicks (user_id);
ALTER TABLE public.ddl_clicks OWNER TO ddl_victim;
SET ROLE ddl_victim;
SELECT holomamba.create_model('ddl_clicks', 'ddl_clicks', 'user_id', 'item_id', '{t}');
SET ROLE ddl_mallory;
CREATE TABLE ddl_clicks (user_id integer, item_id integer, t integer);
ALTER TABLE ddl_clicks RENAME user_id TO stolen;
SET ROLE ddl_victim;
SELECT user_column FROM holomamba.models WHERE model = 'ddl_clicks';
INSERT INTO ddl_clicks VALUES (1, 1, 1);
SELECT holomamba.drop_model('ddl_clicks');

-- Columns of views, of types, of views over the victim's tables
GRANT SELECT ON events TO ddl_mallory;
GRANT USAGE ON SCHEMA ddl_victim TO ddl_mallory;
SET ROLE ddl_mallory;
CREATE VIEW ddl_mallory.view AS SELECT customer, item_id, t FROM ddl_victim.events;
ALTER VIEW ddl_mallory.view RENAME COLUMN customer TO stolen;
ALTER TABLE ddl_mallory.view RENAME COLUMN t TO customer;
CREATE TYPE ddl_mallory.type AS (customer integer, item_id integer);
ALTER TYPE ddl_mallory.type RENAME ATTRIBUTE customer TO stolen;
DROP VIEW ddl_mallory.view;
-- Another's table stays another's
ALTER TABLE ddl_victim.events RENAME customer TO stolen;
ALTER VIEW ddl_victim.events RENAME COLUMN customer TO stolen;
ALTER TABLE ddl_victim.events ALTER customer TYPE bigint;
CREATE TABLE ddl_mallory.child () INHERITS (ddl_victim.events);
CREATE TABLE ddl_mallory.child (LIKE ddl_victim.events);
ALTER TABLE ddl_mallory.child INHERIT ddl_victim.events;
SELECT holomamba.change_interactions('ddl_model', 'ddl_mallory.child');
SELECT holomamba_internal.set_tables('ddl_model', 'ddl_mallory.child', NULL, true);
SELECT holomamba.change_items('ddl_model', 'ddl_mallory.wares');
SELECT holomamba_internal.move_triggers('ddl_model', 'ddl_mallory.child', NULL, true, 'ddl_mallory'::regrole);
SELECT holomamba_internal.column_renamed('ddl_victim.events'::regclass, 1, 'item_id');
SELECT holomamba_internal.owner_changed('ddl_victim.events'::regclass, 'ddl_victim'::regrole);
SELECT holomamba_internal.create_triggers('ddl_model');
SELECT holomamba_internal.create_triggers_on('ddl_model', 'ddl_victim.events', false, true);
SELECT holomamba_internal.drop_leftovers('ddl_model', ARRAY['ddl_victim.events'::regclass], ARRAY['ddl_victim'::regrole]);
SELECT holomamba.drop_model('ddl_model');
SELECT holomamba.create_model('ddl_model', 'ddl_mallory.child', 'customer', 'item_id', '{t}');
SET ROLE ddl_victim;
SELECT ddl_common.state_of('ddl_model');
SELECT relation, count(*) FROM holomamba_internal.model_triggers('ddl_model') GROUP BY 1 ORDER BY 1;

-- Triggers of the names that a model's have, or of its function, on partitions of one's own: nobody's partitions are stopped
SET ROLE ddl_mallory;
CREATE FUNCTION ddl_mallory.nothing() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
CREATE TABLE ddl_mallory.visits (user_id integer, item_id integer, t integer) PARTITION BY RANGE (t);
CREATE INDEX ON ddl_mallory.visits (user_id);
SELECT holomamba.create_model('ddl_visits', 'ddl_mallory.visits', 'user_id', 'item_id', '{t}',
    options => '{"dimension": 8, "layers": 1, "state_size": 2, "epochs": 1, "threads": 1}');
CREATE TABLE ddl_mallory.visits_1 (user_id integer, item_id integer, t integer);
CREATE TRIGGER holomamba_ddl_visits_insert AFTER INSERT ON ddl_mallory.visits_1 FOR EACH STATEMENT EXECUTE FUNCTION ddl_mallory.nothing();
CREATE TRIGGER holomamba_ddl_visits_delete AFTER DELETE ON ddl_mallory.visits_1 FOR EACH STATEMENT EXECUTE FUNCTION holomamba_internal.follow_events('ddl_visits');
ALTER TABLE ddl_mallory.visits ATTACH PARTITION ddl_mallory.visits_1 FOR VALUES FROM (0) TO (100);
INSERT INTO ddl_mallory.visits SELECT u, 1 + (u * 5 + n * n) % 12, n FROM generate_series(1, 5) u, generate_series(1, 6) n;
CALL holomamba.train('ddl_visits');
INSERT INTO ddl_mallory.visits_1 VALUES (1, 2, 50), (9, 2, 50);
UPDATE ddl_mallory.visits_1 SET item_id = 5 WHERE user_id = 2;
SELECT count(*) FROM holomamba.check_state('ddl_visits');
SELECT tgname, tgtype, tgfoid::regproc FROM pg_trigger WHERE tgrelid = 'ddl_mallory.visits_1'::regclass ORDER BY 1;
DROP TRIGGER holomamba_ddl_visits_insert_1 ON ddl_mallory.visits_1;
DROP TRIGGER holomamba_ddl_visits_update ON ddl_mallory.visits_1;
DROP TRIGGER holomamba_ddl_visits_delete_1 ON ddl_mallory.visits_1;
DROP TRIGGER holomamba_ddl_visits_delete ON ddl_mallory.visits_1;
DROP TRIGGER holomamba_ddl_visits_truncate ON ddl_mallory.visits_1;
SET ROLE ddl_victim;
CREATE TABLE ddl_victim.logs (user_id integer, item_id integer, t integer) PARTITION BY RANGE (t);
CREATE TABLE ddl_victim.logs_1 PARTITION OF ddl_victim.logs FOR VALUES FROM (0) TO (100);
ALTER TABLE ddl_victim.logs DETACH PARTITION ddl_victim.logs_1;

-- Nobody is given a model, with what is hung on its tables, whose role the giver may not take
SET ROLE ddl_mallory;
CREATE TABLE ddl_mallory.own_wares (item_id integer PRIMARY KEY);
SELECT holomamba.create_model('ddl_gift', 'ddl_mallory.child', 'customer', 'item_id', '{t}', 'ddl_mallory.own_wares', 'item_id');
RESET ROLE;
ALTER TABLE ddl_mallory.own_wares OWNER TO ddl_victim;
SET ROLE ddl_mallory;
SELECT holomamba_internal.set_tables('ddl_gift', 'ddl_mallory.own_wares', NULL, true);
SELECT holomamba_internal.set_tables('ddl_gift', 'ddl_mallory.own_wares', NULL, false);
RESET ROLE;
ALTER TABLE ddl_mallory.child OWNER TO ddl_victim;
ALTER TABLE holomamba.ddl_gift_users OWNER TO ddl_mallory;
ALTER TABLE holomamba.ddl_gift_items OWNER TO ddl_mallory;
SET ROLE ddl_mallory;
SELECT holomamba.change_interactions('ddl_gift', 'ddl_mallory.child');
SELECT holomamba_internal.set_tables('ddl_gift', 'ddl_mallory.child', 'ddl_mallory.own_wares', false);
SELECT owner FROM holomamba.models WHERE model = 'ddl_gift';
SELECT holomamba.drop_model('ddl_gift');
RESET ROLE;
ALTER TABLE ddl_mallory.child OWNER TO ddl_mallory;

-- A model's function hung on a table of one's own: it stays there, and the owner of the model takes no notice
SET ROLE ddl_mallory;
CREATE TABLE ddl_mallory.parent (customer integer, item_id integer, t integer);
CREATE TRIGGER forged AFTER TRUNCATE ON ddl_mallory.child FOR EACH STATEMENT EXECUTE FUNCTION holomamba_internal.follow_events('ddl_model');
SET ROLE ddl_victim;
CREATE TABLE ddl_victim.more (customer integer, item_id integer, t integer);
ALTER TABLE ddl_victim.more INHERIT ddl_victim.events;
ALTER TABLE ddl_victim.more NO INHERIT ddl_victim.events;
SELECT relation, count(*) FROM holomamba_internal.model_triggers('ddl_model') GROUP BY 1 ORDER BY 1;
-- What his command takes off is a trigger of his own table
SET ROLE ddl_mallory;
ALTER TABLE ddl_mallory.child INHERIT ddl_mallory.parent;
ALTER TABLE ddl_mallory.child NO INHERIT ddl_mallory.parent;
SELECT relation, count(*) FROM holomamba_internal.model_triggers('ddl_model') GROUP BY 1 ORDER BY 1;

-- A table given away takes the model along if it is the giver's to give. Otherwise it stays, and says so.
RESET ROLE;
CREATE ROLE ddl_heir;
GRANT ddl_heir TO ddl_victim;
GRANT ALL ON SCHEMA ddl_victim TO ddl_heir;
ALTER TABLE holomamba.ddl_visits_users OWNER TO ddl_victim;
ALTER TABLE holomamba.ddl_visits_items OWNER TO ddl_victim;
GRANT ddl_heir TO ddl_mallory;
GRANT ALL ON SCHEMA ddl_mallory TO ddl_heir;
SET ROLE ddl_mallory;
ALTER TABLE ddl_mallory.visits OWNER TO ddl_heir;
SELECT owner FROM holomamba.models WHERE model = 'ddl_visits';
SET ROLE ddl_victim;
SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = 'holomamba.ddl_visits_users'::regclass;
-- An owner of items who may not do away with the model is not stopped by it
ALTER TABLE ddl_victim.wares OWNER TO ddl_heir;
RESET ROLE;
REVOKE ddl_heir FROM ddl_victim, ddl_mallory;
SET ROLE ddl_heir;
ALTER TABLE ddl_victim.wares DROP COLUMN kind;
RESET ROLE;
-- Nor is the owner of a type
GRANT ALL ON SCHEMA ddl_common TO ddl_heir;
SET ROLE ddl_mallory;
CREATE TYPE ddl_common.mood AS ENUM ('sad', 'happy');
SET ROLE ddl_victim;
ALTER TABLE ddl_victim.events ADD COLUMN mood ddl_common.mood;
SELECT holomamba.drop_model('ddl_model');
SELECT holomamba.create_model('ddl_model', 'ddl_victim.events', 'customer', 'item_id', '{t,mood}');
SET ROLE ddl_mallory;
DROP TYPE ddl_common.mood CASCADE;
RESET ROLE;

-- Names of the tables that other models will have: an index takes that of its constraint, whoever may create there
SET ROLE ddl_mallory;
CREATE TABLE ddl_mallory.own (user_id integer, item_id integer, t integer, PRIMARY KEY (user_id, t));
SELECT holomamba.create_model('ddl_own', 'ddl_mallory.own', 'user_id', 'item_id', '{t}');
ALTER TABLE holomamba.ddl_own_items RENAME CONSTRAINT ddl_own_items_pkey TO ddl_books_items;
ALTER TABLE holomamba.ddl_own_items RENAME CONSTRAINT ddl_own_items_pkey TO ddl_books_users_pkey;
ALTER TABLE holomamba.ddl_own_items ADD CONSTRAINT ddl_books_users UNIQUE (popularity);
-- Others are hers to give, of her own tables too
ALTER TABLE holomamba.ddl_own_items RENAME CONSTRAINT ddl_own_items_pkey TO ddl_own_key;
ALTER TABLE holomamba.ddl_own_items RENAME CONSTRAINT ddl_own_key TO ddl_own_items_pkey;
ALTER TABLE ddl_mallory.own RENAME CONSTRAINT own_pkey TO ddl_books_items;
-- Where event triggers were off
RESET ROLE;
ALTER EVENT TRIGGER holomamba_follow_commands DISABLE;
SET ROLE ddl_mallory;
ALTER TABLE holomamba.ddl_own_items RENAME CONSTRAINT ddl_own_items_pkey TO ddl_books_items;
RESET ROLE;
ALTER EVENT TRIGGER holomamba_follow_commands ENABLE;
SET ROLE ddl_victim;
SELECT holomamba.create_model('ddl_books', 'ddl_victim.events', 'customer', 'item_id', '{t}');
SET ROLE ddl_mallory;
ALTER TABLE holomamba.ddl_own_items RENAME CONSTRAINT ddl_books_items TO ddl_own_items_pkey;
SET ROLE ddl_victim;
SELECT holomamba.create_model('ddl_books', 'ddl_victim.events', 'customer', 'item_id', '{t}');
RESET ROLE;

-- Views and functions of who may not read the tables of a model keep nobody from dropping it; those of who may do
SET ROLE ddl_mallory;
CREATE VIEW ddl_mallory.thorn AS SELECT * FROM holomamba.ddl_books_users;
CREATE VIEW ddl_mallory.on_thorn AS SELECT * FROM ddl_mallory.thorn;
CREATE FUNCTION ddl_mallory.thorn() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT count(*) FROM holomamba.ddl_books_items; END;
CREATE TABLE ddl_mallory.thorns (x holomamba.ddl_books_items);
SET ROLE ddl_victim;
CREATE VIEW ddl_victim.last_seen AS SELECT user_id, last_1 FROM holomamba.ddl_books_users;
SELECT holomamba.drop_model('ddl_books');
DROP VIEW ddl_victim.last_seen;
SET client_min_messages = error;
SELECT holomamba.drop_model('ddl_books');
SET client_min_messages = warning;
SELECT holomamba.create_model('ddl_books', 'ddl_victim.events', 'customer', 'item_id', '{t}');
RESET ROLE;

-- A column that goes, and with it the type that it has, and its table
CREATE SCHEMA ddl_types;
CREATE TYPE ddl_types.pair AS (x text);
CREATE SCHEMA ddl_columns;
CREATE TABLE ddl_columns.pairs (x ddl_types.pair);
SET client_min_messages = error;
DROP SCHEMA ddl_types, ddl_columns CASCADE;

SELECT holomamba.drop_model('ddl_model'), holomamba.drop_model('ddl_visits'), holomamba.drop_model('ddl_own'), holomamba.drop_model('ddl_books');
DROP TABLE public.events, public.wares, public.ddl_clicks;
DROP SCHEMA ddl_victim, ddl_mallory, ddl_common CASCADE;
DROP ROLE ddl_victim, ddl_mallory, ddl_heir;
