-- What bench/beside.sh measures, each as a procedure that leaves its microseconds in a table
SET client_min_messages = warning;
CREATE EXTENSION holomamba;
CREATE TABLE events (id bigserial PRIMARY KEY, user_id integer NOT NULL, item_id integer NOT NULL, note integer NOT NULL DEFAULT 0) WITH (fillfactor = 70);
CREATE INDEX ON events (user_id, id);
INSERT INTO events (user_id, item_id) SELECT u, 1 + (u * 7919 + n * 104729) % 1000 FROM generate_series(1, 10) n, generate_series(1, 10000) u;
SELECT holomamba.create_model('bench', 'events', 'user_id', 'item_id', '{id}');
CALL holomamba.train('bench', epochs => 1);
VACUUM (FULL, ANALYZE);
CREATE TABLE timing (microseconds double precision);

CREATE FUNCTION note_time(start timestamptz, count integer) RETURNS void LANGUAGE sql AS $$
    DELETE FROM timing;
    INSERT INTO timing VALUES (extract(epoch FROM clock_timestamp() - start) * 1e6 / count);
$$;

-- One event a statement
CREATE PROCEDURE time_event() LANGUAGE plpgsql AS $$
DECLARE
    start timestamptz := clock_timestamp();
    took interval;
BEGIN
    FOR n IN 1 .. 20000 LOOP
        INSERT INTO events (user_id, item_id) VALUES (1 + (n * 7919) % 10000, 1 + (n * 104729::bigint) % 1000);
    END LOOP;
    took := clock_timestamp() - start;
    ROLLBACK AND CHAIN;
    PERFORM note_time(clock_timestamp() - took, 20000);
END $$;

-- Many events a statement
CREATE PROCEDURE time_events() LANGUAGE plpgsql AS $$
DECLARE
    start timestamptz := clock_timestamp();
    took interval;
BEGIN
    INSERT INTO events (user_id, item_id) SELECT 1 + (n::bigint * 7919) % 10000, 1 + (n::bigint * 104729) % 1000 FROM generate_series(1, 50000) n;
    took := clock_timestamp() - start;
    ROLLBACK AND CHAIN;
    PERFORM note_time(clock_timestamp() - took, 50000);
END $$;

-- A column that the model does not read, in many rows
CREATE PROCEDURE time_unread() LANGUAGE plpgsql AS $$
DECLARE
    start timestamptz := clock_timestamp();
    took interval;
BEGIN
    UPDATE events SET note = note + 1 WHERE id <= 20000;
    took := clock_timestamp() - start;
    ROLLBACK AND CHAIN;
    PERFORM note_time(clock_timestamp() - took, 20000);
END $$;

-- The median of calls
CREATE PROCEDURE time_recommend() LANGUAGE plpgsql AS $$
DECLARE
    start timestamptz;
    took double precision[];
BEGIN
    FOR n IN 1 .. 2000 LOOP
        start := clock_timestamp();
        PERFORM count(*) FROM recommend((1 + (n * 7919) % 10000)::bigint, 10);
        took := took || extract(epoch FROM clock_timestamp() - start)::double precision * 1e6;
    END LOOP;
    DELETE FROM timing;
    INSERT INTO timing SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY t) FROM unnest(took) t;
END $$;
