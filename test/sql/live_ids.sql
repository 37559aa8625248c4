-- Ids that no index has room for, collations of keys, and columns that are called what our statements call theirs
\pset format unaligned
\set SHOW_CONTEXT never
SET client_min_messages = warning;

CREATE TABLE long_goods (item_id text PRIMARY KEY, genre text);
INSERT INTO long_goods SELECT i, 'genre ' || i % 3 FROM generate_series(1, 12) i;
CREATE TABLE long_events (u text, i text, t integer, note text);
CREATE INDEX ON long_events (t);
INSERT INTO long_events SELECT u, 1 + (u * 5 + n * n) % 11, n FROM generate_series(1, 6) u, generate_series(1, 6) n;
SELECT holomamba.create_model('long', 'long_events', 'u', 'i', '{t}', 'long_goods', 'item_id', '{genre}', '{"dimension": 8, "layers": 1, "state_size": 2, "epochs": 1, "threads": 1}');
-- Text that cannot be compressed, and text that can
CREATE FUNCTION pg_temp.long_id(bytes integer) RETURNS text LANGUAGE sql AS $$ SELECT left(string_agg(md5(n::text), ''), bytes) FROM generate_series(1, bytes / 32 + 1) n $$;

-- Before the first training as after it
INSERT INTO long_events VALUES (pg_temp.long_id(3000), '1', 100);
INSERT INTO long_events VALUES ('1', pg_temp.long_id(3000), 100);
\echo :LAST_ERROR_SQLSTATE
INSERT INTO long_events VALUES ('1', '1', 99), ('1', repeat('long', 1000), 100);
CALL holomamba.train('long');
SELECT count(*) FROM long_events;
INSERT INTO long_events VALUES (pg_temp.long_id(2001), '1', 100);
INSERT INTO long_events VALUES ('1', pg_temp.long_id(2001), 100);
INSERT INTO long_events VALUES ('1', '1', 99), ('1', pg_temp.long_id(3000), 100);
INSERT INTO long_events VALUES ('1', '1', 99), (repeat('long', 1000), '1', 100);
COPY long_events FROM PROGRAM 'perl -e ''print "1\t1\t100\t\\N\n1\t", "x" x 5000, "\t101\t\\N\n"''';
UPDATE long_events SET i = pg_temp.long_id(3000) WHERE u = '1' AND t = 1;
UPDATE long_events SET u = pg_temp.long_id(3000) WHERE u = '1' AND t = 1;
INSERT INTO long_goods VALUES (pg_temp.long_id(2001), 'genre 1');
INSERT INTO long_goods VALUES ('20', 'genre 1'), (pg_temp.long_id(2600), 'genre 1');
UPDATE long_goods SET item_id = pg_temp.long_id(2600) WHERE item_id = '1';
SELECT holomamba.rebuild_state('long', ARRAY[pg_temp.long_id(3000)]);
-- Nothing is lost, and nothing has moved
SELECT count(*), max(length(u)), max(length(i)) FROM long_events;
SELECT * FROM holomamba.check_state('long');
-- What is no event of anybody may be as long as it likes
INSERT INTO long_events VALUES (pg_temp.long_id(3000), NULL, 100);
INSERT INTO long_events VALUES (NULL, pg_temp.long_id(3000), 100), (NULL, NULL, 100);
UPDATE long_events SET u = '1' WHERE u IS NULL AND i IS NOT NULL;
DELETE FROM long_events WHERE t = 100;
-- Events that were there before the triggers, or came by them: they are named, and can be deleted
ALTER TABLE long_events DISABLE TRIGGER USER;
INSERT INTO long_events VALUES (pg_temp.long_id(3000), '1', 100), ('2', pg_temp.long_id(3000), 100);
ALTER TABLE long_events ENABLE TRIGGER USER;
SELECT holomamba.rebuild_state('long');
UPDATE long_events SET note = 'too long' WHERE t = 100;
UPDATE long_events SET u = '77' WHERE t = 100 AND length(u) > 1;
DELETE FROM long_events WHERE t = 100;
SELECT * FROM holomamba.check_state('long');
-- Nor does one slip in beside another trigger of its statement
BEGIN;
CREATE FUNCTION long_nested() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN DELETE FROM long_events WHERE u = NEW.u AND t = 3; RETURN NULL; END $$;
CREATE TRIGGER a AFTER INSERT ON long_events FOR EACH ROW EXECUTE FUNCTION long_nested();
SAVEPOINT a;
INSERT INTO long_events VALUES ('1', pg_temp.long_id(3000), 100);
ROLLBACK TO a;
INSERT INTO long_events VALUES ('1', pg_temp.long_id(3000), 100), ('2', '2', 100);
ROLLBACK;
-- The longest that there may be
INSERT INTO long_events VALUES (pg_temp.long_id(2000), pg_temp.long_id(2000), 100);
INSERT INTO long_events VALUES (pg_temp.long_id(2000), pg_temp.long_id(1999), 101), (pg_temp.long_id(1999), pg_temp.long_id(2000), 101);
INSERT INTO long_goods VALUES (pg_temp.long_id(2000), 'genre 1');
SELECT length(user_id), events FROM holomamba.long_users WHERE length(user_id) > 1 ORDER BY 1;
SELECT count(*) FROM holomamba.long_items WHERE length(item_id) = 2000 AND target IS NOT NULL;
SELECT * FROM holomamba.check_state('long');
CALL holomamba.train('long');
SELECT * FROM holomamba.check_state('long');
DELETE FROM long_events WHERE length(u) > 1;
DELETE FROM long_goods WHERE length(item_id) > 100;
SELECT * FROM holomamba.check_state('long');
-- One row at a time, as logical replication applies them
SELECT holomamba.enable_logical_replica('long');
SET session_replication_role = replica;
INSERT INTO long_events VALUES ('1', pg_temp.long_id(3000), 100);
UPDATE long_events SET i = pg_temp.long_id(3000) WHERE u = '1' AND t = 1;
INSERT INTO long_goods VALUES (pg_temp.long_id(2600), 'genre 1');
RESET session_replication_role;
SELECT * FROM holomamba.check_state('long');
SELECT holomamba.drop_model('long');
DROP TABLE long_events, long_goods;

-- A key of the items with another collation than the column that refers to it: compared as the latter is
CREATE TABLE collated_goods (item_id text COLLATE "C" PRIMARY KEY, genre text);
INSERT INTO collated_goods SELECT 'i' || i, 'genre ' || i % 3 FROM generate_series(1, 12) i;
CREATE TABLE collated_events (u text COLLATE "POSIX", i text COLLATE "POSIX", t integer);
CREATE INDEX ON collated_events (u);
SELECT holomamba.create_model('collated', 'collated_events', 'u', 'i', '{t}', 'collated_goods', 'item_id', '{genre}', '{"dimension": 8, "layers": 1, "state_size": 2, "epochs": 1, "threads": 1}');
INSERT INTO collated_events SELECT 'u' || u, 'i' || 1 + (u * 5 + n * n) % 11, n FROM generate_series(1, 6) u, generate_series(1, 6) n;
INSERT INTO collated_goods VALUES ('i20', 'genre 1');
UPDATE collated_goods SET item_id = 'i21' WHERE item_id = 'i20';
DELETE FROM collated_goods WHERE item_id = 'i21';
SELECT holomamba.drop_model('collated');
DROP TABLE collated_events, collated_goods;

-- Columns named as the statements' own are
CREATE PROCEDURE named(u name, i name, t name, tt name, key name, attribute name) LANGUAGE plpgsql AS $$
DECLARE
    wrong bigint;
    users bigint;
    items bigint;
BEGIN
    EXECUTE format('CREATE TABLE named_events (%I integer, %I integer, %I integer, %I integer)', u, i, t, tt);
    EXECUTE format('CREATE INDEX ON named_events (%I)', u);
    EXECUTE format('CREATE TABLE named_goods (%I integer PRIMARY KEY, %I text)', key, attribute);
    INSERT INTO named_goods SELECT n, 'genre ' || n % 3 FROM generate_series(1, 12) n;
    INSERT INTO named_events SELECT v, 1 + (v * 5 + w * w) % 11, w, 1 FROM generate_series(1, 6) v, generate_series(1, 6) w;
    PERFORM holomamba.create_model('named', 'named_events', u, i, ARRAY[t, tt], 'named_goods', key, ARRAY[attribute, key], '{"dimension": 8, "layers": 1, "state_size": 2, "epochs": 1, "threads": 1}');
    COMMIT;
    CALL holomamba.train('named');
    INSERT INTO named_events VALUES (1, 2, 100, 1);
    INSERT INTO named_events VALUES (1, 3, 101, 1), (2, 4, 100, 1), (70, 99, 1, 1);
    INSERT INTO named_events VALUES (2, 3, -1, 1);
    EXECUTE format('UPDATE named_events SET %I = 7 WHERE %I = 3', i, u);
    EXECUTE format('UPDATE named_events SET %I = 9, %I = 8 WHERE %I = 5', u, tt, u);
    EXECUTE format('DELETE FROM named_events WHERE %I = 4', u);
    INSERT INTO named_goods VALUES (20, 'genre 1'), (99, 'genre 2');
    EXECUTE format('UPDATE named_goods SET %I = %L WHERE %I < 3', attribute, 'genre 2', key);
    EXECUTE format('UPDATE named_goods SET %I = 21 WHERE %I = 20', key, key);
    EXECUTE format('DELETE FROM named_goods WHERE %I = 5', key);
    PERFORM holomamba.rebuild_state('named', '{1,2}'), holomamba.rebuild_state('named');
    SELECT count(*) INTO wrong FROM holomamba.check_state('named');
    SELECT count(*) INTO users FROM holomamba.named_users;
    SELECT count(*) INTO items FROM holomamba.named_items WHERE target IS NOT NULL;
    RAISE INFO '%, %, %, %, %, %: % wrong of % users, % items', u, i, t, tt, key, attribute, wrong, users, items;
    PERFORM holomamba.drop_model('named');
    DROP TABLE named_events, named_goods;
END $$;
CALL named('order_1', 'order_2', 'user_id', 'item_id', 'item_id', 'key');
CALL named('item_id', 'user_id', 'token', 'state', 'key', 'attribute_1');
CALL named('c', 'e', 'i', 'u', 'n', 'o');
CALL named('n', 'number', 'first_1', 'last_1', 'a', 'd');
CALL named('last_1', 'first_1', 'order_1', 'token', 'token', 'target');
CALL named('vector', 'events', 'version', 'locked', 'i', 'n');
CALL named('user', 'order', 'select', 'Group "by" $1', 'from', '{users}');
CALL named('token', 'item_id', 'order_2', 'order_1', 'order_1', 'item_id');
DROP PROCEDURE named;
