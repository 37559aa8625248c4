-- Three tables of events: with a model, with a counter for each user, with nothing
SET client_min_messages = warning;
CREATE EXTENSION holomamba;
CREATE TABLE events (id bigserial PRIMARY KEY, user_id integer NOT NULL, item_id integer NOT NULL);
CREATE INDEX ON events (user_id, id);
CREATE TABLE plain (LIKE events INCLUDING ALL);
CREATE TABLE counted (LIKE events INCLUDING ALL);
CREATE TABLE counters (user_id integer PRIMARY KEY, n bigint NOT NULL) WITH (fillfactor = 80);
CREATE FUNCTION count_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO counters AS c (user_id, n) VALUES (NEW.user_id, 1) ON CONFLICT (user_id) DO UPDATE SET n = c.n + 1;
    RETURN NULL;
END
$$;
CREATE TRIGGER count_event AFTER INSERT ON counted FOR EACH ROW EXECUTE FUNCTION count_event();
INSERT INTO events (user_id, item_id) SELECT u, 1 + (u * 7919 + n * 104729) % 1000 FROM generate_series(1, 10) n, generate_series(1, :users) u;
INSERT INTO counted (user_id, item_id) SELECT user_id, item_id FROM events;
INSERT INTO plain (user_id, item_id) SELECT user_id, item_id FROM events;
SELECT holomamba.create_model('bench', 'events', 'user_id', 'item_id', '{id}', options => :'options') AS created \gset
CALL holomamba.train('bench', epochs => 1);
VACUUM (FULL, ANALYZE);
CHECKPOINT;
