-- A model of :items items and :users users of 100 events each, with vectors made by hand, since the time of a call does not
-- depend on what the vectors mean: clusters of unequal size, norms spread log-normally, dimension 96 and a bias.
\set ON_ERROR_STOP on
SET client_min_messages = warning;
CREATE EXTENSION holomamba;
CREATE TABLE events (id bigserial PRIMARY KEY, user_id integer NOT NULL, item_id integer NOT NULL);
CREATE INDEX ON events (user_id, id);
CREATE TABLE items (item_id integer PRIMARY KEY, kind integer);
SELECT setseed(0.5) \g /dev/null
SELECT holomamba.create_model('bench', 'events', 'user_id', 'item_id', '{id}', items => 'items', item_key => 'item_id',
                              options => '{"dimension": 96}') \g /dev/null

-- Not trained: a version without weights serves whoever has a vector.
ALTER TABLE events DISABLE TRIGGER USER;
INSERT INTO items SELECT i, i % 20 FROM generate_series(1, :items) i;
INSERT INTO events (user_id, item_id)
SELECT u, 1 + floor(:items * random() ^ 2) FROM generate_series(1, :users) u, generate_series(1, 100) ORDER BY random();
CREATE FUNCTION normal() RETURNS float8 LANGUAGE sql AS 'SELECT sqrt(-2 * ln(1 - random())) * cos(2 * pi() * random())';
-- hrr_random() draws N(0, 1/n); clusters are a multiple of its length apart.
INSERT INTO holomamba.bench_items (item_id, token, target, popularity)
SELECT c.i, c.x, (c.x::real[] || (0.3 * normal())::real)::hrr, 0
FROM (SELECT i, (hrr_random(96, (:clusters * random() ^ 2)::bigint) + 0.7 * hrr_random(96, i + 1000000)) * exp(0.3 * normal()) AS x
      FROM generate_series(1, :items) i) c;
INSERT INTO holomamba.bench_users (user_id, vector, events, version)
SELECT u, ((hrr_random(96, (:clusters * random() ^ 2)::bigint) + hrr_random(96, (:clusters * random() ^ 2)::bigint)
            + 0.5 * hrr_random(96, u + 9000000)) * 4)::real[] || 1::real, 100, 1
FROM generate_series(1, :users) u;
INSERT INTO holomamba.version_catalogue (model, version, status, holdout, options) VALUES ('bench', 1, 'ready', 'none', '{"threads": 0}');
UPDATE holomamba.model_catalogue SET active_version = 1;
CREATE TABLE filters AS
SELECT percent, ARRAY(SELECT item_id::bigint FROM items WHERE random() * 100 < percent) AS candidates
FROM unnest('{1,10,50}'::integer[]) percent;

-- One call after another in the server: what the call itself costs, in milliseconds, without a client and without reading
-- the candidates.
CREATE UNLOGGED TABLE timings (what text, ms float8);
CREATE PROCEDURE time_calls(what text, percent integer DEFAULT NULL, seen boolean DEFAULT true, diversity real DEFAULT 0)
LANGUAGE plpgsql AS $$
DECLARE
    list bigint[];
    before timestamptz;
BEGIN
    list := (SELECT f.candidates FROM filters f WHERE f.percent = time_calls.percent);
    FOR i IN 1 .. 550 LOOP
        before := clock_timestamp();
        PERFORM recommend(1 + i * 7 % 1000, 10, 'bench', seen, list, NULL, diversity);
        INSERT INTO timings SELECT what, extract(epoch FROM clock_timestamp() - before) * 1000 WHERE i > 50;
    END LOOP;
END
$$;

SELECT NOT EXISTS (SELECT FROM pg_index WHERE indrelid = 'holomamba.bench_items'::regclass AND NOT indisunique) AS bare \gset
\if :bare
CREATE INDEX ON holomamba.bench_items USING holomamba (target);
\endif
VACUUM ANALYZE;
