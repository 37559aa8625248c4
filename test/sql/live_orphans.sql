-- A trigger without its model lets the application live: nothing happens, and the session is told once
\pset format unaligned
\set SHOW_CONTEXT never

CREATE TABLE orphan_events (u integer, i integer, t integer);
CREATE INDEX ON orphan_events (u);
CREATE TABLE orphan_goods (item_id integer PRIMARY KEY, genre text);
INSERT INTO orphan_goods SELECT i, 'genre ' || i % 3 FROM generate_series(1, 12) i;
INSERT INTO orphan_events SELECT u, 1 + (u * 5 + n * n) % 12, n FROM generate_series(1, 6) u, generate_series(1, 6) n;
SET client_min_messages = warning;
SELECT holomamba.create_model('orphan', 'orphan_events', 'u', 'i', '{t}', 'orphan_goods', 'item_id', '{genre}', '{"dimension": 8, "layers": 1, "state_size": 2, "epochs": 1, "threads": 1}');
CALL holomamba.train('orphan');

-- Every kind of statement on both tables; how many rows they hold at the end
CREATE PROCEDURE live_on(INOUT events bigint DEFAULT NULL, INOUT goods bigint DEFAULT NULL) LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO orphan_events VALUES (1, 2, 100);
    INSERT INTO orphan_events VALUES (1, 3, 101), (2, 4, 101), (70, 5, 1);
    UPDATE orphan_events SET i = 7 WHERE u = 3;
    DELETE FROM orphan_events WHERE u = 4;
    INSERT INTO orphan_goods VALUES (20, 'genre 1');
    UPDATE orphan_goods SET genre = 'genre 0' WHERE item_id = 1;
    UPDATE orphan_goods SET item_id = 21 WHERE item_id = 20;
    DELETE FROM orphan_goods WHERE item_id IN (2, 21);
    SELECT count(*) INTO events FROM orphan_events;
    SELECT count(*) INTO goods FROM orphan_goods;
    TRUNCATE orphan_goods;
    TRUNCATE orphan_events;
    ROLLBACK;
END $$;

-- Its owner drops a table of the model's
BEGIN;
DROP TABLE holomamba.orphan_users;
SELECT holomamba.rebuild_state('orphan');
ROLLBACK;
BEGIN;
DROP TABLE holomamba.orphan_items;
SELECT * FROM holomamba.check_state('orphan');
ROLLBACK;
CREATE PROCEDURE lose(change text) LANGUAGE plpgsql AS $$
DECLARE
    events bigint;
    goods bigint;
BEGIN
    EXECUTE change;
    CALL live_on(events, goods);
    RAISE INFO '% events, % goods', events, goods;
END $$;
CALL lose('DROP TABLE holomamba.orphan_users');
-- The warning has been given
CALL lose('DROP TABLE holomamba.orphan_items');
CALL lose('DROP TABLE holomamba.orphan_items, holomamba.orphan_users');
CALL lose('DELETE FROM holomamba.model_catalogue');
\c -
SET client_min_messages = warning;
CALL lose('DELETE FROM holomamba.model_catalogue');
-- The model is there as before
INSERT INTO orphan_events VALUES (1, 2, 200);
SELECT * FROM holomamba.check_state('orphan');

-- All that is its owner's goes, and with it the tables of the model
CREATE ROLE orphan_owner;
ALTER TABLE holomamba.orphan_users OWNER TO orphan_owner;
ALTER TABLE holomamba.orphan_items OWNER TO orphan_owner;
CALL lose('DROP OWNED BY orphan_owner');
\c -
SET client_min_messages = warning;
CALL lose('DROP OWNED BY orphan_owner');
ALTER TABLE holomamba.orphan_users OWNER TO CURRENT_ROLE;
ALTER TABLE holomamba.orphan_items OWNER TO CURRENT_ROLE;
DROP ROLE orphan_owner;

-- The events are dropped: their items stay of use; and the other way round
BEGIN;
DROP TABLE orphan_events;
INSERT INTO orphan_goods VALUES (20, 'genre 1');
UPDATE orphan_goods SET genre = 'genre 0' WHERE item_id = 1;
DELETE FROM orphan_goods WHERE item_id = 2;
ROLLBACK;
BEGIN;
DROP TABLE orphan_goods;
INSERT INTO orphan_events VALUES (1, 2, 300);
INSERT INTO orphan_events VALUES (1, 3, 301), (2, 4, 301), (70, 99, 1);
UPDATE orphan_events SET i = 7 WHERE u = 3;
DELETE FROM orphan_events WHERE u = 4;
SELECT u.user_id, u.events FROM holomamba.orphan_users u WHERE user_id IN (1, 2, 4, 70) ORDER BY 1;
ROLLBACK;

-- It is a matter of the trigger's table alone: one that was never the model's is refused
CREATE TABLE orphan_stranger (u integer, i integer, t integer);
CREATE TRIGGER t AFTER INSERT ON orphan_stranger REFERENCING NEW TABLE AS new_events FOR EACH STATEMENT EXECUTE FUNCTION holomamba_internal.follow_events('orphan');
INSERT INTO orphan_stranger VALUES (1, 1, 1);
DROP TABLE orphan_stranger;
INSERT INTO orphan_events VALUES (1, 2, 400);
SELECT * FROM holomamba.check_state('orphan');
SELECT holomamba.drop_model('orphan');
DROP PROCEDURE live_on, lose;
DROP TABLE orphan_events, orphan_goods;
