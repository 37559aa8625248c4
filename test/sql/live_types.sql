-- Values that cross from the owner's tables into the model's: a column that is not what it was is refused before a byte is touched
\pset format unaligned
\set SHOW_CONTEXT never
SET client_min_messages = warning;

-- What follows is what the triggers find where no event trigger has followed, or refused, the ALTER
SELECT format('ALTER EVENT TRIGGER %I DISABLE', evtname) FROM pg_event_trigger WHERE evtfoid::regproc::text LIKE 'holomamba_internal.%' ORDER BY evtname \gexec

CREATE COLLATION types_fold (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE PROCEDURE make(user_type text, item_type text, order_type text, order_value text) LANGUAGE plpgsql AS $make$
BEGIN
    EXECUTE format('CREATE TABLE types_events (u %s, i %s, t %s, n integer)', user_type, item_type, order_type);
    CREATE INDEX ON types_events (u);
    EXECUTE format('INSERT INTO types_events SELECT ($$1$$ || u)::%s, (1 + (u * 5 + n * n) %% 11)::text::%s, %s, n FROM generate_series(1, 6) u, generate_series(1, 6) n',
                   user_type, item_type, format(order_value, 'n'));
    PERFORM holomamba.create_model('types', 'types_events', 'u', 'i', '{t}', options => '{"dimension": 8, "layers": 1, "state_size": 2, "epochs": 1, "threads": 1}');
END $make$;
CREATE PROCEDURE unmake() LANGUAGE plpgsql AS $$ BEGIN PERFORM holomamba.drop_model('types'); DROP TABLE types_events; END $$;
CREATE FUNCTION outcome(statement text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE statement;
    RETURN 'done';
EXCEPTION WHEN OTHERS THEN
    RETURN concat_ws(' | ', SQLSTATE, SQLERRM);
END $$;
-- Each kind of statement on the events, and what it changed
CREATE PROCEDURE exercise(u text, i text, t text, INOUT outcomes text DEFAULT NULL, INOUT moved bigint DEFAULT NULL) LANGUAGE plpgsql AS $$
DECLARE
    row text := format('(%s, %s, %s)', u, i, t);
BEGIN
    CREATE TEMPORARY TABLE before AS SELECT user_id::text AS user_id, s.*::text AS row FROM holomamba.types_users s;
    SELECT string_agg(DISTINCT outcome(statement), E'\n') INTO outcomes FROM (VALUES
        (format('INSERT INTO types_events VALUES %s', row)), (format('INSERT INTO types_events VALUES %s, %1$s', row)),
        (format('UPDATE types_events SET i = %s WHERE n = 1', i)), ('DELETE FROM types_events WHERE n = 2'),
        ('SELECT holomamba.rebuild_state(''types'')'), ('SELECT holomamba.check_state(''types'')')) s (statement);
    SELECT count(*) INTO moved FROM before b FULL JOIN holomamba.types_users s ON s.user_id::text = b.user_id WHERE s.*::text IS DISTINCT FROM b.row;
    DROP TABLE before;
END $$;

-- Ids that grow
CALL make('integer', 'integer', 'integer', '%s');
CALL holomamba.train('types');
ALTER TABLE types_events ALTER u TYPE bigint;
CALL exercise('4294967296 + 15', '1', '100');
SELECT user_id FROM holomamba.types_users WHERE last_1 = 100;
ALTER TABLE types_events ALTER u TYPE integer, ALTER i TYPE bigint;
CALL exercise('15', '4294967296 + 1', '100');
ALTER TABLE types_events ALTER i TYPE smallint;
CALL exercise('15', '1', '100');
ALTER TABLE types_events ALTER i TYPE integer, ALTER t TYPE bigint;
CALL exercise('15', '1', '5000000000');
ALTER TABLE types_events ALTER t TYPE oid USING 1;
CALL exercise('15', '1', '4000000000');
ALTER TABLE types_events ALTER t TYPE integer USING n;
-- With its types back the model goes on
SELECT holomamba.rebuild_state('types');
INSERT INTO types_events VALUES (15, 1, 100);
SELECT * FROM holomamba.check_state('types');
ALTER TABLE types_events ALTER u TYPE text;
INSERT INTO types_events VALUES ('15', 1, 101);
CALL unmake();

-- Ids and orders that become something else
CALL make('text', 'text', 'text', '%s::text');
CALL holomamba.train('types');
ALTER TABLE types_events ALTER u TYPE bigint USING u::bigint;
CALL exercise('15', '''1''', '''9''');
ALTER TABLE types_events ALTER u TYPE text, ALTER i TYPE bigint USING i::bigint;
CALL exercise('''15''', '1', '''9''');
ALTER TABLE types_events ALTER i TYPE text, ALTER t TYPE bigint USING t::bigint;
CALL exercise('''15''', '''1''', '140000000000000');
ALTER TABLE types_events ALTER t TYPE char(20);
CALL exercise('''15''', '''1''', '''9''');
ALTER TABLE types_events ALTER t TYPE text COLLATE "C";
CALL exercise('''15''', '''1''', '''9''');
-- Equal for the one, different for the other
ALTER TABLE types_events ALTER t TYPE text, ALTER u TYPE text COLLATE types_fold;
CALL exercise('''u15''', '''1''', '''9''');
ALTER TABLE types_events ALTER u TYPE text, ALTER i TYPE text COLLATE types_fold;
CALL exercise('''15''', '''1''', '''9''');
ALTER TABLE types_events ALTER i TYPE text;
-- Of the two names of text each is the other
ALTER TABLE types_events ALTER u TYPE varchar(20), ALTER i TYPE varchar, ALTER t TYPE varchar;
INSERT INTO types_events VALUES ('15', '2', '90');
INSERT INTO types_events VALUES ('15', '3', '91'), ('16', '4', '90'), ('new', '4', '90');
UPDATE types_events SET i = '7' WHERE n = 1;
DELETE FROM types_events WHERE n = 2;
SELECT * FROM holomamba.check_state('types');
CALL unmake();
CALL make('integer', 'integer', 'bigint', '%s');
CALL holomamba.train('types');
ALTER TABLE types_events ALTER t TYPE text;
CALL exercise('15', '1', 'repeat(''x'', 100)');
CALL unmake();
CALL make('integer', 'integer', 'timestamp', 'timestamp ''2026-01-01'' + %s * interval ''1 day''');
CALL holomamba.train('types');
ALTER TABLE types_events ALTER t TYPE timestamptz;
CALL exercise('15', '1', 'now()');
ALTER TABLE types_events ALTER t TYPE date;
CALL exercise('15', '1', '''2026-05-01''');
CALL unmake();

-- Domains are what is under them, and what they allow is checked where they are
CREATE DOMAIN types_id AS integer CHECK (VALUE > 0);
CREATE DOMAIN types_time AS integer;
CALL make('types_id', 'types_id', 'types_time', '%s');
CALL holomamba.train('types');
INSERT INTO types_events VALUES (15, 2, 90);
INSERT INTO types_events VALUES (15, 3, 91), (16, 4, 90), (100, 4, 90), (15, 4, -1);
UPDATE types_events SET i = 7, u = u + 1 WHERE n = 1;
DELETE FROM types_events WHERE n = 2;
SELECT * FROM holomamba.check_state('types');
ALTER TABLE holomamba.types_users ALTER last_1 TYPE types_time;
INSERT INTO types_events VALUES (15, 2, 92);
ALTER TABLE holomamba.types_users ALTER last_1 TYPE integer;
INSERT INTO types_events VALUES (15, 2, 92);
SELECT * FROM holomamba.check_state('types');
CALL unmake();

-- Tables of the model's own, altered by their owner
CALL make('integer', 'integer', 'integer', '%s');
CALL holomamba.train('types');
SELECT holomamba.create_model('other', 'types_events', 'u', 'i', '{t}', options => '{"dimension": 12, "layers": 1, "state_size": 2, "epochs": 1, "threads": 1}');
CALL holomamba.train('other');
CREATE PROCEDURE damage(change text) LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE change;
    RAISE INFO '%', (SELECT string_agg(DISTINCT outcome(s), ' / ') FROM (VALUES
        ('INSERT INTO types_events VALUES (15, 1, 100)'), ('INSERT INTO types_events VALUES (15, 1, 100), (16, 2, 100)'),
        ('UPDATE types_events SET i = 3 WHERE n = 1'), ('DELETE FROM types_events WHERE n = 2')) AS s (s));
    ROLLBACK;
END $$;
CALL damage('ALTER TABLE holomamba.types_users ALTER state TYPE bigint USING 1');
CALL damage('ALTER TABLE holomamba.types_users ALTER state TYPE hrr USING vector');
CALL damage('ALTER TABLE holomamba.types_users ALTER vector TYPE text');
CALL damage('ALTER TABLE holomamba.types_users ALTER events TYPE text');
CALL damage('ALTER TABLE holomamba.types_users ALTER version TYPE bigint');
CALL damage('ALTER TABLE holomamba.types_users ALTER user_id TYPE bigint');
CALL damage('ALTER TABLE holomamba.types_users ALTER last_1 TYPE text');
CALL damage('ALTER TABLE holomamba.types_users ALTER last_1 TYPE json USING ''1''');
CALL damage('ALTER TABLE holomamba.types_users DROP COLUMN last_1');
CALL damage('ALTER TABLE holomamba.types_users DROP COLUMN state');
CALL damage('ALTER TABLE holomamba.types_users RENAME user_id TO id');
CALL damage('ALTER TABLE holomamba.types_users DROP CONSTRAINT types_users_pkey, ADD PRIMARY KEY (vector)');
CALL damage('ALTER TABLE holomamba.types_users DROP CONSTRAINT types_users_pkey');
CALL damage('ALTER TABLE holomamba.types_items ALTER item_id TYPE bigint');
CALL damage('DROP INDEX holomamba.types_items_target_idx; ALTER TABLE holomamba.types_items ALTER target TYPE text');
CALL damage('ALTER TABLE holomamba.types_items ALTER token TYPE bigint USING 1');
CALL damage('ALTER TABLE holomamba.types_items DROP COLUMN token');
CALL damage('ALTER TABLE holomamba.types_items ALTER popularity TYPE text');
CALL damage('ALTER TABLE holomamba.types_items DROP CONSTRAINT types_items_pkey, ADD PRIMARY KEY (token)');
CALL damage('DELETE FROM holomamba.types_users; DROP TABLE holomamba.types_users; CREATE VIEW holomamba.types_users AS SELECT 1 AS user_id');
-- Values in them
CALL damage('UPDATE holomamba.types_users SET state = NULL, vector = NULL, last_1 = NULL, events = 0');
CALL damage('UPDATE holomamba.types_users SET state = ssm_initial(''other'', 1)');
CALL damage('UPDATE holomamba.types_items SET token = hrr_random(5, 1)');
-- Whatever its owner has done, a model can be put right
SELECT holomamba.rebuild_state('types');
-- An item without its token counts as one that the model does not know: one event at a time, some, in a replay
ALTER TABLE holomamba.types_items ALTER token DROP NOT NULL;
UPDATE holomamba.types_items SET token = NULL WHERE item_id < 6;
SELECT holomamba.rebuild_state('types');
INSERT INTO types_events VALUES (15, 1, 100);
INSERT INTO types_events VALUES (15, 2, 101), (16, 3, 102), (77, 4, 1);
INSERT INTO types_events VALUES (78, 4, 1);
INSERT INTO types_events VALUES (16, 3, -5);
SELECT * FROM holomamba.check_state('types');
SELECT holomamba.drop_model('other');
CALL unmake();

-- A row of the catalogue that nobody checked
CREATE TABLE types_events (u integer, i integer, t integer, n integer);
CREATE TABLE types_goods (item_id integer PRIMARY KEY);
CREATE PROCEDURE by_hand(changes text) LANGUAGE plpgsql AS $$
BEGIN
    CREATE TEMPORARY TABLE row AS SELECT 'types'::name AS model, 'types_events'::regclass AS interactions, 'u'::name AS user_column, 'i'::name AS item_column, '{t}'::name[] AS order_columns,
        NULL::regclass AS items, NULL::name AS item_key, '{}'::name[] AS attributes, '{}'::jsonb AS options, 'integer'::regtype AS user_type, 'integer'::regtype AS item_type;
    EXECUTE 'UPDATE row SET ' || changes;
    INSERT INTO holomamba.model_catalogue (model, interactions, user_column, item_column, order_columns, items, item_key, attributes, options, user_type, item_type) SELECT * FROM row;
    PERFORM holomamba_internal.create_tables('types'), holomamba_internal.create_triggers('types');
    INSERT INTO types_events VALUES (1, 2, 3);
    RAISE EXCEPTION 'accepted';
END $$;
SELECT outcome($by$CALL by_hand('user_type = ''text''')$by$) NOT LIKE 'P0001%' AS refused;
SELECT outcome($by$CALL by_hand('item_type = ''text''')$by$) NOT LIKE 'P0001%' AS refused;
SELECT outcome($by$CALL by_hand('item_type = ''money''')$by$) NOT LIKE 'P0001%' AS refused;
SELECT outcome($by$CALL by_hand('user_type = ''bytea''')$by$) NOT LIKE 'P0001%' AS refused;
SELECT outcome($by$CALL by_hand('order_columns = ''{}''')$by$) NOT LIKE 'P0001%' AS refused;
SELECT outcome($by$CALL by_hand('items = ''types_goods''')$by$) NOT LIKE 'P0001%' AS refused;
SELECT outcome($by$CALL by_hand('items = ''types_goods'', item_key = ''nothing''')$by$) NOT LIKE 'P0001%' AS refused;
SELECT outcome($by$CALL by_hand('user_column = ''nothing''')$by$) NOT LIKE 'P0001%' AS refused;
SELECT outcome($by$CALL by_hand('order_columns = ''{nothing}''')$by$) NOT LIKE 'P0001%' AS refused;

-- A table that became a view
DROP TABLE types_events;
CALL make('integer', 'integer', 'integer', '%s');
SELECT holomamba.drop_model('types');
SELECT holomamba.create_model('types', 'types_events', 'u', 'i', '{t}', 'types_goods', 'item_id', options => '{"dimension": 8, "layers": 1, "state_size": 2, "epochs": 1, "threads": 1}');
CALL holomamba.train('types');
-- The key of the items crosses as text: any type of its family will do
ALTER TABLE types_goods ALTER item_id TYPE bigint;
INSERT INTO types_goods VALUES (1), (2);
SELECT count(*) FROM holomamba.types_items WHERE target IS NOT NULL;
ALTER TABLE types_goods ALTER item_id TYPE text;
INSERT INTO types_goods VALUES (3);
ALTER TABLE types_goods ALTER item_id TYPE integer USING item_id::integer;
TRUNCATE types_goods;
SELECT format('DROP TRIGGER %I ON %s', trigger_name, relation) FROM holomamba_internal.model_triggers('types') WHERE relation = 'types_goods'::regclass ORDER BY trigger_name \gexec
ALTER TABLE types_goods DROP CONSTRAINT types_goods_pkey, ALTER item_id DROP NOT NULL;
-- Since 16 the server refuses this itself
VACUUM types_goods;
SELECT outcome('CREATE RULE "_RETURN" AS ON SELECT TO types_goods DO INSTEAD SELECT 1 AS item_id') = 'done' AS made
\gset
SELECT outcome('INSERT INTO types_events VALUES (15, 1, 100)') = CASE WHEN :'made' THEN '42809 | public.types_goods of model "types" is not a table any more' ELSE 'done' END AS refused;
SELECT holomamba.drop_model('types');
SELECT format('DROP %s types_goods', CASE WHEN :'made' THEN 'VIEW' ELSE 'TABLE' END) AS drop \gset
:drop;
DROP TABLE types_events;

DROP PROCEDURE make, unmake, exercise, damage, by_hand;
DROP FUNCTION outcome;
DROP DOMAIN types_id, types_time;
DROP COLLATION types_fold;
SELECT format('ALTER EVENT TRIGGER %I ENABLE', evtname) FROM pg_event_trigger WHERE evtfoid::regproc::text LIKE 'holomamba_internal.%' ORDER BY evtname \gexec

-- A label of an enum is renamed: weights go by the new one
CREATE TYPE kind_of_film AS ENUM ('drama', 'comedy', 'war');
CREATE DOMAIN kinds_of_film AS kind_of_film[];
CREATE TABLE kinds (id integer PRIMARY KEY, kind kind_of_film, kinds kinds_of_film);
INSERT INTO kinds SELECT i, (ARRAY['drama', 'comedy', 'war'])[1 + i % 3]::kind_of_film, ARRAY[(ARRAY['drama', 'comedy'])[1 + i % 2]]::kind_of_film[] FROM generate_series(1, 12) i;
CREATE TABLE seen (who integer, id integer, t integer, PRIMARY KEY (who, t));
INSERT INTO seen SELECT u, 1 + (u * 5 + n * 7) % 12, n FROM generate_series(1, 8) u, generate_series(1, 6) n;
SET client_min_messages = warning;
SELECT holomamba.create_model('kinds', 'seen', 'who', 'id', '{t}', 'kinds', 'id', '{kind,kinds}', '{"dimension": 8, "layers": 1, "state_size": 1, "epochs": 1, "threads": 1}');
CALL holomamba.train('kinds');
CREATE TEMPORARY TABLE vectors AS SELECT * FROM holomamba.item_vectors('kinds', 1);
ALTER TYPE kind_of_film RENAME VALUE 'drama' TO 'play';
SELECT field, labels FROM holomamba.vocabulary WHERE model = 'kinds' AND field <> '' ORDER BY field;
UPDATE kinds SET kind = kind;
SELECT holomamba.activate('kinds', 1);
SELECT count(*) FROM holomamba.item_vectors('kinds', 1) n JOIN vectors o USING (item_id) WHERE n.token = o.token AND n.target = o.target;
ALTER TYPE kind_of_film ADD VALUE 'western';
SELECT holomamba.drop_model('kinds');
DROP TABLE kinds, seen, vectors;
DROP TYPE kind_of_film CASCADE;
