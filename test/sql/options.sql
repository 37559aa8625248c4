-- Options of create_model() and train(): what there is, and what is refused
\pset format unaligned
SET client_min_messages = warning;
\set SHOW_CONTEXT never

-- What a statement comes to: its value, or its error in full.
\getenv helpers PG_ABS_SRCDIR
\set outcome :helpers '/helpers/outcome.sql'
\i :outcome

-- Each option of the contract, with a default, a range and a description
SELECT c.name, o.name IS NOT NULL AS listed, o.default_value <> '' AS has_default, o.range <> '' AS has_range,
       o.description <> '' AS is_described
FROM unnest('{dimension,layers,state_size,expand,conv_width,feed_forward,max_history,dropout,learning_rate,weight_decay,batch_size,epochs,patience,loss,lookahead,negatives,seed,threads}'::text[])
     WITH ORDINALITY AS c (name, number) LEFT JOIN holomamba.options() o USING (name)
ORDER BY c.number;
SELECT name, range FROM holomamba.options();

-- No name twice; and each default is itself accepted, as what it is written as
SELECT count(*) = count(DISTINCT name) FROM holomamba.options();
SELECT pg_temp.outcome(format('SELECT holomamba_internal.check_options(%L)', holomamba_internal.complete_options('{}')));
SELECT jsonb_object_keys(holomamba_internal.complete_options('{}')) EXCEPT SELECT name FROM holomamba.options();
SELECT holomamba_internal.complete_options('{"dimension": 16}') -> 'dimension' AS given,
       holomamba_internal.complete_options('{}') ->> 'dimension' = o.default_value AS left_out
FROM holomamba.options() o WHERE o.name = 'dimension';

-- Both ends of every range of numbers are in it, and what lies beside them is not
CREATE FUNCTION pg_temp.accepts(name text, value text) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    PERFORM holomamba_internal.check_options(jsonb_build_object(name, value::numeric, 'block', CASE WHEN name LIKE 'attention%' THEN 'attention' ELSE 'mamba' END));
    RETURN true;
EXCEPTION WHEN invalid_parameter_value THEN
    RETURN false;
END $$;
SELECT name, pg_temp.accepts(name, e.low) AS low, pg_temp.accepts(name, (e.low::numeric - e.step)::text) AS below,
       pg_temp.accepts(name, e.high) AS high, pg_temp.accepts(name, (e.high::numeric + e.step)::text) AS above
FROM holomamba.options() o,
     LATERAL (SELECT split_part(replace(o.range, 'auto | ', ''), ' .. ', 1) AS low, split_part(o.range, ' .. ', 2) AS high,
                     CASE WHEN o.name IN ('dropout', 'learning_rate', 'weight_decay', 'gradient_clip') THEN 0.0000001 ELSE 1 END AS step) e
WHERE o.range LIKE '% .. %'
  AND (NOT pg_temp.accepts(name, e.low) OR pg_temp.accepts(name, (e.low::numeric - e.step)::text)
       OR NOT pg_temp.accepts(name, e.high) OR pg_temp.accepts(name, (e.high::numeric + e.step)::text));

-- Every word of a choice is accepted
SELECT name, word FROM holomamba.options() o, regexp_split_to_table(o.range, ' \| ') AS word
WHERE o.range NOT LIKE '% .. %' AND o.range <> 'text'
  AND pg_temp.outcome(format('SELECT holomamba_internal.check_options(%L)', jsonb_build_object(name, word))) <> 'done';

-- Refusals
SELECT options, pg_temp.outcome(format('SELECT holomamba_internal.check_options(%L)', options)) AS outcome FROM (VALUES
    ('{}'), ('{"dimension": 8}'), ('{"learning_rate": 1e-3}'), ('{"dimension": 64.0}'), ('{"seed": 9007199254740992}'),
    -- unknown keys, with the nearest known name
    ('{"dimensions": 8}'), ('{"Dimension": 8}'), ('{"learningrate": 0.1}'), ('{"epoch": 1}'), ('{"": 1}'),
    ('{"thread": 1}'), ('{"dimension": 8, "feedforward": 2}'), ('{"batch size": 4}'), ('{"naïve \"quoted\"\n": 1}'),
    -- wrong types
    ('{"dimension": "eight"}'), ('{"dimension": ""}'), ('{"dimension": " 8"}'), ('{"dimension": "8 "}'), ('{"dimension": true}'), ('{"dimension": null}'),
    ('{"dimension": [8]}'), ('{"dimension": {"value": 8}}'), ('{"dimension": []}'), ('{"dimension": {}}'),
    ('{"dimension": 8.5}'), ('{"epochs": 1.5}'), ('{"seed": 0.5}'), ('{"dropout": "NaN"}'), ('{"dropout": "Infinity"}'), ('{"dropout": "inf"}'),
    ('{"loss": 1}'), ('{"loss": true}'),
    -- out of range
    ('{"dimension": 0}'), ('{"dimension": -8}'), ('{"dimension": 7}'), ('{"dimension": 1000}'), ('{"dimension": 1e10}'),
    ('{"layers": 0}'), ('{"dropout": 1}'), ('{"dropout": -0.1}'), ('{"dropout": -1}'), ('{"dropout": "auto"}'), ('{"epochs": "auto"}'), ('{"learning_rate": 0}'), ('{"epochs": 0}'), ('{"seed": -1}'),
    ('{"seed": 9007199254740993}'), ('{"seed": 18446744073709551616}'),
    ('{"threads": -1}'), ('{"threads": 99999999999}'), ('{"loss": "bpr"}'), ('{"loss": ""}'), ('{"negatives": 100}'), ('{"residual": "Post"}'),
    -- no object
    ('[]'), ('["dimension"]'), ('1'), ('"dimension"'), ('null'), ('true')) AS t (options);

-- Options that the block does not have, but for their defaults: all options of a version can be given again
SELECT options, pg_temp.outcome(format('SELECT holomamba_internal.check_options(%L)', options)) AS outcome FROM (VALUES
    ('{"attention_span": 50}'), ('{"attention_span": 50, "block": "attention"}'), ('{"attention_heads": 4}'), ('{"attention_heads": 2}'),
    ('{"block": "gru", "state_size": 2}'), ('{"block": "gru", "conv_width": 3, "state_size": 1}'), ('{"block": "attention", "conv_width": 4}')) AS t (options);

-- The same at the doors that people use
CREATE TABLE options_events (user_id integer, item_id integer, t integer);
CREATE INDEX ON options_events (user_id);
SELECT options, pg_temp.outcome(format($$SELECT holomamba.create_model('options_model', 'options_events', 'user_id', 'item_id', '{t}', options => %L)$$, options))
FROM (VALUES ('{"dimensoin": 8}'), ('{"block": "gru", "state_size": 2}'), ('{"dimension": 7}'), ('{"dimension": "x"}'), ('{"dimension": null}'), ('[]'), (NULL)) AS t (options);
SELECT count(*) FROM holomamba.models;
SELECT holomamba.create_model('options_model', 'options_events', 'user_id', 'item_id', '{t}',
    options => '{"dimension": 8, "layers": 1, "state_size": 2, "expand": 1, "feed_forward": 1, "epochs": 2, "threads": 1, "seed": 7}');
INSERT INTO options_events SELECT u, i, i FROM generate_series(1, 5) u, generate_series(1, 5) i;
CALL holomamba.train('options_model', options => '{"dimensoin": 8}');
\echo :LAST_ERROR_SQLSTATE
CALL holomamba.train('options_model', options => '{"dimension": 7}');
\echo :LAST_ERROR_SQLSTATE
-- The model's own state_size is not one of these blocks, until it is back at its default
CALL holomamba.train('options_model', options => '{"block": "gru"}');
CALL holomamba.train('options_model', options => '{"block": "attention", "attention_span": 5}');
CALL holomamba.train('options_model', options => '{"block": "attention", "state_size": 1, "dimension": 7}');
CALL holomamba.train('options_model', options => '{"dimension": "x"}');
CALL holomamba.train('options_model', options => '{"dimension": null}');
CALL holomamba.train('options_model', options => '[]');
CALL holomamba.train('options_model', options => '"dimension"');
CALL holomamba.train('options_model', options => NULL);
\echo :LAST_ERROR_SQLSTATE
CALL holomamba.train('options_model', epochs => 0);
\echo :LAST_ERROR_SQLSTATE
CALL holomamba.train('options_model', epochs => -1);
CALL holomamba.train('options_model', epochs => 10001);
-- Nothing was begun
SELECT count(*) FROM holomamba.versions;

-- What create_model() was told holds, what train() is told wins over it, and the argument epochs wins over both
CALL holomamba.train('options_model');
CALL holomamba.train('options_model', options => '{"dimension": 12, "epochs": 1, "seed": 8}');
CALL holomamba.train('options_model', 3, options => '{"epochs": 1}');
SELECT version, options -> 'dimension' AS dimension, options -> 'layers' AS layers, options -> 'epochs' AS asked, epochs, seed,
       options ->> 'weight_decay' = (SELECT default_value FROM holomamba.options() WHERE name = 'weight_decay') AS default_decay,
       options -> 'dropout' AS dropout, options -> 'negatives' AS negatives
FROM holomamba.versions ORDER BY version;
SELECT options FROM holomamba.models;
-- and is what happens
SELECT v.version, (SELECT hrr_dims(ssm_vector(ssm_initial(v.model, v.version)))) AS elements,
       (SELECT count(*) FROM holomamba.training_log l WHERE l.model = v.model AND l.version = v.version) AS epochs
FROM holomamba.versions v ORDER BY version;

SELECT holomamba.drop_model('options_model');
DROP TABLE options_events;

-- A message that is cut off, for what is in it, ends with a whole character
SELECT count(DISTINCT octet_length(m)) AS lengths, count(convert_from(convert_to(m, 'UTF8'), 'UTF8')) AS valid
FROM generate_series(0, 3) n, pg_temp.outcome(format('SELECT holomamba_internal.check_options(jsonb_build_object(%L, 1))', repeat('x', n) || repeat('字', 300))) m;
