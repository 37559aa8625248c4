-- Other triggers of the same statement change or delete the events and the items that it has just brought: states are those of
-- what is there in the end
\pset format unaligned
\set SHOW_CONTEXT never
SET client_min_messages = warning;

CREATE TABLE nested_goods (item_id integer PRIMARY KEY, genre text);
INSERT INTO nested_goods SELECT i, 'genre ' || i % 3 FROM generate_series(1, 12) i;
CREATE TABLE nested_events (id serial, u integer, i integer, t integer, note text) PARTITION BY RANGE (t);
CREATE TABLE nested_early PARTITION OF nested_events FOR VALUES FROM (MINVALUE) TO (200);
CREATE TABLE nested_late PARTITION OF nested_events FOR VALUES FROM (200) TO (MAXVALUE);
CREATE UNIQUE INDEX ON nested_events (id, t);
CREATE INDEX ON nested_events (u);
INSERT INTO nested_events (u, i, t) SELECT u, 1 + (u * 5 + n * n) % 11, n FROM generate_series(1, 6) u, generate_series(1, 6) n;
CREATE TABLE plain_events (LIKE nested_events INCLUDING ALL);
INSERT INTO plain_events SELECT * FROM nested_events;
SELECT holomamba.create_model('parts', 'nested_events', 'u', 'i', '{t,id}', 'nested_goods', 'item_id', '{genre}', '{"dimension": 8, "layers": 1, "state_size": 2, "epochs": 1, "threads": 1}');
SELECT holomamba.create_model('plain', 'plain_events', 'u', 'i', '{t,id}', 'nested_goods', 'item_id', '{genre}', '{"dimension": 8, "layers": 1, "state_size": 2, "epochs": 1, "threads": 1}');
CALL holomamba.train('parts');
CALL holomamba.train('plain');

-- What others do with new events. TG_ARGV[0] is a statement in which $1 is a row's id.
CREATE FUNCTION nested_row() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF pg_trigger_depth() = 1 THEN
        EXECUTE replace(TG_ARGV[0], 'events', TG_ARGV[1]) USING NEW.id;
    END IF;
    RETURN NEW;
END $$;
CREATE FUNCTION nested_statement() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    id integer;
BEGIN
    IF pg_trigger_depth() = 1 THEN
        FOR id IN SELECT n.id FROM new_rows n ORDER BY 1 LOOP
            EXECUTE replace(TG_ARGV[0], 'events', TG_ARGV[1]) USING id;
        END LOOP;
    END IF;
    RETURN NULL;
END $$;
CREATE FUNCTION nested_call(command text, id integer) RETURNS integer LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE command USING id;
    RETURN id;
END $$;

-- Every way in which events come, with this trigger beside ours: the statements after which states are not those of a replay
CREATE PROCEDURE nest(command text, how text DEFAULT 'AFTER INSERT ON %s FOR EACH ROW EXECUTE FUNCTION nested_row', INOUT wrong text DEFAULT NULL) LANGUAGE plpgsql AS $$
DECLARE
    relation text;
    named text;
    statement text;
    users bigint;
    outcomes text[];
BEGIN
    FOREACH relation IN ARRAY '{plain_events,nested_events}'::text[] LOOP
        FOREACH named IN ARRAY CASE WHEN how LIKE '%STATEMENT%' THEN '{a,z}' ELSE '{a}' END::text[] LOOP
            EXECUTE format('CREATE TRIGGER %I ' || how || '(%L, %L)', named, relation, command, relation);
            FOREACH statement IN ARRAY ARRAY[
                'INSERT INTO events (u, i, t) VALUES (1, 2, 100)',
                'INSERT INTO events (u, i, t) VALUES (77, 2, 100)',
                'INSERT INTO events (u, i, t) VALUES (1, 2, -1)',
                'INSERT INTO events (u, i, t) VALUES (1, 99, 199)',
                'INSERT INTO events (u, i, t) VALUES (1, 2, 100), (1, 3, 101), (2, 4, 100), (77, 5, 100), (78, 99, 201)',
                'INSERT INTO events (u, i, t) SELECT 1 + n % 7, n % 12 + 1, 150 + 5 * n FROM generate_series(1, 20) n',
                'INSERT INTO events (id, u, i, t) VALUES (3, 3, 7, 3), (10001, 3, 8, 300), (10002, 4, 8, 300) ON CONFLICT (id, t) DO UPDATE SET i = excluded.i, u = 5',
                'MERGE INTO events e USING (VALUES (4, 4), (5, 5), (10001, 199), (10002, 201)) n (id, t) ON e.id = n.id AND e.t = n.t WHEN MATCHED AND n.id = 4 THEN DELETE WHEN MATCHED THEN UPDATE SET i = 12 WHEN NOT MATCHED THEN INSERT VALUES (n.id, 2, 3, n.t)',
                'WITH gone AS (DELETE FROM events WHERE u = 2 AND t > 3 RETURNING *), moved AS (UPDATE events SET i = 1 WHERE u = 3 RETURNING *) INSERT INTO events (u, i, t) SELECT u + 1, i, t + 197 FROM gone UNION ALL VALUES (3, 3, 198), (3, 4, 199)',
                'SELECT nested_call($n$WITH more AS (INSERT INTO events (u, i, t) VALUES (1, 3, 180) RETURNING u) INSERT INTO events (u, i, t) SELECT u, 4, 181 FROM more$n$, 1)']
            LOOP
                CONTINUE WHEN statement LIKE 'MERGE%' AND current_setting('server_version_num')::integer < 150000;
                BEGIN
                    EXECUTE replace(statement, 'events', relation);
                    SELECT count(*) INTO users FROM holomamba.check_state(CASE relation WHEN 'plain_events' THEN 'plain' ELSE 'parts' END);
                    IF users > 0 THEN
                        outcomes := outcomes || format('%s users of %s, trigger %s: %s', users, relation, named, statement);
                    END IF;
                    RAISE EXCEPTION USING ERRCODE = 'UTEST';
                EXCEPTION WHEN SQLSTATE 'UTEST' THEN
                    NULL;
                END;
            END LOOP;
            EXECUTE format('DROP TRIGGER %I ON %s', named, relation);
        END LOOP;
    END LOOP;
    wrong := array_to_string(outcomes, E'\n');
END $$;
CALL nest('SELECT $1');
CALL nest('DELETE FROM events WHERE id = $1');
CALL nest('DELETE FROM events WHERE id = $1 AND u = 1');
CALL nest('UPDATE events SET u = u + 1 WHERE id = $1');
CALL nest('UPDATE events SET u = NULL WHERE id = $1');
CALL nest('UPDATE events SET i = i % 12 + 1 WHERE id = $1');
CALL nest('UPDATE events SET i = NULL WHERE id = $1');
CALL nest('UPDATE events SET t = 7 - t WHERE id = $1');
CALL nest('UPDATE events SET t = t + 100 WHERE id = $1');
CALL nest('UPDATE events SET note = $$seen$$ WHERE id = $1');
-- Trimmed histories
CALL nest('DELETE FROM events e WHERE e.u = (SELECT n.u FROM events n WHERE n.id = $1 LIMIT 1) AND e.t < (SELECT max(m.t) - 2 FROM events m WHERE m.u = e.u)');
CALL nest('DELETE FROM events e WHERE e.u = (SELECT n.u FROM events n WHERE n.id = $1 LIMIT 1)');
-- More events, and some that go
CALL nest('WITH e AS (DELETE FROM events WHERE id = $1 RETURNING *) INSERT INTO events (u, i, t) SELECT e.u, e.i, e.t + 1 FROM e');
CALL nest('INSERT INTO events (u, i, t) SELECT e.u, e.i % 12 + 1, e.t + 1 FROM events e WHERE e.id = $1');
CALL nest('INSERT INTO events (u, i, t) SELECT e.u, e.i % 12 + 1, e.t - 1 FROM events e WHERE e.id = $1');
-- Undone
CREATE FUNCTION nested_undone(command text, id integer) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE command USING id;
    RAISE division_by_zero;
EXCEPTION WHEN division_by_zero THEN
    NULL;
END $$;
CALL nest('SELECT nested_undone($n$DELETE FROM events WHERE id = $1$n$, $1)');
CALL nest('SELECT nested_undone($n$UPDATE events SET i = i % 12 + 1 WHERE id = $1$n$, $1)');
-- Before rows come, and for all of a statement, in both orders
CALL nest('DELETE FROM events WHERE id = $1 - 1', 'BEFORE INSERT ON %s FOR EACH ROW EXECUTE FUNCTION nested_row');
CALL nest('UPDATE events SET i = i % 12 + 1 WHERE id = $1 - 1', 'BEFORE INSERT ON %s FOR EACH ROW EXECUTE FUNCTION nested_row');
CALL nest('DELETE FROM events WHERE id = $1', 'AFTER INSERT ON %s REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION nested_statement');
CALL nest('UPDATE events SET i = i % 12 + 1, u = u + 1 WHERE id = $1', 'AFTER INSERT ON %s REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION nested_statement');
CALL nest('DELETE FROM events WHERE id = $1 - 1', 'AFTER UPDATE ON %s FOR EACH ROW EXECUTE FUNCTION nested_row');
CALL nest('UPDATE events SET i = i % 12 + 1 WHERE u = 3', 'AFTER UPDATE ON %s FOR EACH ROW EXECUTE FUNCTION nested_row');

-- Functions that the statement itself calls
CREATE PROCEDURE still_right(INOUT wrong bigint DEFAULT NULL) LANGUAGE plpgsql AS $$
BEGIN
    SELECT count(*) INTO wrong FROM (SELECT holomamba.check_state('plain') UNION ALL SELECT holomamba.check_state('parts')) s;
    ROLLBACK;
END $$;
BEGIN;
INSERT INTO plain_events (u, i, t) VALUES (1, 3, 100), (2, 4, 100) RETURNING nested_call('DELETE FROM plain_events WHERE id = $1', id) > 0 AS gone;
SELECT count(*) FROM holomamba.check_state('plain');
INSERT INTO plain_events (u, i, t) VALUES (1, 3, 100) RETURNING nested_call('UPDATE plain_events SET u = 2 WHERE id = $1', id) > 0 AS moved;
SELECT count(*) FROM holomamba.check_state('plain');
INSERT INTO plain_events (u, i, t) SELECT 1, 2, 100 + n + 0 * nested_call('DELETE FROM plain_events WHERE u = 1 AND t > 99', n) FROM generate_series(1, 3) n;
SELECT count(*) FROM holomamba.check_state('plain');
ROLLBACK;
-- COPY, and a cascade
CREATE TRIGGER a AFTER INSERT ON plain_events FOR EACH ROW EXECUTE FUNCTION nested_row('DELETE FROM events WHERE id = $1 AND i < 6', 'plain_events');
BEGIN;
COPY plain_events (u, i, t) FROM STDIN;
1	5	100
1	7	101
2	5	100
\.
SELECT count(*) FROM holomamba.check_state('plain');
COPY plain_events (u, i, t) FROM STDIN;
1	5	102
\.
SELECT count(*) FROM holomamba.check_state('plain');
ROLLBACK;
DROP TRIGGER a ON plain_events;
CREATE TABLE nested_people (u integer PRIMARY KEY);
INSERT INTO nested_people SELECT generate_series(1, 6);
ALTER TABLE plain_events ADD FOREIGN KEY (u) REFERENCES nested_people ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED;
CREATE TRIGGER a AFTER INSERT ON plain_events FOR EACH ROW EXECUTE FUNCTION nested_row('DELETE FROM nested_people WHERE u = 1', '');
BEGIN;
INSERT INTO plain_events (u, i, t) VALUES (1, 3, 100);
INSERT INTO plain_events (u, i, t) VALUES (2, 3, 100), (2, 4, 101);
SELECT count(*) FROM holomamba.check_state('plain');
ROLLBACK;
DROP TRIGGER a ON plain_events;
BEGIN;
WITH gone AS (DELETE FROM nested_people WHERE u = 1) INSERT INTO plain_events (u, i, t) VALUES (1, 3, 100), (2, 3, 100);
SELECT count(*) FROM holomamba.check_state('plain');
ROLLBACK;
ALTER TABLE plain_events DROP CONSTRAINT plain_events_u_fkey;
DROP TABLE nested_people;

-- What a statement does within another concerns that one alone: the next event is taken as it comes, which shows where a state is
-- not that of a replay before
BEGIN;
UPDATE holomamba.plain_users SET events = 1000, state = ssm_initial('plain', 1) WHERE user_id = 1;
CREATE TRIGGER a AFTER INSERT ON plain_events FOR EACH ROW WHEN (NEW.u = 2) EXECUTE FUNCTION nested_row('UPDATE events SET i = 5 WHERE id = $1', 'plain_events');
INSERT INTO plain_events (u, i, t) VALUES (2, 3, 100);
INSERT INTO plain_events (u, i, t) VALUES (2, 3, 100), (3, 3, 100);
INSERT INTO plain_events (u, i, t) VALUES (1, 3, 100);
DELETE FROM plain_events WHERE u = 3;
INSERT INTO plain_events (u, i, t) VALUES (1, 3, 101), (4, 3, 101);
SELECT user_id, stored_events, difference FROM holomamba.check_state('plain');
ROLLBACK;

-- For each row, as logical replication applies events
SELECT holomamba.enable_logical_replica('plain');
CREATE TRIGGER a AFTER INSERT ON plain_events FOR EACH ROW EXECUTE FUNCTION nested_row('DELETE FROM events WHERE id = $1', 'plain_events');
CREATE TRIGGER b AFTER INSERT ON plain_events FOR EACH ROW WHEN (NEW.u = 2) EXECUTE FUNCTION nested_row('UPDATE events SET u = 1 WHERE id = $1', 'plain_events');
ALTER TABLE plain_events ENABLE ALWAYS TRIGGER a;
SET session_replication_role = replica;
BEGIN;
INSERT INTO plain_events (u, i, t) VALUES (1, 3, 100);
INSERT INTO plain_events (u, i, t) VALUES (1, 3, 100), (77, 4, 100), (78, 4, 100);
SELECT count(*) FROM holomamba.check_state('plain');
ROLLBACK;
ALTER TABLE plain_events DISABLE TRIGGER a, ENABLE ALWAYS TRIGGER b;
BEGIN;
INSERT INTO plain_events (u, i, t) VALUES (2, 3, 100);
INSERT INTO plain_events (u, i, t) VALUES (2, 3, 101), (3, 4, 100);
SELECT count(*) FROM holomamba.check_state('plain');
ROLLBACK;
RESET session_replication_role;
DROP TRIGGER a ON plain_events;
DROP TRIGGER b ON plain_events;

-- Items: one that is deleted at once cannot be recommended, one whose key changes is the one that it becomes
CREATE FUNCTION nested_good() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF pg_trigger_depth() = 1 THEN
        EXECUTE TG_ARGV[0] USING NEW.item_id;
    END IF;
    RETURN NULL;
END $$;
CREATE PROCEDURE nest_good(command text, INOUT wrong text DEFAULT NULL) LANGUAGE plpgsql AS $$
DECLARE
    named text;
    statement text;
    outcomes text[];
    more text;
BEGIN
    FOREACH named IN ARRAY '{AFTER INSERT OR UPDATE ON nested_goods,AFTER UPDATE ON nested_goods,AFTER INSERT ON nested_goods}'::text[] LOOP
        EXECUTE format('CREATE TRIGGER a %s FOR EACH ROW EXECUTE FUNCTION nested_good(%L)', named, command);
        FOREACH statement IN ARRAY ARRAY[
            'INSERT INTO nested_goods VALUES (20, ''genre 1'')',
            'INSERT INTO nested_goods VALUES (20, ''genre 1''), (21, ''genre 0''), (4, ''genre 0'') ON CONFLICT (item_id) DO UPDATE SET genre = excluded.genre',
            'UPDATE nested_goods SET genre = ''genre 2'' WHERE item_id < 3',
            'UPDATE nested_goods SET item_id = item_id + 50 WHERE item_id < 3']
        LOOP
            BEGIN
                EXECUTE statement;
                SELECT string_agg(format('%s %s', item_id, CASE WHEN g.item_id IS NULL THEN 'is gone' ELSE 'is missed' END), ', ' ORDER BY item_id) INTO more
                FROM nested_goods g FULL JOIN (SELECT i.item_id FROM holomamba.plain_items i WHERE i.target IS NOT NULL) i USING (item_id)
                WHERE g.item_id IS NULL OR i.item_id IS NULL;
                SELECT concat_ws(', ', more, (SELECT format('%s users', count(*)) FROM holomamba.check_state('plain') HAVING count(*) > 0)) INTO more;
                IF more <> '' THEN
                    outcomes := outcomes || format('%s: %s: %s', named, statement, more);
                END IF;
                RAISE EXCEPTION USING ERRCODE = 'UTEST';
            EXCEPTION WHEN SQLSTATE 'UTEST' THEN
                NULL;
            END;
        END LOOP;
        DROP TRIGGER a ON nested_goods;
    END LOOP;
    wrong := array_to_string(outcomes, E'\n');
END $$;
CALL nest_good('SELECT $1');
CALL nest_good('DELETE FROM nested_goods WHERE item_id = $1');
CALL nest_good('UPDATE nested_goods SET item_id = item_id + 1000 WHERE item_id = $1');
CALL nest_good('UPDATE nested_goods SET genre = $$genre 0$$ WHERE item_id = $1');
CALL nest_good('INSERT INTO nested_goods VALUES ($1 + 1000, $$genre 1$$)');
SELECT holomamba.enable_logical_replica('plain');
CREATE TRIGGER a AFTER INSERT ON nested_goods FOR EACH ROW EXECUTE FUNCTION nested_good('DELETE FROM nested_goods WHERE item_id = $1');
ALTER TABLE nested_goods ENABLE ALWAYS TRIGGER a;
SET session_replication_role = replica;
INSERT INTO nested_goods VALUES (20, 'genre 1'), (21, 'genre 1');
RESET session_replication_role;
SELECT item_id FROM holomamba.plain_items WHERE target IS NOT NULL AND item_id > 12;

CALL still_right();
-- A trigger that waits for the end of the transaction would not know any more what its statement has done
BEGIN;
CREATE CONSTRAINT TRIGGER late AFTER INSERT ON plain_events DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION holomamba_internal.follow_events('plain');
INSERT INTO plain_events (u, i, t) VALUES (1, 3, 100);
COMMIT;
SELECT holomamba.drop_model('plain'), holomamba.drop_model('parts');
DROP TABLE nested_events, plain_events, nested_goods;
DROP FUNCTION nested_row, nested_statement, nested_call, nested_undone, nested_good;
DROP PROCEDURE nest, nest_good, still_right;
