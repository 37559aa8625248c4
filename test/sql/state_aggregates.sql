-- ssm_encode(): states by GROUP BY, the same as step by step and as those that triggers keep
\pset format unaligned
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE TABLE encode_events (user_id integer, item_id integer, t integer);
CREATE INDEX ON encode_events (user_id);
INSERT INTO encode_events SELECT u, 1 + (u * 5 + n * n) % 12, n FROM generate_series(1, 6) u, generate_series(1, 4 + 10 * (u % 3)) n;
SELECT ssm_encode('[1,2]'::hrr);
\echo :LAST_ERROR_SQLSTATE
SELECT holomamba.create_model('encode_model', 'encode_events', 'user_id', 'item_id', '{t}',
    options => '{"dimension": 8, "layers": 2, "state_size": 2, "epochs": 2, "learning_rate": 0.02, "batch_size": 2, "threads": 1}');
SELECT ssm_encode('[1,2]'::hrr);
\echo :LAST_ERROR_SQLSTATE
CALL holomamba.train('encode_model');
INSERT INTO encode_events VALUES (1, 5, 100), (7, 3, 1), (7, 999, 2), (7, 4, 3);

-- All users in one statement: the states that triggers keep, unknown items among the events
SELECT count(*), bool_and(ssm_vector(e.state) <-> u.vector < 1e-5) AS same, bool_and(ssm_events(e.state) = u.events) AS counted
FROM (SELECT user_id, ssm_encode(token ORDER BY t) AS state FROM encode_events LEFT JOIN holomamba.encode_model_items USING (item_id) GROUP BY user_id) e
JOIN holomamba.encode_model_users u USING (user_id);
SELECT count(*), bool_and(ssm_vector(e.state) <-> u.vector < 1e-5) AS same
FROM (SELECT user_id, ssm_encode(ssm_initial('encode_model', 1), token ORDER BY t) AS state
      FROM encode_events LEFT JOIN holomamba.encode_model_items USING (item_id) GROUP BY user_id) e
JOIN holomamba.encode_model_users u USING (user_id);
-- In two parts, and in another order
SELECT bool_and(ssm_vector(state) <-> whole < 1e-5) AS same
FROM (SELECT user_id, ssm_encode(first, token ORDER BY t) AS state
      FROM (SELECT user_id, ssm_encode(token ORDER BY t) FILTER (WHERE t < 3) AS first FROM encode_events JOIN holomamba.encode_model_items USING (item_id) GROUP BY user_id) p
      JOIN encode_events USING (user_id) JOIN holomamba.encode_model_items USING (item_id) WHERE t >= 3 AND user_id < 7 GROUP BY user_id) h
JOIN (SELECT user_id, vector AS whole FROM holomamba.encode_model_users) w USING (user_id);
SELECT ssm_vector(ssm_encode(token ORDER BY t)) <-> ssm_vector(ssm_encode(token ORDER BY t DESC)) > 1e-3 AS other FROM encode_events JOIN holomamba.encode_model_items USING (item_id) WHERE user_id = 1;
-- No rows, a NULL to start from, tokens that do not fit
SELECT ssm_encode(token) FROM holomamba.encode_model_items WHERE false;
SELECT ssm_encode(NULL, token) FROM holomamba.encode_model_items;
SELECT ssm_events(ssm_encode(NULL::hrr)) FROM generate_series(1, 3);
SELECT ssm_encode('[1,2]'::hrr);
\echo :LAST_ERROR_SQLSTATE

-- Which model: the only one, or that of the setting
SELECT holomamba.create_model('encode_other', 'encode_events', 'user_id', 'item_id', '{t}', options => '{"dimension": 12, "layers": 1, "epochs": 1, "threads": 1}');
SELECT ssm_encode(token) FROM holomamba.encode_model_items;
\echo :LAST_ERROR_SQLSTATE
SET holomamba.model = 'encode_other';
SELECT ssm_encode(token) FROM holomamba.encode_model_items;
SET holomamba.model = 'encode_model';
SELECT ssm_events(ssm_encode(token)) FROM holomamba.encode_model_items;
SELECT ssm_events(ssm_encode(ssm_initial('encode_model', 1), token)) FROM holomamba.encode_model_items;

SELECT holomamba.drop_model('encode_model');
SELECT holomamba.drop_model('encode_other');
DROP TABLE encode_events;
