-- A trained model with its triggers, for clients that read while others write.
\set ON_ERROR_STOP on
SET client_min_messages = warning;
CREATE EXTENSION holomamba;
CREATE TABLE items (item_id serial PRIMARY KEY, kind text);
CREATE TABLE events (id bigserial PRIMARY KEY, user_id integer NOT NULL, item_id integer NOT NULL);
CREATE INDEX ON events (user_id, id);
SELECT setseed(0.5) \g /dev/null
INSERT INTO items (kind) SELECT 'kind ' || i % 20 FROM generate_series(1, 2000) i;
INSERT INTO events (user_id, item_id)
SELECT u, 1 + floor(2000 * random() ^ 2) FROM generate_series(1, 1000) u, generate_series(1, 30) ORDER BY random();
SELECT holomamba.create_model('bench', 'events', 'user_id', 'item_id', '{id}', 'items', 'item_id', '{kind}') \g /dev/null
CALL holomamba.train('bench', epochs => 1);
SELECT NOT EXISTS (SELECT FROM pg_index WHERE indrelid = 'holomamba.bench_items'::regclass AND NOT indisunique) AS bare \gset
\if :bare
CREATE INDEX ON holomamba.bench_items USING holomamba (target);
\endif
CREATE FUNCTION brute_force(who integer) RETURNS bigint[] LANGUAGE sql STABLE AS $$
    SELECT ARRAY(SELECT i.item_id FROM holomamba.bench_items i
                 WHERE i.target IS NOT NULL AND NOT EXISTS (SELECT FROM events e WHERE e.user_id = who AND e.item_id = i.item_id)
                 ORDER BY (i.target <#> u.vector) + 0, i.item_id LIMIT 10)
    FROM holomamba.bench_users u WHERE u.user_id = who
$$;
VACUUM ANALYZE;
