-- A model of :items items and :users users of 100 events each, with vectors like trained ones: targets from the file :targets,
-- vectors of 1,000 users from :queries (bench_vectors in bench/common.sh), dimension 96 and a bias.
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
CREATE TABLE targets (id integer, target hrr);
CREATE TABLE queries (id serial, vector hrr);
COPY targets FROM :'targets' (FORMAT binary);
COPY queries (vector) FROM :'queries' (DELIMITER '|');
INSERT INTO holomamba.bench_items (item_id, token, target, popularity) SELECT id, (target::real[])[:96]::hrr, target, 0 FROM targets;
INSERT INTO holomamba.bench_users (user_id, vector, events, version)
SELECT u, q.vector, 100, 1 FROM generate_series(1, :users) u JOIN queries q ON q.id = 1 + u % (SELECT count(*) FROM queries);
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

-- As an activation does: the index is fitted to the vectors.
SELECT holomamba_internal.refit_target_index(m) FROM holomamba.model_catalogue m \g /dev/null
VACUUM ANALYZE;
