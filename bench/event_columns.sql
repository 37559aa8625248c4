\pset footer off
SET client_min_messages = warning;
CREATE EXTENSION holomamba;
CREATE TABLE events (id bigserial PRIMARY KEY, user_id integer NOT NULL, item_id integer NOT NULL, at timestamptz NOT NULL, kind text NOT NULL, quantity integer NOT NULL);
SELECT setseed(0.5) \g /dev/null
-- 5,000 users with 40 events each in a year.
INSERT INTO events (user_id, item_id, at, kind, quantity)
SELECT u, 1 + floor(1000 * random() ^ 2), '2026-01-01'::timestamptz + random() * interval '1 year', (ARRAY['view', 'cart', 'purchase'])[1 + floor(3 * random())],
       1 + floor(5 * random())
FROM generate_series(1, 5000) u, generate_series(1, 40)
ORDER BY 3;
CREATE INDEX ON events (user_id, id);
CREATE TABLE items_only (LIKE events INCLUDING ALL);
INSERT INTO items_only SELECT * FROM events;
SELECT holomamba.create_model('known', 'events', 'user_id', 'item_id', '{id}', time_column => 'at', event_attributes => '{kind,quantity}') AS created \gset
SELECT holomamba.create_model('plain', 'items_only', 'user_id', 'item_id', '{id}') AS created \gset
CALL holomamba.train('known', epochs => 3);
CALL holomamba.train('plain', epochs => 3);
VACUUM ANALYZE;

SELECT max(l.seconds) FILTER (WHERE l.model = 'plain') AS plain_epoch_seconds, max(l.seconds) FILTER (WHERE l.model = 'known') AS known_epoch_seconds,
       round((percentile_cont(0.5) WITHIN GROUP (ORDER BY k.seconds / l.seconds) FILTER (WHERE l.model = 'plain'))::numeric, 2) AS ratio
FROM holomamba.training_log l JOIN holomamba.training_log k ON k.epoch = l.epoch AND k.model = 'known';
SELECT (SELECT avg(pg_column_size(u.*))::integer FROM holomamba.plain_users u) AS plain_row_bytes, (SELECT avg(pg_column_size(u.*))::integer FROM holomamba.known_users u) AS known_row_bytes;
-- In full pages: the free space of a fresh table, with the users of one training.
VACUUM FULL holomamba.plain_users, holomamba.known_users;
SELECT pg_relation_size('holomamba.plain_users') / 5000 AS plain_table_bytes_a_user, pg_relation_size('holomamba.known_users') / 5000 AS known_table_bytes_a_user;

CREATE UNLOGGED TABLE timings (what text, known boolean, pair integer, microseconds double precision);
CREATE PROCEDURE time_both(pairs integer) LANGUAGE plpgsql AS $$
DECLARE
    before timestamptz;
    known boolean;
    found bigint;
BEGIN
    FOR pair IN 1 .. pairs LOOP
        -- Either comes first as often as the other.
        FOREACH known IN ARRAY CASE WHEN pair % 2 = 0 THEN ARRAY[true, false] ELSE ARRAY[false, true] END LOOP
            before := clock_timestamp();
            IF known THEN
                INSERT INTO events (user_id, item_id, at, kind, quantity) VALUES (1 + pair % 5000, 1 + pair % 1000, '2027-01-02'::timestamptz + pair * interval '1 second', 'cart', 2);
            ELSE
                INSERT INTO items_only (user_id, item_id, at, kind, quantity) VALUES (1 + pair % 5000, 1 + pair % 1000, '2027-01-02'::timestamptz + pair * interval '1 second', 'cart', 2);
            END IF;
            INSERT INTO timings VALUES ('event', known, pair, extract(epoch FROM clock_timestamp() - before) * 1e6);
            COMMIT;
            before := clock_timestamp();
            SELECT count(*) INTO found FROM recommend(1 + pair % 5000, 10, CASE WHEN known THEN 'known' ELSE 'plain' END);
            INSERT INTO timings VALUES ('recommend()', known, pair, extract(epoch FROM clock_timestamp() - before) * 1e6);
            COMMIT;
        END LOOP;
    END LOOP;
END
$$;
SELECT pg_stat_reset() \g /dev/null
CALL time_both(:pairs);
SELECT pg_sleep(1) \g /dev/null

SELECT a.what, count(*) AS pairs, round(percentile_cont(0.5) WITHIN GROUP (ORDER BY a.microseconds)::numeric, 1) AS plain_median_us,
       round(percentile_cont(0.5) WITHIN GROUP (ORDER BY b.microseconds)::numeric, 1) AS known_median_us,
       round((percentile_cont(0.5) WITHIN GROUP (ORDER BY b.microseconds / a.microseconds))::numeric, 3) AS "median ratio, pair by pair"
FROM timings a JOIN timings b USING (what, pair) WHERE NOT a.known AND b.known AND pair > :pairs / 10
GROUP BY a.what ORDER BY a.what;
-- New rows that lie beside the old ones, without an entry in an index.
SELECT relname, n_tup_upd AS updates, round(100.0 * n_tup_hot_upd / n_tup_upd, 1) AS beside_percent, pg_relation_size(relid) / 5000 AS table_bytes_a_user
FROM pg_stat_user_tables WHERE relname IN ('plain_users', 'known_users') ORDER BY relname;
