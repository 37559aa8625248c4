-- Commands that change the tables of a model: it follows, or they are refused, or somebody is told
\pset format unaligned
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE SCHEMA commands;
SET search_path = commands, public;
CREATE ROLE commands_alice;
CREATE ROLE commands_bob;
GRANT ALL ON SCHEMA commands TO commands_alice, commands_bob;

CREATE FUNCTION columns_of(model text) RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws(' ', m.interactions, m.user_column, m.item_column, m.order_columns, m.items, m.item_key, m.attributes)
    FROM holomamba.models m WHERE m.model = columns_of.model
$$;
CREATE FUNCTION wrong(model text) RETURNS bigint LANGUAGE sql AS $$ SELECT count(*) FROM holomamba.check_state(model) $$;
CREATE FUNCTION tables_of(model text) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(concat(t.relation, ' ', t.count), ', ' ORDER BY t.relation::text COLLATE "C")
    FROM (SELECT relation, count(*) FROM holomamba_internal.model_triggers(model) GROUP BY 1) t
$$;
CREATE FUNCTION options() RETURNS jsonb LANGUAGE sql AS $$ SELECT '{"dimension": 8, "layers": 1, "state_size": 2, "epochs": 1, "threads": 1}'::jsonb $$;
CREATE PROCEDURE fill(events regclass) LANGUAGE plpgsql AS $$ BEGIN
    EXECUTE format('INSERT INTO %s (user_id, item_id, t) SELECT u, 1 + (u * 5 + n * n) %% 12, n FROM generate_series(1, 5) u, generate_series(1, 6) n', events);
END $$;

-- Columns renamed by every command that can do it
CREATE TYPE row_type AS (user_id integer, item_id integer, t integer);
CREATE TABLE typed OF row_type;
CREATE INDEX ON typed (user_id);
CREATE TABLE wares (item_id integer PRIMARY KEY, genre text);
INSERT INTO wares SELECT i, 'genre ' || i % 3 FROM generate_series(1, 12) i;
CALL fill('typed');
SELECT holomamba.create_model('typed', 'typed', 'user_id', 'item_id', '{t}', 'wares', 'item_id', '{genre}', options());
CALL holomamba.train('typed');
ALTER TYPE row_type RENAME ATTRIBUTE user_id TO customer CASCADE;
ALTER VIEW wares RENAME COLUMN genre TO kind;
ALTER MATERIALIZED VIEW wares RENAME COLUMN item_id TO id;
ALTER FOREIGN TABLE wares RENAME COLUMN kind TO class;
DO $$ BEGIN ALTER TYPE row_type RENAME ATTRIBUTE t TO "When" CASCADE; END $$;
CREATE FUNCTION rename() RETURNS void LANGUAGE sql AS 'ALTER TABLE wares RENAME class TO "select"';
SELECT rename();
SELECT columns_of('typed');
INSERT INTO typed VALUES (1, 2, 7), (9, 2, 7);
UPDATE wares SET "select" = 'genre 1' WHERE id = 3;
SELECT wrong('typed');
ALTER TYPE row_type DROP ATTRIBUTE "When" CASCADE;
ALTER TYPE row_type ALTER ATTRIBUTE customer TYPE bigint CASCADE;
INSERT INTO typed VALUES (4294967296 + 1, 2, 7), (1, 2, 8);
SELECT wrong('typed');
-- A view of the same name and columns is none of the model's
CREATE VIEW view AS SELECT * FROM typed;
ALTER TABLE view RENAME customer TO buyer;
SELECT columns_of('typed');
DROP VIEW view;
-- A table that is renamed says where the model goes
ALTER TABLE typed RENAME TO typed_old;
ALTER INDEX wares RENAME TO wares_old;
ALTER SCHEMA commands RENAME TO commands_2;
ALTER SCHEMA commands_2 RENAME TO commands;
SELECT columns_of('typed');
INSERT INTO typed_old VALUES (1, 2, 9);
SELECT wrong('typed');
SELECT holomamba.drop_model('typed');
DROP TABLE typed_old, wares_old;

-- Partitions by every command that can make one, those of partitions, and a default one
CREATE TABLE visits (user_id integer, item_id integer, t integer) PARTITION BY RANGE (t);
CREATE INDEX ON visits (user_id);
SELECT holomamba.create_model('visits', 'visits', 'user_id', 'item_id', '{t}', options => options());
CREATE SCHEMA commands_parts
    CREATE TABLE visits_1 PARTITION OF commands.visits FOR VALUES FROM (0) TO (100)
    CREATE TABLE other (x integer);
CREATE TABLE visits_2 (LIKE visits);
ALTER TABLE visits ATTACH PARTITION visits_2 FOR VALUES FROM (100) TO (200);
CREATE TABLE visits_3 PARTITION OF visits DEFAULT PARTITION BY LIST (user_id);
CREATE TABLE visits_3_1 (LIKE visits) PARTITION BY LIST (item_id);
CREATE TABLE visits_3_1_1 PARTITION OF visits_3_1 DEFAULT;
ALTER TABLE visits_3 ATTACH PARTITION visits_3_1 DEFAULT;
SELECT tables_of('visits');
CALL fill('visits');
CALL holomamba.train('visits');
INSERT INTO commands_parts.visits_1 VALUES (1, 2, 50), (1, 2, 51);
INSERT INTO visits_2 VALUES (1, 2, 150);
INSERT INTO visits_3 VALUES (1, 2, 350);
INSERT INTO visits_3_1 VALUES (1, 2, 351);
INSERT INTO visits_3_1_1 VALUES (2, 2, 351), (1, 2, 352);
UPDATE visits SET t = t + 50 WHERE user_id = 2;
COPY visits FROM STDIN (DELIMITER ' ');
1 5 500
\.
SELECT wrong('visits');
-- What is in those that come and go is a matter for a repair, and they say so
ALTER TABLE visits DETACH PARTITION visits_2;
ALTER TABLE visits_3 DETACH PARTITION visits_3_1;
SELECT tables_of('visits');
SELECT wrong('visits');
INSERT INTO visits_3_1 VALUES (1, 2, 351);
SELECT holomamba.rebuild_state('visits');
SELECT wrong('visits');
ALTER TABLE visits ATTACH PARTITION visits_2 FOR VALUES FROM (100) TO (200);
SELECT wrong('visits') > 0 AS wrong;
SELECT holomamba.rebuild_state('visits');
-- Triggers that were left on a table stay in use when it comes again
ALTER TABLE visits_3 ATTACH PARTITION visits_3_1 DEFAULT;
SELECT holomamba.rebuild_state('visits');
INSERT INTO visits_3_1_1 VALUES (2, 2, 353), (1, 2, 353);
SELECT wrong('visits'), tables_of('visits');
ALTER TABLE visits DETACH PARTITION visits_3;
ALTER TABLE visits DETACH PARTITION visits_2 CONCURRENTLY;
SELECT holomamba.rebuild_state('visits');
INSERT INTO visits_2 VALUES (1, 2, 150);
SELECT wrong('visits'), tables_of('visits');

DROP TABLE commands_parts.visits_1;
SELECT holomamba.rebuild_state('visits');

-- Foreign tables cannot be parts, whichever way they come
CREATE FOREIGN DATA WRAPPER commands_wrapper;
CREATE SERVER commands_server FOREIGN DATA WRAPPER commands_wrapper;
CREATE FOREIGN TABLE visits_far PARTITION OF visits FOR VALUES FROM (100) TO (200) SERVER commands_server;
CREATE FOREIGN TABLE visits_far (user_id integer, item_id integer, t integer) SERVER commands_server;
ALTER TABLE visits ATTACH PARTITION visits_far FOR VALUES FROM (100) TO (200);
CREATE TABLE visits_4 (LIKE visits) PARTITION BY RANGE (t);
ALTER TABLE visits_4 ATTACH PARTITION visits_far FOR VALUES FROM (100) TO (150);
ALTER TABLE visits ATTACH PARTITION visits_4 FOR VALUES FROM (100) TO (200);
SELECT holomamba.create_model('far', 'visits_4', 'user_id', 'item_id', '{t}');
UPDATE visits SET item_id = 3 WHERE user_id = 3;
SELECT wrong('visits');
SELECT holomamba.drop_model('visits');
DROP TABLE visits, visits_2, visits_3, visits_4;
DROP SCHEMA commands_parts CASCADE;

-- Partitioned items: all of it, whichever table the statement names
CREATE TABLE wares (item_id integer, genre text, PRIMARY KEY (item_id)) PARTITION BY RANGE (item_id);
CREATE TABLE wares_1 (genre text, item_id integer NOT NULL PRIMARY KEY);
ALTER TABLE wares ATTACH PARTITION wares_1 FOR VALUES FROM (0) TO (100);
INSERT INTO wares SELECT i, 'genre ' || i % 3 FROM generate_series(1, 12) i;
CREATE TABLE events (user_id integer, item_id integer, t integer);
CREATE INDEX ON events (user_id);
CALL fill('events');
SELECT holomamba.create_model('goods', 'events', 'user_id', 'item_id', '{t}', 'wares', 'item_id', '{genre}', options());
CALL holomamba.train('goods');
CREATE TABLE wares_2 PARTITION OF wares FOR VALUES FROM (100) TO (200) PARTITION BY LIST (item_id);
CREATE TABLE wares_2_1 PARTITION OF wares_2 DEFAULT;
SELECT tables_of('goods');
CREATE FUNCTION on_sale() RETURNS text LANGUAGE sql AS
    $$ SELECT string_agg(item_id::text, ',' ORDER BY item_id) FROM holomamba.goods_items WHERE target IS NOT NULL $$;
INSERT INTO events VALUES (1, 20, 7), (1, 101, 8), (1, 102, 9), (1, 103, 10);
INSERT INTO wares_1 (item_id, genre) VALUES (20, 'genre 1');
INSERT INTO wares_2 VALUES (101, 'genre 1');
INSERT INTO wares_2_1 VALUES (102, 'genre 1'), (104, 'genre 2');
DELETE FROM wares_1 WHERE item_id = 3;
UPDATE wares_1 SET item_id = 21 WHERE item_id = 4;
SELECT on_sale(), wrong('goods');
CREATE TEMPORARY TABLE before AS SELECT target FROM holomamba.goods_items WHERE item_id = 5;
UPDATE wares_1 SET genre = 'genre 0' WHERE item_id = 5;
SELECT i.target <> b.target AS described_anew FROM holomamba.goods_items i, before b WHERE i.item_id = 5;
TRUNCATE wares_2_1;
SELECT on_sale(), wrong('goods');
INSERT INTO wares_2_1 VALUES (103, 'genre 1');
ALTER TABLE wares DETACH PARTITION wares_2;
SELECT tables_of('goods');
INSERT INTO wares_2_1 VALUES (105, 'genre 1');
SELECT on_sale();
SELECT holomamba.activate('goods', 1);
SELECT on_sale(), wrong('goods');
ALTER TABLE wares ATTACH PARTITION wares_2 FOR VALUES FROM (100) TO (200);
SELECT holomamba.activate('goods', 1);
SELECT on_sale(), wrong('goods');
TRUNCATE wares CASCADE;
SELECT on_sale();

-- Another table takes the place of the items: by rename, and where they become a part
CREATE TABLE wares_new (item_id integer PRIMARY KEY, genre text);
INSERT INTO wares_new VALUES (1, 'genre 1'), (30, 'genre 2');
SELECT holomamba.change_items('goods', NULL);
SELECT holomamba.change_items('goods', 'events');
SELECT holomamba.change_items('goods', 'wares_1');
ALTER TABLE wares_new RENAME genre TO other;
SELECT holomamba.change_items('goods', 'wares_new');
ALTER TABLE wares_new RENAME other TO genre;
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT holomamba.change_items('goods', 'wares_new');
ROLLBACK;
SELECT holomamba.change_items('goods', 'wares_new');
SELECT tables_of('goods'), columns_of('goods'), on_sale(), wrong('goods');
INSERT INTO wares_new VALUES (31, 'genre 1');
SELECT on_sale();
CREATE TABLE wares_all (item_id integer UNIQUE, genre text);
ALTER TABLE wares_new INHERIT wares_all;
SELECT holomamba.change_items('goods', 'wares_all');
INSERT INTO wares_all VALUES (32, 'genre 1');
INSERT INTO wares_new VALUES (33, 'genre 1');
SELECT tables_of('goods'), on_sale(), wrong('goods');
SELECT holomamba.drop_model('goods');
DROP TABLE wares, wares_all, wares_new;

-- A live table becomes a partition of its successor: said, and put right by change_interactions()
SELECT holomamba.create_model('live', 'events', 'user_id', 'item_id', '{t}', options => options());
CALL holomamba.train('live');
CREATE TABLE events_all (item_id integer, t integer, user_id integer) PARTITION BY RANGE (t);
CREATE TABLE events_2 PARTITION OF events_all FOR VALUES FROM (100) TO (200);
ALTER TABLE events_all ATTACH PARTITION events FOR VALUES FROM (0) TO (100);
INSERT INTO events_all (user_id, item_id, t) VALUES (1, 3, 50), (1, 3, 150), (11, 3, 150);
SELECT holomamba.change_interactions('live', NULL);
SELECT holomamba.change_interactions('nobody', 'events_all');
SELECT holomamba.change_interactions('live', 'events_2');
SELECT holomamba.change_interactions('live', 'events_all');
CREATE INDEX ON events_all (user_id);
SELECT tables_of('live'), columns_of('live'), wrong('live'), (SELECT events FROM holomamba.live_users WHERE user_id = 1);
INSERT INTO events_all (user_id, item_id, t) VALUES (1, 3, 51), (1, 3, 151), (11, 3, 151);
INSERT INTO events VALUES (1, 3, 52);
INSERT INTO events_2 (user_id, item_id, t) VALUES (1, 3, 152), (1, 3, 153);
DELETE FROM events_all WHERE user_id = 3;
SELECT wrong('live'), (SELECT events FROM holomamba.live_users WHERE user_id = 1);
-- Swapped by rename, to a table with wider columns: the old one is let go
CREATE TABLE events_new (user_id bigint, item_id bigint, t timestamp);
INSERT INTO events_new SELECT user_id, item_id, timestamp '2026-01-01' + t * interval '1 day' FROM events_all;
CREATE INDEX ON events_new (user_id);
ALTER TABLE events_all RENAME TO events_old;
ALTER TABLE events_new RENAME TO events_all;
SELECT columns_of('live');
SELECT holomamba.change_interactions('live', 'events_all');
SELECT tables_of('live'), columns_of('live'), wrong('live');
INSERT INTO events_all VALUES (4294967296 + 1, 3, '2027-01-01'), (1, 3, '2027-01-01');
INSERT INTO events_old VALUES (1, 3, 100);
SELECT wrong('live');
SELECT a.attname, format_type(a.atttypid, a.atttypmod) FROM pg_attribute a
WHERE a.attrelid = 'holomamba.live_users'::regclass AND a.attname ~ '^(user_id|last)' ORDER BY 1;
-- Not to a table without the columns, or with ids of another kind
CREATE TABLE events_odd (user_id bigint, item_id text, t timestamp);
SELECT holomamba.change_interactions('live', 'events_odd');
ALTER TABLE events_odd RENAME t TO at;
SELECT holomamba.change_interactions('live', 'events_odd');
SELECT holomamba.change_items('live', 'events_odd');
BEGIN ISOLATION LEVEL SERIALIZABLE;
SELECT holomamba.change_interactions('live', 'events_all');
ROLLBACK;
SELECT columns_of('live');
-- To the same table: a repair of what was done while event triggers were off
ALTER TABLE events_all RENAME t TO at;
ALTER TABLE events_all RENAME at TO t;
ALTER EVENT TRIGGER holomamba_follow_commands DISABLE;
ALTER TABLE events_all ALTER t TYPE date;
CREATE TABLE events_child () INHERITS (events_all);
ALTER EVENT TRIGGER holomamba_follow_commands ENABLE;
SELECT holomamba.change_interactions('live', 'events_all');
INSERT INTO events_child VALUES (1, 4, '2028-01-01');
SELECT tables_of('live'), wrong('live');
DROP TABLE events_child;
SELECT holomamba.rebuild_state('live');

-- A model on a table that inherits, or comes to
CREATE FOREIGN TABLE events_far () INHERITS (events_all) SERVER commands_server;
CREATE FOREIGN TABLE events_far (user_id bigint, item_id bigint, t date) SERVER commands_server;
ALTER FOREIGN TABLE events_far INHERIT events_all;
CREATE TABLE events_child () INHERITS (events_all);
SELECT holomamba.create_model('child', 'events_child', 'user_id', 'item_id', '{t}');
SELECT holomamba.create_model('both', 'events_all', 'user_id', 'item_id', '{t}', 'events_child', 'item_id');
CREATE TABLE above (user_id bigint, item_id bigint, t date);
ALTER TABLE events_all INHERIT above;
ALTER TABLE events_all NO INHERIT above;
ALTER TABLE events_child NO INHERIT events_all;
SELECT tables_of('live'), wrong('live');
DROP TABLE above, events_child;

-- Owners: the model goes with its events, to whoever gets them
CREATE TABLE wares (item_id bigint PRIMARY KEY);
GRANT SELECT ON wares TO commands_alice;
SELECT holomamba.drop_model('live');
SELECT holomamba.create_model('owned', 'events_all', 'user_id', 'item_id', '{t}', 'wares', 'item_id', options => options());
CALL holomamba.train('owned');
ALTER TABLE events_all OWNER TO commands_alice;
SELECT owner FROM holomamba.models;
SELECT c.relname, pg_get_userbyid(c.relowner) FROM pg_class c WHERE c.oid IN ('holomamba.owned_users'::regclass, 'holomamba.owned_items'::regclass) ORDER BY 1;
SET ROLE commands_alice;
INSERT INTO events_all VALUES (1, 5, '2029-01-01');
CALL holomamba.train('owned');
RESET ROLE;
ALTER TABLE events_all OWNER TO commands_bob;
GRANT SELECT ON wares TO commands_bob;
SELECT owner FROM holomamba.models;
REASSIGN OWNED BY commands_bob TO commands_alice;
SELECT owner FROM holomamba.models;
ALTER TABLE wares OWNER TO commands_bob;
SELECT wrong('owned');
ALTER TABLE events_all SET UNLOGGED;
ALTER TABLE events_all SET LOGGED;
ALTER TABLE events_all FORCE ROW LEVEL SECURITY;
ALTER TABLE events_all NO FORCE ROW LEVEL SECURITY;
-- A role gets the model with a table of his
CREATE TABLE events_new (LIKE events_all);
CREATE INDEX ON events_new (user_id);
ALTER TABLE events_new OWNER TO commands_bob;
SET ROLE commands_alice;
SELECT holomamba.change_interactions('owned', 'events_new');
RESET ROLE;
SELECT holomamba.change_interactions('owned', 'events_new');
SELECT owner, interactions FROM holomamba.models;
SELECT tables_of('owned'), wrong('owned');
SELECT holomamba.drop_model('owned');

-- The extension's own schemas keep their names
ALTER SCHEMA public RENAME TO other;
ALTER SCHEMA holomamba RENAME TO other;
ALTER EXTENSION holomamba SET SCHEMA commands;

SET client_min_messages = error;
DROP FOREIGN DATA WRAPPER commands_wrapper CASCADE;
DROP SCHEMA commands CASCADE;
DROP ROLE commands_alice, commands_bob;
