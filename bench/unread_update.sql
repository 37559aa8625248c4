-- Events whose order is unique, events whose order is not, and items
SET client_min_messages = warning;
CREATE EXTENSION holomamba;
CREATE TABLE goods (id integer PRIMARY KEY, genre text, price real, note text);
INSERT INTO goods SELECT n, 'genre ' || n % 20, n % 100 FROM generate_series(1, 100000) n;
CREATE TABLE ordered (id serial PRIMARY KEY, user_id integer NOT NULL, item_id integer NOT NULL, at timestamptz NOT NULL, note text);
CREATE INDEX ON ordered (user_id, at);
INSERT INTO ordered (user_id, item_id, at)
SELECT u, 1 + (u * 7919 + n * 104729) % 1000, timestamptz '2026-01-01 00:00+00' + n * interval '1 hour' FROM generate_series(1, 10) n, generate_series(1, 10000) u;
CREATE TABLE tied (LIKE ordered INCLUDING ALL);
INSERT INTO tied SELECT * FROM ordered;
SELECT holomamba.create_model('ordered', 'ordered', 'user_id', 'item_id', '{at,id}', 'goods', 'id', '{genre,price}');
SELECT holomamba.create_model('tied', 'tied', 'user_id', 'item_id', '{at}');
CALL holomamba.train('ordered', epochs => 1);
CALL holomamba.train('tied', epochs => 1);
VACUUM ANALYZE;
CHECKPOINT;
