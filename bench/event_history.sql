\pset footer off
SET client_min_messages = warning;
CREATE EXTENSION holomamba;
CREATE TABLE events (id bigserial PRIMARY KEY, user_id integer NOT NULL, item_id integer NOT NULL);
CREATE INDEX ON events (user_id, id);
-- User n has 10^n events.
INSERT INTO events (user_id, item_id) SELECT u, 1 + (n * 104729::bigint) % 1000 FROM generate_series(1, 5) u, generate_series(1, (10 ^ u)::integer) n;
SELECT holomamba.create_model('bench', 'events', 'user_id', 'item_id', '{id}') AS created \gset
CALL holomamba.train('bench', epochs => 1);
VACUUM ANALYZE;
CREATE UNLOGGED TABLE timings (user_id integer, n integer, microseconds double precision, peak bigint);
CREATE FUNCTION peak() RETURNS bigint LANGUAGE sql VOLATILE AS
    $$ SELECT (regexp_match(pg_read_file('/proc/self/status', 0, 10000), 'VmHWM:\s+(\d+)'))[1]::bigint $$;
CREATE PROCEDURE time_events(events integer) LANGUAGE plpgsql AS $$
DECLARE
    before timestamptz;
BEGIN
    FOR n IN 1 .. events LOOP
        FOR u IN 1 .. 5 LOOP
            before := clock_timestamp();
            INSERT INTO events (user_id, item_id) VALUES (u, 1 + n % 1000);
            INSERT INTO timings VALUES (u, n, extract(epoch FROM clock_timestamp() - before) * 1e6, peak());
            COMMIT;
        END LOOP;
    END LOOP;
END
$$;
CALL time_events(:events);
\echo
\echo '| earlier events | median, us | 95th percentile, us | peak memory of the session, MB |'
\echo '| --- | --- | --- | --- |'
\t on
\pset format unaligned
SELECT format('| %s | %s | %s | %s |', (10 ^ user_id)::integer, round(percentile_cont(0.5) WITHIN GROUP (ORDER BY microseconds)::numeric, 1),
              round(percentile_cont(0.95) WITHIN GROUP (ORDER BY microseconds)::numeric, 1), round(max(peak) / 1024.0, 1))
FROM timings WHERE n > :events / 10 GROUP BY user_id ORDER BY user_id;
