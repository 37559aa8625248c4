-- ssm_state: its forms, and the functions that make, move and read it
\pset format unaligned
\set SHOW_CONTEXT never
SET client_min_messages = warning;

-- What a statement comes to: its value, or its error in full.
\getenv helpers PG_ABS_SRCDIR
\set outcome :helpers '/helpers/outcome.sql'
\i :outcome

CREATE TABLE state_events (user_id integer, item_id integer, t integer);
CREATE INDEX ON state_events (user_id);
INSERT INTO state_events SELECT u, 1 + (u * 5 + n * n) % 12, n FROM generate_series(1, 6) u, generate_series(1, 4 + 10 * (u % 3)) n;
SELECT holomamba.create_model('state_model', 'state_events', 'user_id', 'item_id', '{t}',
    options => '{"dimension": 8, "layers": 2, "state_size": 2, "epochs": 2, "learning_rate": 0.02, "batch_size": 2, "threads": 1}');
SELECT pg_temp.outcome($$SELECT ssm_initial('state_model', 1)$$);
CALL holomamba.train('state_model');

-- The state before all events
SELECT hrr_dims(ssm_vector(s)), ssm_events(s), (ssm_vector(s)::real[])[9] AS last, l2_norm(ssm_vector(s)) > 1.01 AS has_more
FROM ssm_initial('state_model', 1) s;
SELECT statement, pg_temp.outcome(statement) FROM (VALUES
    ($$SELECT ssm_initial('state_model', 2)$$), ($$SELECT ssm_initial('state_model', 0)$$), ($$SELECT ssm_initial('state_model', -1)$$),
    ($$SELECT ssm_initial('no_model', 1)$$), ($$SELECT ssm_initial('State_model', 1)$$), ($$SELECT ssm_initial('', 1)$$),
    ($$SELECT ssm_initial(NULL, 1)$$), ($$SELECT ssm_initial('state_model', NULL)$$),
    ($$SELECT ssm_vector(NULL)$$), ($$SELECT ssm_events(NULL)$$)) AS t (statement);

-- Step by step, all at once, and in any two parts: the same, to the last bit. Each order of other events is another vector.
CREATE TEMPORARY TABLE tokens AS
    SELECT e.user_id, array_agg(i.token ORDER BY e.t) AS tokens, count(*) AS events
    FROM state_events e JOIN holomamba.state_model_items i USING (item_id) GROUP BY e.user_id;
CREATE TEMPORARY TABLE steps AS
    WITH RECURSIVE step (user_id, n, state) AS (
        SELECT user_id, 0, ssm_initial('state_model', 1) FROM tokens
        UNION ALL
        SELECT s.user_id, s.n + 1, ssm_update(s.state, t.tokens[s.n + 1])
        FROM step s JOIN tokens t USING (user_id) WHERE s.n < cardinality(t.tokens)
    )
    SELECT * FROM step;
SELECT count(*), bool_and(s.state::text = ssm_update(ssm_initial('state_model', 1), t.tokens[1:s.n])::text) AS same,
       bool_and(ssm_events(s.state) = s.n) AS counted, bool_and(hrr_dims(ssm_vector(s.state)) = 9) AS elements,
       bool_and((ssm_vector(s.state)::real[])[9] = 1) AS last
FROM steps s JOIN tokens t USING (user_id);
SELECT bool_and(ssm_update(s.state, t.tokens[s.n + 1:])::text = u.state::text) AS same, bool_and(ssm_vector(u.state) = u.vector) AS vector,
       bool_and(ssm_events(ssm_update(s.state, t.tokens[s.n + 1:])) = u.events) AS counted
FROM steps s JOIN tokens t USING (user_id) JOIN holomamba.state_model_users u USING (user_id);
SELECT count(*), bool_and(ssm_vector(a.state) <-> ssm_vector(b.state) > 1e-3) AS differ
FROM steps a JOIN steps b ON a.user_id = b.user_id AND a.n = b.n - 1;
SELECT ssm_vector(ssm_update(s, ARRAY[a.token, b.token])) <-> ssm_vector(ssm_update(s, ARRAY[b.token, a.token])) > 1e-3 AS order_matters
FROM ssm_initial('state_model', 1) s, holomamba.state_model_items a, holomamba.state_model_items b WHERE a.item_id = 1 AND b.item_id = 2;
-- A state takes the same room whatever came before
SELECT count(DISTINCT length(state::text)), max(n) FROM steps;
-- and at the default options a user's row is at most 2 kB
CALL holomamba.train('state_model', options => '{"dimension": 64, "layers": 2, "state_size": 1, "epochs": 1}');
SELECT max(pg_column_size(u)) <= 2048 AS within_2_kb FROM holomamba.state_model_users u;
SELECT holomamba.activate('state_model', 1);

-- A NULL token is an event with an item that the model does not know; a NULL array or state is no answer
SELECT ssm_events(a) AS events, ssm_vector(a) <-> ssm_vector(s) > 1e-3 AS moved,
       (SELECT bool_and(ssm_vector(a) <-> ssm_vector(ssm_update(s, i.token)) > 1e-4) FROM holomamba.state_model_items i) AS like_no_item
FROM ssm_initial('state_model', 1) s, ssm_update(s, ARRAY[NULL]::hrr[]) a;
SELECT ssm_events(ssm_update(s, ARRAY[NULL, i.token, NULL])), ssm_events(ssm_update(s, '{}'::hrr[])),
       ssm_update(s, '{}'::hrr[])::text = s::text AS unmoved, ssm_update(s, NULL::hrr)::text = ssm_update(s, ARRAY[NULL]::hrr[])::text AS unknown, ssm_update(s, NULL::hrr[]) IS NULL,
       ssm_update(NULL, i.token) IS NULL, ssm_update(NULL, NULL::hrr) IS NULL
FROM ssm_initial('state_model', 1) s, holomamba.state_model_items i WHERE i.item_id = 1;
SELECT ssm_vector(ssm_update(s, ARRAY[i.token, NULL])) <-> ssm_vector(ssm_update(s, ARRAY[NULL, i.token])) > 1e-3 AS order_matters
FROM ssm_initial('state_model', 1) s, holomamba.state_model_items i WHERE i.item_id = 1;

-- Many users at once, their events in one sequence: the same bytes
CREATE TEMPORARY TABLE arrays AS
    SELECT (SELECT array_agg(ssm_initial('state_model', 1)) FROM tokens) AS states,
           (SELECT array_agg(token ORDER BY item_id) FROM holomamba.state_model_items) AS tokens,
           array_agg(user_id ORDER BY t) AS users, array_agg(item_id ORDER BY t) AS items
    FROM state_events;
SELECT count(*), bool_and(m.state::text = u.state::text) AS same
FROM arrays a, holomamba_internal.advance_states(a.states, a.tokens, a.users, a.items) m JOIN holomamba.state_model_users u ON u.user_id = m.number;
SELECT number, state::text = ssm_initial('state_model', 1)::text AS unmoved, state::text = ssm_update(ssm_initial('state_model', 1), NULL::hrr)::text AS unknown
FROM arrays a, holomamba_internal.advance_states(a.states[1:2], a.tokens, '{2}', '{NULL}');
SELECT count(*) FROM holomamba_internal.advance_states('{}', '{}', '{}', '{}');
SELECT count(*) FROM arrays a, holomamba_internal.advance_states(NULL, a.tokens, a.users, a.items);
SELECT arguments, pg_temp.outcome('SELECT count(*) FROM arrays a, holomamba_internal.advance_states(' || arguments || ')') FROM (VALUES
    ('a.states, a.tokens, a.users, a.items[2:]'), ('a.states[1:5], a.tokens, a.users, a.items'), ('a.states, a.tokens[1:5], a.users, a.items'),
    ('a.states, a.tokens, ''{0}'', ''{1}'''), ('a.states, a.tokens, ''{NULL}'', ''{1}'''), ('a.states, a.tokens, ''{1}'', ''{0}'''),
    ('''{}'', a.tokens, ''{1}'', ''{1}'''), ('ARRAY[NULL]::ssm_state[], a.tokens, ''{1}'', ''{1}'''), ('ARRAY[a.states], a.tokens, a.users, a.items'),
    ('a.states, ARRAY[hrr_random(9, 1)], ''{1}'', ''{1}''')) AS t (arguments);

-- Tokens that are none
SELECT statement, pg_temp.outcome('SELECT ssm_events(' || statement || $$) FROM ssm_initial('state_model', 1) s$$) FROM (VALUES
    ('ssm_update(s, hrr_random(7, 1))'), ('ssm_update(s, hrr_random(9, 1))'), ('ssm_update(s, ssm_vector(s))'),
    ('ssm_update(s, ARRAY[hrr_random(8, 1), hrr_random(7, 1)])'), ('ssm_update(s, ARRAY[NULL, hrr_random(16000, 1)])'),
    ('ssm_update(s, ARRAY[ARRAY[hrr_random(8, 1)], ARRAY[hrr_random(8, 1)]])'),
    ('ssm_update(s, hrr_random(8, 1))'), ('ssm_update(s, ARRAY[hrr_random(8, 1), hrr_random(8, 2)])')) AS t (statement);
-- Whatever the numbers are, a state is finite or an error
SELECT pg_temp.outcome(format('SELECT ssm_vector(ssm_update(ssm_initial(''state_model'', 1), array_fill(%L::hrr, ARRAY[20])))', '[' || x || repeat(',' || x, 7) || ']'))
    ~ '^(\[[^a-z]*\]|22003 \| .*)$' AS finite_or_error
FROM unnest('{3.4e38,-3.4e38,1e30,1e-45,0}'::text[]) x;

-- Text and back
SELECT count(*), bool_and(state::text::ssm_state::text = state::text) AS same_text,
       bool_and(ssm_vector(state::text::ssm_state) = ssm_vector(state)) AS same_vector,
       bool_and(ssm_events(state::text::ssm_state) = ssm_events(state)) AS same_events
FROM steps;
-- and goes on
SELECT bool_and(ssm_update(s.state::text::ssm_state, t.tokens[s.n + 1:])::text = u.state::text) AS same
FROM steps s JOIN tokens t USING (user_id) JOIN holomamba.state_model_users u USING (user_id);
SELECT literal, pg_temp.outcome(format('SELECT %L::ssm_state', literal)) FROM (VALUES
    (''), (' '), ('0'), ('NULL'), ('x'), ('\'), ('\x'), ('\x0'), ('\x00'), ('\x0000'), ('[1,2]'), ('{}'), ('\X0000'), ('xx0000')) AS t (literal);
-- What is wrong is told apart: cut off, too long, not hexadecimal, another version or format, what is reserved, a negative count, NaN, infinity
SELECT damage, pg_temp.outcome(format('SELECT ssm_events(%L)', CASE damage
           WHEN 'none' THEN s
           WHEN 'cut off' THEN left(s, -2) WHEN 'cut off by half a byte' THEN left(s, -1) WHEN 'header only, cut off' THEN left(s, 30)
           WHEN 'too long' THEN s || '00' WHEN 'trailing space' THEN s || ' '
           WHEN 'not hexadecimal' THEN overlay(s PLACING 'zz' FROM length(s) - 1)
           WHEN 'version' THEN overlay(s PLACING 'ff' FROM 3)
           WHEN 'format' THEN overlay(s PLACING '03' FROM 5)
           WHEN 'reserved' THEN overlay(s PLACING '01' FROM 7)
           WHEN 'events' THEN overlay(s PLACING 'ffffffffffffffff' FROM 27)
           WHEN 'NaN' THEN overlay(s PLACING '0000c07f' FROM length(s) - 7)
           WHEN 'infinity' THEN overlay(s PLACING '000080ff' FROM length(s) - 7) END)) AS outcome
FROM unnest('{none,cut off,cut off by half a byte,"header only, cut off",too long,trailing space,not hexadecimal,version,format,reserved,events,NaN,infinity}'::text[]) AS damage,
     (SELECT state::text AS s FROM steps WHERE user_id = 1 AND n = 3) t;
-- More events than can be counted
SELECT pg_temp.outcome(format('SELECT ssm_events(ssm_update(%L, hrr_random(8, 1)))', overlay(state::text PLACING 'ffffffffffffff7f' FROM 27))) LIKE '22003 | %' AS refused,
       ssm_events(overlay(state::text PLACING 'ffffffffffffff7f' FROM 27)::ssm_state)
FROM steps WHERE user_id = 1 AND n = 3;
-- A whole number of elements too few or too many, another format: known when the weights are at hand
SELECT damage, pg_temp.outcome(format('SELECT ssm_vector(%L)', s)) ~ '^XX001 \| ssm_state has \d+ bytes of format \d, but its weights have states of \d+ of format \d$' AS refused,
       pg_temp.outcome(format('SELECT ssm_update(%L, hrr_random(8, 1))', s)) ~ '^XX001 \| ssm_state has' AS refused
FROM (SELECT damage, CASE damage WHEN 'cut off' THEN left(state::text, -8) WHEN 'nothing left' THEN left(state::text, 42) WHEN 'format' THEN overlay(state::text PLACING '02' FROM 5) ELSE state::text || '00000000' END AS s
      FROM steps, unnest('{cut off,nothing left,format,too long}'::text[]) damage WHERE user_id = 1 AND n = 3) t;

-- Binary and back, through COPY; bytes of a bytea travel in the same frame
SELECT current_setting('data_directory') || '/holomamba_test_state' AS file \gset
CREATE TEMPORARY TABLE copied (user_id integer, n integer, state ssm_state);
COPY steps TO :'file' WITH (FORMAT binary);
COPY copied FROM :'file' WITH (FORMAT binary);
SELECT count(*), bool_and(c.state::text = s.state::text) AS same FROM copied c JOIN steps s USING (user_id, n);
CREATE TEMPORARY TABLE frame (state ssm_state);
COPY (SELECT ssm_state_send(state) FROM steps WHERE user_id = 1 AND n = 3) TO :'file' WITH (FORMAT binary);
COPY frame FROM :'file' WITH (FORMAT binary);
SELECT f.state::text = s.state::text AS same FROM frame f, steps s WHERE s.user_id = 1 AND s.n = 3;
-- Damaged: the version, the format, the sign of the events, cut off, too long, NaN, nothing
COPY (SELECT set_byte(ssm_state_send(state), 0, 255) FROM frame) TO :'file' WITH (FORMAT binary);
COPY frame FROM :'file' WITH (FORMAT binary);
\echo :LAST_ERROR_SQLSTATE
COPY (SELECT set_byte(ssm_state_send(state), 1, 255) FROM frame) TO :'file' WITH (FORMAT binary);
COPY frame FROM :'file' WITH (FORMAT binary);
COPY (SELECT set_byte(ssm_state_send(state), 12, 128) FROM frame) TO :'file' WITH (FORMAT binary);
COPY frame FROM :'file' WITH (FORMAT binary);
COPY (SELECT substr(ssm_state_send(state), 1, 10) FROM frame) TO :'file' WITH (FORMAT binary);
COPY frame FROM :'file' WITH (FORMAT binary);
COPY (SELECT substr(ssm_state_send(state), 1, length(ssm_state_send(state)) - 1) FROM frame) TO :'file' WITH (FORMAT binary);
COPY frame FROM :'file' WITH (FORMAT binary);
COPY (SELECT ssm_state_send(state) || '\x00'::bytea FROM frame) TO :'file' WITH (FORMAT binary);
COPY frame FROM :'file' WITH (FORMAT binary);
\echo :LAST_ERROR_SQLSTATE
COPY (SELECT overlay(ssm_state_send(state) PLACING '\x0000c07f'::bytea FROM 21) FROM frame) TO :'file' WITH (FORMAT binary);
COPY frame FROM :'file' WITH (FORMAT binary);
COPY (SELECT ''::bytea) TO :'file' WITH (FORMAT binary);
COPY frame FROM :'file' WITH (FORMAT binary);
SELECT count(*) FROM frame;
SELECT format('rm -f %s && cat > /dev/null', quote_literal(:'file')) AS remove \gset
COPY (SELECT) TO PROGRAM :'remove';

-- Weights that are gone: an error that says so, wherever weights are needed
CALL holomamba.train('state_model', options => '{"seed": 5, "epochs": 1}');
CREATE TABLE state_kept AS SELECT 1 AS version, ssm_initial('state_model', 1) AS state UNION ALL SELECT 3, ssm_initial('state_model', 3);
-- One belongs to the version before, whose weights are still there
SELECT version, hrr_dims(ssm_vector(state)), hrr_dims(ssm_vector(ssm_update(state, hrr_random(8, 1)))) FROM state_kept ORDER BY version;
SELECT holomamba.forget_version('state_model', 1);
\c -
\set SHOW_CONTEXT never
SELECT version, ssm_events(state), length(state::text) > 100 AS readable FROM state_kept ORDER BY version;
SELECT hrr_dims(ssm_vector(state)) FROM state_kept WHERE version = 3;
SELECT ssm_vector(state) FROM state_kept WHERE version = 1;
\echo :LAST_ERROR_SQLSTATE
SELECT ssm_update(state, hrr_random(8, 1)) FROM state_kept WHERE version = 1;
SELECT ssm_update(state, ARRAY[hrr_random(8, 1)]) FROM state_kept WHERE version = 1;
SELECT ssm_update(state, '{}'::hrr[]) FROM state_kept WHERE version = 1;
SELECT ssm_initial('state_model', 1);
-- Nothing about the others changed
SELECT hrr_dims(ssm_vector(ssm_update(state, hrr_random(8, 1)))) FROM state_kept WHERE version = 3;

-- Every format: stored = one by one = read back, the vector is that of the state
CREATE FUNCTION pg_temp.check_format(OUT users bigint, OUT replayed boolean, OUT read_back boolean, OUT vector boolean, OUT bytes integer, OUT row_bytes integer)
LANGUAGE plpgsql AS $$
DECLARE
    fresh ssm_state := (SELECT ssm_initial('state_model', version) FROM holomamba.versions WHERE model = 'state_model' AND active);
BEGIN
    WITH RECURSIVE step (user_id, n, state, tokens) AS (
        SELECT e.user_id, 0, fresh, array_agg(i.token ORDER BY e.t) FROM state_events e JOIN holomamba.state_model_items i USING (item_id) GROUP BY e.user_id
        UNION ALL
        SELECT user_id, n + 1, ssm_update(state, tokens[n + 1])::text::ssm_state, tokens FROM step WHERE n < cardinality(tokens)
    )
    SELECT count(*), bool_and(u.state::text = s.state::text), bool_and(u.state::text = u.state::text::ssm_state::text), bool_and(u.vector = ssm_vector(u.state)),
           max(length(u.state::text)) / 2, max(pg_column_size(u))
    INTO users, replayed, read_back, vector, bytes, row_bytes
    FROM holomamba.state_model_users u JOIN step s USING (user_id) WHERE s.n = cardinality(s.tokens);
END $$;
SET client_min_messages = warning;
CALL holomamba.train('state_model', options => '{"state_format": "float32", "epochs": 1}');
SELECT * FROM pg_temp.check_format();
CALL holomamba.train('state_model', options => '{"state_format": "float16", "epochs": 1}');
INSERT INTO state_events VALUES (1, 3, 1000), (7, 5, 1001), (1, 4, 1002);
SELECT * FROM pg_temp.check_format();
CALL holomamba.train('state_model', options => '{"state_format": "int8", "epochs": 1}');
INSERT INTO state_events VALUES (1, 3, 1003), (7, 5, 1004);
SELECT * FROM pg_temp.check_format();
RESET client_min_messages;
-- Versions 4 and 5 have the same weights, but not states that fit each other
SELECT count(DISTINCT p.data) AS weights, count(DISTINCT v.fingerprint) AS fingerprints
FROM holomamba.version_catalogue v JOIN holomamba.parameters p USING (model, version)
WHERE v.model = 'state_model' AND p.name = 'blocks.0.mamba.skip' AND v.options ->> 'epochs' = '1' AND v.seed = 42 AND v.version IN (4, 5);
CALL holomamba.train('state_model', options => '{"state_format": "float8"}');

-- Equality, to the bit, with a hash and an order: DISTINCT, EXCEPT, joins of every kind, an index
CREATE TEMPORARY TABLE compared AS
SELECT n, ssm_update(ssm_initial('state_model', 4), ARRAY(SELECT token FROM holomamba.state_model_items ORDER BY item_id LIMIT n % 4)) AS state
FROM generate_series(1, 40) n;
SELECT count(DISTINCT state), bool_and(state = state::text::ssm_state) AS to_text, bool_and(NOT state <> state) AS itself FROM compared;
SELECT count(*) FROM compared a JOIN compared b ON a.state = b.state;
SET enable_hashjoin = off;
SELECT count(*) FROM compared a JOIN compared b ON a.state = b.state;
SET enable_mergejoin = off;
SELECT count(*) FROM compared a JOIN compared b ON a.state = b.state;
RESET enable_hashjoin; RESET enable_mergejoin;
SELECT count(*) FROM (SELECT state FROM compared GROUP BY state HAVING count(*) = 10) g;
SELECT count(*) FROM (SELECT state FROM compared EXCEPT SELECT ssm_initial('state_model', 4)) d;
SELECT bool_and((a.state < b.state) = (b.state > a.state) AND (a.state <= b.state) = (NOT a.state > b.state) AND (a.state >= b.state) = (NOT a.state < b.state)
                AND (a.state <> b.state) = (NOT a.state = b.state) AND ((a.state = b.state) = (ssm_state_cmp(a.state, b.state) = 0))
                AND (a.state = b.state) = (ssm_state_hash(a.state) = ssm_state_hash(b.state))
                AND (a.state = b.state) = (ssm_state_hash_extended(a.state, 5) = ssm_state_hash_extended(b.state, 5))) AS one_order
FROM compared a, compared b;
-- of other weights, and of other lengths, none is equal
SELECT count(*) FROM compared c
WHERE c.state IN (SELECT ssm_initial('state_model', version) FROM holomamba.versions WHERE model = 'state_model' AND status = 'ready' AND version <> 4);
CREATE UNIQUE INDEX ON compared ((state)) WHERE n <= 4;
\set VERBOSITY sqlstate
INSERT INTO compared SELECT 0, state FROM compared WHERE n = 8;
\set VERBOSITY default
SELECT (state = NULL) IS NULL AS unknown FROM compared LIMIT 1;

SELECT holomamba.drop_model('state_model');
DROP TABLE state_events, state_kept;
