-- What bench/state_layout.sh asks of each layout.
SET client_min_messages = warning;
CREATE TABLE plain (LIKE events INCLUDING ALL);
SELECT holomamba.create_model('layouts', 'events', 'user_id', 'item_id', '{id}', 'items', 'item_id', '{genres}');

CREATE EXTENSION dblink;

-- Inserts for users in turn, each in a transaction of its own, by another session: here none would be committed. The events are
-- taken back, so that every layout is trained on the same.
CREATE FUNCTION time_inserts(events_table text, OUT microseconds double precision, OUT wal_bytes bigint) LANGUAGE plpgsql AS $$
DECLARE
    inserts CONSTANT integer := 3000;
    started pg_lsn;
BEGIN
    PERFORM dblink_connect('client', format('host=%s dbname=%I user=postgres', current_setting('unix_socket_directories'), current_database()));
    PERFORM dblink_exec('client', 'CREATE TEMPORARY TABLE timings (us double precision)');
    -- Twice: what the second run writes is not the first to touch a page since the last checkpoint.
    FOR run IN 1 .. 2 LOOP
        PERFORM dblink_exec('client', 'TRUNCATE timings');
        started := pg_current_wal_insert_lsn();
        PERFORM dblink_exec('client', format($do$
            DO $body$
            DECLARE before timestamptz;
            BEGIN
                FOR n IN 1 .. %s LOOP
                    before := clock_timestamp();
                    INSERT INTO %I (user_id, item_id, seconds, id) SELECT u.user_id, i.item_id, 0, %s + n
                    FROM (SELECT user_id FROM users_in_turn WHERE number = n) u, (SELECT item_id FROM items_in_turn WHERE number = n) i;
                    INSERT INTO timings VALUES (extract(epoch FROM clock_timestamp() - before) * 1e6);
                    COMMIT;
                END LOOP;
            END $body$ $do$, inserts, events_table, run * 1000000000));
        wal_bytes := (pg_current_wal_insert_lsn() - started) / inserts;
    END LOOP;
    SELECT t.us INTO microseconds
    FROM dblink('client', 'SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY us) FROM timings') t (us double precision);
    PERFORM dblink_exec('client', format('DELETE FROM %I WHERE id >= 1000000000', events_table));
    PERFORM dblink_disconnect('client');
END
$$;

CREATE TABLE users_in_turn AS
    SELECT row_number() OVER () AS number, u.user_id FROM (SELECT DISTINCT user_id FROM events) u, generate_series(1, 100) LIMIT 3000;
CREATE TABLE items_in_turn AS
    SELECT row_number() OVER () AS number, i.item_id FROM items i, generate_series(1, 100) LIMIT 3000;
ALTER TABLE users_in_turn ADD PRIMARY KEY (number);
ALTER TABLE items_in_turn ADD PRIMARY KEY (number);

-- Microseconds of an event in ssm_update(), the best of three runs.
CREATE FUNCTION core_cost(OUT alone double precision, OUT in_array double precision) LANGUAGE plpgsql AS $$
DECLARE
    events CONSTANT integer := 5000;
    fresh ssm_state := (SELECT ssm_initial('layouts', v.version) FROM holomamba.versions v WHERE v.model = 'layouts' AND v.active);
    tokens hrr[] := ARRAY(SELECT i.token FROM holomamba.layouts_items i, generate_series(1, 1000) LIMIT events);
    state ssm_state;
    before timestamptz;
BEGIN
    FOR run IN 1 .. 3 LOOP
        before := clock_timestamp();
        PERFORM count(ssm_update(fresh, t.token)) FROM unnest(tokens) t (token);
        alone := least(alone, extract(epoch FROM clock_timestamp() - before) * 1e6 / events);
        before := clock_timestamp();
        state := ssm_update(fresh, tokens);
        in_array := least(in_array, extract(epoch FROM clock_timestamp() - before) * 1e6 / events);
    END LOOP;
END
$$;

-- What an event costs a row that is written whole, and one whose state of so many bytes lies beside it, out of line and untouched
-- until every so many events, which wait in the row. Users in turn, each event in a transaction of its own; the mean of
-- microseconds and bytes of write-ahead log, after a run that is not counted.
CREATE TABLE whole (user_id integer PRIMARY KEY, state bytea) WITH (fillfactor = 45);
ALTER TABLE whole ALTER state SET STORAGE PLAIN;
CREATE TABLE waiting (user_id integer PRIMARY KEY, waiting bytea, state bytea) WITH (fillfactor = 45, toast_tuple_target = 128);
ALTER TABLE waiting ALTER state SET STORAGE EXTERNAL;
CREATE PROCEDURE time_waiting(bytes integer, every integer, INOUT microseconds double precision DEFAULT NULL, INOUT wal_bytes bigint DEFAULT NULL) LANGUAGE plpgsql AS $$
DECLARE
    users CONSTANT integer := 500;
    rounds CONSTANT integer := 16;
    -- Other bytes at every event: the log leaves out what a row has in common with the one before.
    states CONSTANT bytea[] := ARRAY(SELECT decode(string_agg(md5(random()::text), ''), 'hex')
                                     FROM generate_series(0, rounds) s, generate_series(1, bytes / 16) GROUP BY s);
    started pg_lsn;
    before timestamptz;
BEGIN
    TRUNCATE whole, waiting;
    INSERT INTO whole SELECT u, states[1] FROM generate_series(1, users) u;
    INSERT INTO waiting SELECT u, '', states[1] FROM generate_series(1, users) u;
    COMMIT;
    FOR run IN 1 .. 2 LOOP
        started := pg_current_wal_insert_lsn();
        before := clock_timestamp();
        FOR event IN 1 .. rounds LOOP
            FOR u IN 1 .. users LOOP
                IF every = 1 THEN
                    UPDATE whole w SET state = states[event + 1] WHERE w.user_id = u;
                ELSIF event % every = 0 THEN
                    UPDATE waiting w SET waiting = '', state = states[event + 1] WHERE w.user_id = u;
                ELSE
                    UPDATE waiting w SET waiting = w.waiting || '\x0000000000000001' WHERE w.user_id = u;
                END IF;
                COMMIT;
            END LOOP;
        END LOOP;
        microseconds := extract(epoch FROM clock_timestamp() - before) * 1e6 / (users * rounds);
        wal_bytes := (pg_current_wal_insert_lsn() - started) / (users * rounds);
    END LOOP;
END
$$;
