-- Every kind of block is trained, kept up to date by triggers, and recommends.
\pset format unaligned
SET client_min_messages = warning;
CREATE TABLE block_items (item_id int PRIMARY KEY, kind text);
INSERT INTO block_items SELECT i, 'kind ' || i % 3 FROM generate_series(1, 40) i;
CREATE TABLE block_events (user_id int, item_id int, t int);
CREATE INDEX ON block_events (user_id, t);
INSERT INTO block_events SELECT u, 1 + (u + i) % 40, i FROM generate_series(1, 20) u, generate_series(1, 9) i;

-- Attention keeps fewer events than users have: a state forgets.
SELECT holomamba.create_model('gru_model', 'block_events', 'user_id', 'item_id', '{t}', 'block_items', 'item_id', '{kind}',
    '{"block": "gru", "dimension": 16, "layers": 2, "epochs": 3, "learning_rate": 0.02, "threads": 1}');
SELECT holomamba.create_model('attention_model', 'block_events', 'user_id', 'item_id', '{t}', 'block_items', 'item_id', '{kind}',
    '{"block": "attention", "attention_span": 5, "dimension": 8, "layers": 2, "epochs": 3, "learning_rate": 0.02, "threads": 1}');
CALL holomamba.train('gru_model');
CALL holomamba.train('attention_model');

-- Bytes of a state: 24 + 2 (layers E rows + d), with 1 row of E = 32 and with 1 + 2 * 5 of E = 16
SELECT (SELECT max(pg_column_size(state)) - 24 FROM holomamba.gru_model_users) = 2 * (2 * 32 * 1 + 16) AS gru,
       (SELECT max(pg_column_size(state)) - 24 FROM holomamba.attention_model_users) = 2 * (2 * 16 * 11 + 8) AS attention;

-- Events in order, many at once, late, changed and deleted
INSERT INTO block_events VALUES (1, 3, 10);
INSERT INTO block_events SELECT u, 1 + (u * i) % 40, i FROM generate_series(1, 25) u, generate_series(11, 22) i;
INSERT INTO block_events VALUES (2, 5, 0);
UPDATE block_events SET item_id = 7 WHERE user_id = 3 AND t = 4;
DELETE FROM block_events WHERE user_id = 4 AND t = 11;
SELECT 'gru' AS model, * FROM holomamba.check_state('gru_model')
UNION ALL SELECT 'attention', * FROM holomamba.check_state('attention_model');

SELECT m, (SELECT count(*) FROM recommend(1, 3, model => m)) AS items FROM unnest('{gru_model,attention_model}'::text[]) m;
SELECT count(DISTINCT e.item_id) AS of_a_history FROM recommend_next('{3,4,5}'::int[], 3, model => 'attention_model') e;

-- One option of a training: what the model says of its block goes without saying
CALL holomamba.train('attention_model', options => '{"attention_span": 6, "epochs": 1}');
SELECT active_version FROM holomamba.models WHERE model = 'attention_model';

-- Heads that do not divide the channels
CALL holomamba.train('attention_model', options => '{"attention_heads": 3}');
\echo :LAST_ERROR_SQLSTATE
SELECT holomamba.create_model('lstm_model', 'block_events', 'user_id', 'item_id', '{t}', options => '{"block": "lstm"}');
\echo :LAST_ERROR_SQLSTATE

SELECT holomamba.drop_model(m) FROM unnest('{gru_model,attention_model}'::text[]) m;
DROP TABLE block_events, block_items;
