-- :users users of 30 events each, of :items items; see bench/large_catalogue.sh. The last event of the first 1,000 users goes to `held`.
SET client_min_messages = warning;
CREATE EXTENSION holomamba;
CREATE TABLE events (id bigserial PRIMARY KEY, user_id integer NOT NULL, item_id integer NOT NULL);
SELECT setseed(0.5) \g /dev/null
-- Item i has taste i % 100.
INSERT INTO events (user_id, item_id)
SELECT u, CASE WHEN random() < 0.75 THEN 100 * floor(:items / 100 * random() ^ 2) + u % 100 ELSE floor(:items * random() ^ 2) END
FROM generate_series(1, :users) u, generate_series(1, 30);
CREATE TABLE held AS SELECT user_id, (array_agg(item_id ORDER BY id DESC))[1] AS item_id, max(id) AS id FROM events WHERE user_id <= 1000 GROUP BY user_id;
DELETE FROM events WHERE id IN (SELECT id FROM held);
CREATE TABLE items AS SELECT i AS item_id, 'taste ' || i % 100 AS taste FROM generate_series(0, :items - 1) i;
ALTER TABLE items ADD PRIMARY KEY (item_id);
CREATE INDEX ON events (user_id, id);
SELECT holomamba.create_model('bench', 'events', 'user_id', 'item_id', '{id}', 'items', 'item_id', '{taste}') \g /dev/null
VACUUM ANALYZE;
