\pset footer off
SET client_min_messages = warning;
CREATE EXTENSION holomamba;
CREATE TABLE events (user_id integer NOT NULL, item_id integer NOT NULL, ts bigint NOT NULL, id bigserial);
CREATE INDEX ON events (user_id);
CREATE TABLE plain (LIKE events INCLUDING ALL);
CREATE PROCEDURE copy_events(name regclass, file text) LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('COPY %s (user_id, item_id, ts) FROM %L (FORMAT csv, HEADER)', name, file);
END
$$;
CALL copy_events('events', :'file');
SELECT holomamba.create_model('bench', 'events', 'user_id', 'item_id', '{ts,id}') AS created \gset
CALL holomamba.train('bench', epochs => 1);

CREATE TABLE timings (what text, seconds double precision);
CREATE PROCEDURE time_copies(rounds integer, file text) LANGUAGE plpgsql AS $$
DECLARE
    before timestamptz;
BEGIN
    FOR round IN 1 .. rounds LOOP
        TRUNCATE plain;
        COMMIT;
        before := clock_timestamp();
        CALL copy_events('plain', file);
        COMMIT;
        INSERT INTO timings VALUES ('no model', extract(epoch FROM clock_timestamp() - before));
        TRUNCATE events;
        COMMIT;
        before := clock_timestamp();
        CALL copy_events('events', file);
        COMMIT;
        INSERT INTO timings VALUES ('with live states', extract(epoch FROM clock_timestamp() - before));
    END LOOP;
END
$$;
CALL time_copies(:rounds, :'file');
\echo
\echo '| COPY of 1,000,209 events | seconds, median | events a second |'
\echo '| --- | --- | --- |'
\t on
\pset format unaligned
SELECT format('| %s | %s | %s |', what, round(seconds::numeric, 1), round(1000209 / seconds))
FROM (SELECT what, percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds) AS seconds FROM timings GROUP BY what) t ORDER BY seconds;

-- The same events one by one, in the order of the file
CREATE TABLE bulk AS SELECT user_id, state::text, vector::text, events FROM holomamba.bench_users WHERE user_id % 10 = 0;
DELETE FROM events WHERE user_id % 10 = 0;
CREATE PROCEDURE one_by_one() LANGUAGE plpgsql AS $$
DECLARE
    e plain;
BEGIN
    FOR e IN SELECT * FROM plain WHERE user_id % 10 = 0 ORDER BY id LOOP
        INSERT INTO events (user_id, item_id, ts) VALUES (e.user_id, e.item_id, e.ts);
        IF e.id % 100 = 0 THEN
            COMMIT;
        END IF;
    END LOOP;
END
$$;
SET synchronous_commit = off;
CALL one_by_one();
\echo
SELECT format('%s users of %s events: %s states differ from those of the events one by one.', count(*), sum(b.events),
              count(*) FILTER (WHERE (b.state, b.vector, b.events) IS DISTINCT FROM (u.state::text, u.vector::text, u.events)))
FROM bulk b FULL JOIN (SELECT * FROM holomamba.bench_users WHERE user_id % 10 = 0) u USING (user_id);
SELECT format('%s states differ from a replay.', count(*)) FROM holomamba.check_state('bench');
