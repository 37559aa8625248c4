-- Users go round the items one after the other, so what comes next is sure, and the first recommendation has to be that.
CREATE EXTENSION holomamba;
CREATE TABLE items (item_id integer PRIMARY KEY, kind text);
INSERT INTO items SELECT i, CASE WHEN i % 2 = 0 THEN 'even' ELSE 'odd' END FROM generate_series(0, 19) i;
CREATE TABLE events (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, user_id integer NOT NULL, item_id integer NOT NULL);
INSERT INTO events (user_id, item_id) SELECT u, (u + e) % 20 FROM generate_series(1, 200) u, generate_series(0, 11) e ORDER BY u, e;
SELECT holomamba.create_model('shop', 'events', 'user_id', 'item_id', '{id}', 'items', 'item_id', '{kind}');
SET client_min_messages = warning;
CALL holomamba.train('shop', epochs => 20);
INSERT INTO events (user_id, item_id) VALUES (1, 13);
DO $$
DECLARE
    best bigint[] := ARRAY(SELECT item_id FROM recommend(1, 3));
BEGIN
    IF best[1] IS DISTINCT FROM 14 THEN
        RAISE EXCEPTION 'recommended: %', best;
    END IF;
    IF EXISTS (SELECT FROM holomamba.check_state('shop')) THEN
        RAISE EXCEPTION 'states are not those of a replay';
    END IF;
END $$;
SELECT * FROM recommend(1, 3);
SELECT holomamba.drop_model('shop');
DROP EXTENSION holomamba;
