-- train(), evaluate(): tables of other kinds, with few events or none, without items, partitioned
\pset format unaligned
\set SHOW_CONTEXT never
SET client_min_messages = warning;

-- What a statement comes to: its value, or its error in full.
\getenv helpers PG_ABS_SRCDIR
\set outcome :helpers '/helpers/outcome.sql'
\i :outcome

CREATE TABLE train_events (user_id integer, item_id integer, t integer);
CREATE INDEX ON train_events (user_id);

-- Without a table of items: no events, events without ids, and then enough
SELECT holomamba.create_model('tm', 'train_events', 'user_id', 'item_id', '{t}',
    options => '{"dimension": 8, "layers": 1, "state_size": 2, "epochs": 1, "threads": 1}');
CALL holomamba.train('tm');
\echo :LAST_ERROR_SQLSTATE
INSERT INTO train_events VALUES (1, NULL, 1), (NULL, 1, 1), (NULL, NULL, 1);
CALL holomamba.train('tm');
CALL holomamba.train('tm', holdout => 'leave_one_out');
SELECT count(*) AS versions, (SELECT active_version FROM holomamba.models) FROM holomamba.versions;
INSERT INTO train_events VALUES (1, 1, 1);
CALL holomamba.train('tm');
SELECT item_id FROM recommend(2, 10, 'tm');
CALL holomamba.train('tm', holdout => 'leave_one_out');
SELECT count(*), max(users) FROM holomamba.evaluate('tm');
SET session_replication_role = replica;
ALTER TABLE train_events DROP COLUMN t;
RESET session_replication_role;
CALL holomamba.train('tm');
\echo :LAST_ERROR_SQLSTATE
SELECT holomamba.drop_model('tm');
ALTER TABLE train_events ADD COLUMN t integer;
SELECT holomamba.create_model('tm', 'train_events', 'user_id', 'item_id', '{t}',
    options => '{"dimension": 8, "layers": 1, "state_size": 2, "epochs": 1, "threads": 1}');
DROP TABLE train_events;
CALL holomamba.train('tm');
\echo :LAST_ERROR_SQLSTATE
SELECT holomamba.drop_model('tm');

-- Other types of ids, and a partitioned table
CREATE TABLE train_sales (customer uuid, article varchar(20), day date) PARTITION BY HASH (customer);
CREATE TABLE train_sales_0 PARTITION OF train_sales FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE train_sales_1 PARTITION OF train_sales FOR VALUES WITH (MODULUS 2, REMAINDER 1);
CREATE INDEX ON train_sales (customer);
CREATE TABLE train_articles (code text PRIMARY KEY, tags text[]);
INSERT INTO train_articles SELECT 'a ''' || i || '"', ARRAY['tag ' || i % 3, 'it''s', '{"x\y"}'] FROM generate_series(0, 9) i;
INSERT INTO train_sales SELECT md5(u::text)::uuid, 'a ''' || (u * 3 + n * n) % 10 || '"', date '2026-01-01' + n FROM generate_series(1, 6) u, generate_series(1, 6) n;
SELECT holomamba.create_model('tm', 'train_sales', 'customer', 'article', '{day}', 'train_articles', 'code', '{tags}',
    '{"dimension": 8, "layers": 1, "state_size": 2, "epochs": 1, "threads": 1}');
CALL holomamba.train('tm', holdout => 'time', options => '{"cutoff": "2026-01-06", "validation": "off"}');
SELECT events, users, items FROM holomamba.versions;
SELECT users FROM holomamba.evaluate('tm') WHERE ranker = 'popularity';
SELECT labels FROM holomamba.vocabulary WHERE field = 'tags';
SELECT count(*) FROM recommend(md5('1'), 100, 'tm', exclude_seen => false) JOIN train_articles ON code = item_id;
SELECT count(*) FROM recommend(md5('1'), 100, 'tm') r JOIN train_sales s ON s.article = r.item_id AND s.customer = md5('1')::uuid;
SELECT pg_temp.outcome(format('SELECT count(*) FROM recommend(%L::uuid, 10, ''tm'')', md5('1')));
SELECT holomamba.drop_model('tm');
DROP TABLE train_sales, train_articles;
CREATE TABLE train_clicks (who bigint, what smallint, at timestamptz, seq bigserial);
CREATE INDEX ON train_clicks (who);
INSERT INTO train_clicks (who, what, at) SELECT 10000000000 + u, -1 + (u * 3 + n * n) % 10, '2026-01-01' FROM generate_series(1, 6) u, generate_series(1, 6) n;
SELECT holomamba.create_model('tm', 'train_clicks', 'who', 'what', '{at,seq}', options => '{"dimension": 8, "layers": 1, "state_size": 2, "epochs": 1, "threads": 1}');
CALL holomamba.train('tm', holdout => 'leave_one_out');
SELECT events, users, items FROM holomamba.versions;
SELECT count(*), min(item_id) FROM recommend(10000000001, 100, 'tm', exclude_seen => false);
SELECT holomamba.drop_model('tm');

-- With nothing held out, as many epochs as were best with a holdout, other options being the same: auto is whatever it came to
SELECT holomamba.create_model('tm', 'train_clicks', 'who', 'what', '{at,seq}', options => '{"dimension": 8, "layers": 1, "state_size": 2, "threads": 1, "patience": 2, "learning_rate": 0.05}');
CALL holomamba.train('tm', holdout => 'leave_one_out');
CALL holomamba.train('tm');
CALL holomamba.train('tm', options => '{"batch_size": 1}');
SELECT v.version, v.options -> 'epochs' = to_jsonb(b.best_epoch) AS of_the_best, (v.options ->> 'epochs')::integer = 100 AS of_the_data
FROM holomamba.versions v, holomamba.versions b WHERE b.version = 1 ORDER BY v.version;
SELECT holomamba.drop_model('tm');
DROP TABLE train_clicks;
