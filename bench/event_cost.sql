\pset footer off
SET client_min_messages = warning;
CREATE EXTENSION holomamba;
CREATE TABLE events (id bigserial PRIMARY KEY, user_id integer NOT NULL, item_id integer NOT NULL);
CREATE INDEX ON events (user_id, id);
CREATE TABLE plain (LIKE events INCLUDING ALL);
SELECT setseed(0.5) \g /dev/null
-- User 1 has 10 events and user 2 has 10,000; a thousand others have twenty each.
INSERT INTO events (user_id, item_id)
SELECT u.user_id, 1 + floor(1000 * random())
FROM (SELECT 1 AS user_id, 10 AS events UNION ALL SELECT 2, 10000 UNION ALL SELECT u, 20 FROM generate_series(3, 1002) u) u,
     generate_series(1, u.events)
ORDER BY random();
INSERT INTO plain SELECT * FROM events;
SELECT holomamba.create_model('bench', 'events', 'user_id', 'item_id', '{id}') AS created \gset
CALL holomamba.train('bench', epochs => 1);
VACUUM ANALYZE;

CREATE UNLOGGED TABLE timings (user_id integer, pair integer, microseconds double precision);
CREATE PROCEDURE time_events(pairs integer) LANGUAGE plpgsql AS $$
DECLARE
    before timestamptz;
BEGIN
    FOR pair IN 1 .. pairs LOOP
        FOR u IN 0 .. 2 LOOP  -- 0: the same insert into a table without a model
            before := clock_timestamp();
            IF u = 0 THEN
                INSERT INTO plain (user_id, item_id) VALUES (1, 1 + pair % 1000);
            ELSE
                INSERT INTO events (user_id, item_id) VALUES (u, 1 + pair % 1000);
            END IF;
            INSERT INTO timings VALUES (u, pair, extract(epoch FROM clock_timestamp() - before) * 1e6);
            COMMIT;
        END LOOP;
    END LOOP;
END
$$;
CALL time_events(:pairs);

SELECT CASE user_id WHEN 0 THEN 'no model' WHEN 1 THEN '10 earlier events' ELSE '10,000 earlier events' END AS "user",
       count(*) AS inserts, round(percentile_cont(0.5) WITHIN GROUP (ORDER BY microseconds)::numeric, 1) AS median_us,
       round(percentile_cont(0.95) WITHIN GROUP (ORDER BY microseconds)::numeric, 1) AS p95_us
FROM timings WHERE pair > :pairs / 10 GROUP BY user_id ORDER BY user_id;
SELECT round((percentile_cont(0.5) WITHIN GROUP (ORDER BY b.microseconds / a.microseconds))::numeric, 3) AS "median of 10,000 / 10, pair by pair",
       round((percentile_cont(0.5) WITHIN GROUP (ORDER BY b.microseconds) / percentile_cont(0.5) WITHIN GROUP (ORDER BY a.microseconds))::numeric, 3) AS "ratio of medians"
FROM timings a JOIN timings b USING (pair) WHERE a.user_id = 1 AND b.user_id = 2 AND pair > :pairs / 10;
