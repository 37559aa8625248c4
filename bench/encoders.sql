-- Users with 10 to 10,000 events, and what bench/encoders.sh asks of each block.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS holomamba;
CREATE TABLE events (id bigserial PRIMARY KEY, user_id integer NOT NULL, item_id integer NOT NULL);
CREATE INDEX ON events (user_id, id);
-- User n has 10^n events.
INSERT INTO events (user_id, item_id) SELECT u, 1 + (n * 104729::bigint) % 10000 FROM generate_series(1, 4) u, generate_series(1, (10 ^ u)::integer) n;
SELECT holomamba.create_model('bench', 'events', 'user_id', 'item_id', '{id}', options => '{"repeats": "ignored"}') AS created \gset
VACUUM ANALYZE;

CREATE FUNCTION cost(OUT history integer, OUT bytes bigint, OUT event double precision, OUT recommend double precision) RETURNS SETOF record
LANGUAGE plpgsql AS $$
DECLARE
    before timestamptz;
    token hrr := (SELECT i.token FROM holomamba.bench_items i ORDER BY i.item_id LIMIT 1);
    own ssm_state;
    times double precision[];
BEGIN
    FOR u IN 1 .. 4 LOOP
        history := (10 ^ u)::integer;
        SELECT pg_column_size(b.*), b.state INTO bytes, own FROM holomamba.bench_users b WHERE b.user_id = u;
        times := '{}';
        FOR n IN 1 .. 300 LOOP
            before := clock_timestamp();
            PERFORM ssm_update(own, token);
            times := times || extract(epoch FROM clock_timestamp() - before)::double precision * 1e6;
        END LOOP;
        SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY t) INTO event FROM unnest(times) t;
        times := '{}';
        FOR n IN 1 .. 300 LOOP
            before := clock_timestamp();
            PERFORM recommend(u, 10, exclude_seen => false);
            times := times || extract(epoch FROM clock_timestamp() - before)::double precision * 1e6;
        END LOOP;
        SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY t) INTO recommend FROM unnest(times) t;
        RETURN NEXT;
    END LOOP;
END
$$;

-- From the history alone, as systems do that keep no state: the active version's block, all events of a user encoded anew.
CREATE FUNCTION cost_anew(OUT history integer, OUT recommend double precision) RETURNS SETOF record LANGUAGE plpgsql AS $$
DECLARE
    before timestamptz;
    items integer[];
    times double precision[];
BEGIN
    FOR u IN 1 .. 4 LOOP
        history := (10 ^ u)::integer;
        items := ARRAY(SELECT e.item_id FROM events e WHERE e.user_id = u ORDER BY e.id);
        times := '{}';
        FOR n IN 1 .. 20 LOOP
            before := clock_timestamp();
            PERFORM recommend_next(items, 10);
            times := times || extract(epoch FROM clock_timestamp() - before)::double precision * 1e6;
        END LOOP;
        SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY t) INTO recommend FROM unnest(times) t;
        RETURN NEXT;
    END LOOP;
END
$$;
