-- Values in tables that are not what our code writes there: altered by hand, damaged, changed between two reads. Each is
-- refused where it is read, by an error that names it
\pset format unaligned
\set SHOW_CONTEXT never
SET client_min_messages = error;

-- What a statement comes to after others, which are undone: its value, or its error.
CREATE FUNCTION pg_temp.after(damage text, statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    result text;
BEGIN
    EXECUTE damage;
    EXECUTE statement INTO result;
    RAISE no_data_found USING MESSAGE = coalesce(result, 'NULL');
EXCEPTION
    WHEN no_data_found THEN
        RETURN SQLERRM;
    WHEN OTHERS THEN
        RETURN concat_ws(' | ', SQLSTATE, SQLERRM);
END $$;

CREATE TABLE vm_goods (item text PRIMARY KEY, kind text, price real);
INSERT INTO vm_goods SELECT 'i' || i, 'kind ' || i % 3, i FROM generate_series(1, 12) i;
CREATE TABLE vm_events (who text, item text, t integer);
CREATE INDEX ON vm_events (who);
INSERT INTO vm_events SELECT 'u' || u, 'i' || 1 + (u * 5 + n * 7) % 12, n FROM generate_series(1, 8) u, generate_series(1, 8) n;
SELECT holomamba.create_model('vm', 'vm_events', 'who', 'item', '{t}', 'vm_goods', 'item', '{kind,price}',
    '{"dimension": 8, "layers": 1, "state_size": 2, "epochs": 1, "batch_size": 8, "threads": 1}');
CALL holomamba.train('vm', holdout => 'leave_one_out');

-- An error says where the value is and what to do
BEGIN;
ALTER TABLE holomamba.vm_items ALTER token DROP NOT NULL;
UPDATE holomamba.vm_items SET token = NULL;
SELECT count(*) FROM recommend('u1', 5, diversity => 0.5);
\echo :LAST_ERROR_SQLSTATE
ROLLBACK;

-- Items and users
CREATE TABLE damages (number serial, damage text);
CREATE TABLE statements (number integer, statement text);
INSERT INTO damages (damage) VALUES
    ('ALTER TABLE holomamba.vm_items ALTER token DROP NOT NULL; UPDATE holomamba.vm_items SET token = NULL WHERE item_id = ''i3'''),
    ('ALTER TABLE holomamba.vm_items ALTER token TYPE bigint USING 5'),
    ('ALTER TABLE holomamba.vm_items ALTER token TYPE bytea USING ''\x05'''),
    ('UPDATE holomamba.vm_items SET token = ''[1,2]'' WHERE item_id = ''i3'''),
    ('UPDATE holomamba.vm_items SET target = ''[1,2]'' WHERE item_id = ''i3'''),
    ('ALTER TABLE holomamba.vm_items DROP CONSTRAINT vm_items_pkey; ALTER TABLE holomamba.vm_items ALTER item_id DROP NOT NULL; '
     'UPDATE holomamba.vm_items SET item_id = NULL WHERE item_id = ''i3''');
SELECT number, damage FROM damages ORDER BY number;
SELECT number, statement, pg_temp.after(damage, 'SELECT count(*) FROM ' || statement)
FROM damages, (VALUES ('recommend(''u1'', 5, exclude_seen => false, diversity => 0.5)'), ('recommend_batch(''{u1,u2}''::text[], 5, diversity => 0.5)')) s (statement)
ORDER BY number, statement;
SELECT pg_temp.after('DROP INDEX holomamba.vm_items_target_idx; ALTER TABLE holomamba.vm_items ALTER target TYPE bigint USING 5',
                     'SELECT count(*) FROM recommend_batch(''{u1,u2}''::text[], 5)') !~ '^[0-9]+$' AS refused;
SELECT pg_temp.after('ALTER TABLE holomamba.vm_users DROP CONSTRAINT vm_users_pkey; ALTER TABLE holomamba.vm_users ALTER user_id DROP NOT NULL; '
                     'UPDATE holomamba.vm_users SET user_id = NULL WHERE user_id = ''u3''', 'SELECT count(*) FROM recommend_batch(NULL::text[], 5)');
SELECT pg_temp.after('UPDATE holomamba.vm_users SET vector = ''[1,2]'' WHERE user_id = ''u3''', 'SELECT count(*) FROM recommend_batch(NULL::text[], 5)');
SELECT pg_temp.after('UPDATE holomamba.version_catalogue SET ' || damage, 'SELECT count(*) FROM ' || statement)
FROM (VALUES ('repeat_score = ''NaN'''), ('repeat_score = ''Infinity'''), ('repeat_score = NULL'), ('options = options || ''{"threads": 257}'''),
             ('options = options || ''{"threads": -1}'''), ('options = options || ''{"threads": null}'''), ('options = ''[]''')) d (damage),
     (VALUES ('recommend(''u1'', 5, exclude_seen => false)'), ('recommend_batch(''{u1,u2}''::text[], 5, exclude_seen => false)')) s (statement)
ORDER BY damage, statement;

-- States: too short, of another version or format, of less than no events. Only a cast that a superuser makes lets such in
CREATE TYPE damaged;
CREATE FUNCTION damaged_in(cstring) RETURNS damaged LANGUAGE internal IMMUTABLE STRICT AS 'byteain';
CREATE FUNCTION damaged_out(damaged) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'byteaout';
CREATE TYPE damaged (INPUT = damaged_in, OUTPUT = damaged_out, ALIGNMENT = double);
CREATE CAST (damaged AS ssm_state) WITHOUT FUNCTION;
CREATE CAST (polygon AS ssm_state) WITHOUT FUNCTION;
SELECT state, call, pg_temp.after('', format('SELECT %s(%s::ssm_state)', call, state))
FROM unnest('{ssm_events,ssm_vector,ssm_state_out,ssm_state_send}'::text[]) call,
     unnest(ARRAY['damaged ''\x000000000000000000000000''', 'polygon ''((0,0),(1,1))''', 'polygon ''((0,-1))''', 'polygon(769, circle ''<(0,0),1>'')']) state
ORDER BY state, call;
SELECT call, pg_temp.after('', format('SELECT %s', call))
FROM unnest(ARRAY['ssm_update(damaged ''\x000000000000000000000000''::ssm_state, NULL::hrr)', 'ssm_update(damaged ''\x000000000000000000000000''::ssm_state, ARRAY[NULL]::hrr[])',
                  'holomamba_internal.advance_states(ARRAY[damaged ''\x000000000000000000000000''::ssm_state], ''{}'', ''{}'', ''{}'')']) call;
DROP TYPE damaged CASCADE;
DROP CAST (polygon AS ssm_state);

-- Versions: options and weights, read anew where their fingerprint is not known yet
SELECT options, pg_temp.after(format('UPDATE holomamba.version_catalogue SET fingerprint = 1, options = %s', options), 'SELECT ssm_events(ssm_initial(''vm'', 1))') AS encoder,
       pg_temp.after(format('UPDATE holomamba.version_catalogue SET options = %s', options), 'SELECT count(*) FROM holomamba.evaluate(''vm'')') LIKE 'XX001%' AS evaluate,
       pg_temp.after(format('UPDATE holomamba.version_catalogue SET options = %s', options), 'SELECT count(*) FROM holomamba.describe_items(''vm'', 1, ''{i1}'')') LIKE 'XX001%' AS describe
FROM (VALUES (1, 'options || ''{"dimension": 1000000000}'''), (2, 'options || ''{"dimension": -8}'''), (3, 'options || ''{"dimension": null}'''),
             (4, 'options || ''{"dimension": {"a": [1]}}'''), (5, 'options || ''{"dimension": "8; DROP"}'''), (6, 'options || ''{"epochs": 1e300}'''),
             (7, 'options || ''{"colour": 1}'''), (8, '''5'''), (9, '''[1]'''), (10, '''null''')) o (number, options)
ORDER BY number;
SELECT pg_temp.after('ALTER TABLE holomamba.version_catalogue ALTER options DROP NOT NULL; UPDATE holomamba.version_catalogue SET options = NULL',
                     'SELECT count(*) FROM holomamba.evaluate(''vm'')');
SELECT pg_temp.after('ALTER TABLE holomamba.version_catalogue ALTER holdout DROP NOT NULL; UPDATE holomamba.version_catalogue SET holdout = NULL',
                     'SELECT count(*) FROM holomamba.evaluate(''vm'')');
SELECT pg_temp.after('ALTER TABLE holomamba.version_catalogue DROP CONSTRAINT version_catalogue_holdout_check; UPDATE holomamba.version_catalogue SET holdout = ''half''',
                     'SELECT count(*) FROM holomamba.evaluate(''vm'')');
SELECT pg_temp.after('UPDATE holomamba.version_catalogue SET fingerprint = NULL', 'SELECT ssm_events(ssm_initial(''vm'', 1))');
SELECT pg_temp.after('ALTER TABLE holomamba.version_catalogue ALTER fingerprint TYPE numeric', 'SELECT ssm_events(ssm_initial(''vm'', 1))');
INSERT INTO statements VALUES (1, 'SELECT ssm_events(ssm_initial(''vm'', 1))'), (2, 'SELECT count(*) FROM holomamba.evaluate(''vm'')'),
    (3, 'SELECT count(*) FROM holomamba.item_vectors(''vm'', 1)'), (4, 'SELECT count(*) FROM holomamba.describe_items(''vm'', 1, ''{i1,new}'')');
SELECT damage, statement, pg_temp.after(format('UPDATE holomamba.version_catalogue SET fingerprint = %s; %s', 1000 + place, damage), statement)
FROM statements, (VALUES (1, 'UPDATE holomamba.parameters SET data = substr(data, 2) WHERE name = ''embedding.norm.gain'''),
             (2, 'UPDATE holomamba.parameters SET data = substr(data, 5) WHERE name = ''embedding.norm.gain'''),
             (3, 'UPDATE holomamba.parameters SET data = '''' WHERE name = ''embedding.items'''),
             (4, 'UPDATE holomamba.parameters SET data = overlay(data PLACING ''\x0000c07f'' FROM 1) WHERE name = ''embedding.norm.gain'''),
             (5, 'UPDATE holomamba.parameters SET data = overlay(data PLACING ''\x000080ff'' FROM 1) WHERE name = ''embedding.norm.gain'''),
             (6, 'ALTER TABLE holomamba.parameters ALTER data DROP NOT NULL; UPDATE holomamba.parameters SET data = NULL WHERE name = ''embedding.norm.gain'''),
             (7, 'DELETE FROM holomamba.parameters WHERE name = ''embedding.norm.gain'''),
             (8, 'DELETE FROM holomamba.parameters WHERE name = ''head.bias'''),
             (9, 'UPDATE holomamba.parameters SET name = ''embedding.other'' WHERE name = ''embedding.norm.gain'''),
             -- finite, and too large for what is made of it
             (10, 'UPDATE holomamba.parameters SET data = overlay(data PLACING ''\xffff7f7f'' FROM 1) WHERE name IN (''embedding.norm.gain'', ''embedding.norm.bias'')')) d (place, damage)
ORDER BY place, number;

-- Vocabularies. Labels that multiply: places behind the end of what is held
SELECT damage, statement, pg_temp.after(damage, statement)
FROM statements, (VALUES (1, 'DELETE FROM holomamba.vocabulary_catalogue WHERE field = '''''), (2, 'DELETE FROM holomamba.vocabulary_catalogue WHERE field = ''kind'''),
             (3, 'UPDATE holomamba.vocabulary_catalogue SET labels = labels || labels WHERE field = '''''), (4, 'UPDATE holomamba.vocabulary_catalogue SET labels = labels || labels WHERE field = ''kind'''),
             (5, 'UPDATE holomamba.vocabulary_catalogue SET labels = ARRAY[labels, labels] WHERE field = '''''), (6, 'UPDATE holomamba.vocabulary_catalogue SET labels = array_replace(labels, ''i3'', NULL)'),
             (7, 'UPDATE holomamba.vocabulary_catalogue SET labels = ''{}'' WHERE field = ''kind''')) d (place, damage)
WHERE number > 1
ORDER BY place, number;

SELECT damage, pg_temp.after('UPDATE holomamba.vocabulary_catalogue SET counts = ' || damage, 'SELECT holomamba.activate(''vm'', 1)')
FROM unnest(ARRAY['NULL', 'counts[:3]', 'array_fill(-1::bigint, ARRAY[12])']) damage;

-- They multiply while they are read: the policy of a table is asked in between
CREATE ROLE regress_values;
CREATE SCHEMA AUTHORIZATION regress_values;
SET ROLE regress_values;
SET search_path = regress_values, public;
CREATE TABLE goods (item integer PRIMARY KEY, kind text, price real);
INSERT INTO goods SELECT i, 'kind ' || i % 3, i FROM generate_series(1, 12) i;
CREATE TABLE events (who integer, item integer, t integer);
CREATE INDEX ON events (who);
INSERT INTO events SELECT u, 1 + (u * 5 + n * 7) % 12, n FROM generate_series(1, 8) u, generate_series(1, 8) n;
SELECT holomamba.create_model('multiplied', 'events', 'who', 'item', '{t}', 'goods', 'item', '{kind,price}',
    '{"dimension": 8, "layers": 1, "state_size": 2, "epochs": 1, "batch_size": 8, "threads": 1}');
CALL holomamba.train('multiplied', holdout => 'leave_one_out');
RESET ROLE;
CREATE FUNCTION multiply() RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    UPDATE holomamba.vocabulary_catalogue SET labels = (SELECT array_agg(l) FROM generate_series(1, 1000), unnest(labels) l)
    WHERE model = 'multiplied' AND field = current_setting('trust.field') AND cardinality(labels) < 1000;
    RETURN true;
END $$;
SET ROLE regress_values;
CREATE POLICY multiply ON events USING (multiply());
ALTER TABLE events ENABLE ROW LEVEL SECURITY;
ALTER TABLE events FORCE ROW LEVEL SECURITY;
SET trust.field = '';
SELECT pg_temp.after('', 'SELECT count(*) FROM holomamba.evaluate(''multiplied'')');
SET trust.field = 'kind';
SELECT pg_temp.after('', 'SELECT count(*) FROM holomamba.evaluate(''multiplied'')');
RESET ROLE;
DROP FUNCTION multiply() CASCADE;
SELECT holomamba.drop_model('multiplied');
DROP SCHEMA regress_values CASCADE;
DROP ROLE regress_values;
RESET search_path;

-- A warm start reads shapes as well
CREATE TABLE kept AS SELECT name, shape, data FROM holomamba.parameters WHERE model = 'vm' AND version = 1;
CREATE FUNCTION pg_temp.restored() RETURNS bigint LANGUAGE sql AS $$
    WITH done AS (UPDATE holomamba.parameters p SET shape = k.shape, data = k.data FROM kept k WHERE p.model = 'vm' AND p.version = 1 AND k.name = p.name RETURNING 1)
    SELECT count(*) FROM done
$$;
UPDATE holomamba.parameters SET shape = '{NULL,8}' WHERE name = 'embedding.items';
CALL holomamba.train('vm', 1, options => '{"warm_start": 1}');
UPDATE holomamba.parameters SET shape = '{}' WHERE name = 'embedding.items';
CALL holomamba.train('vm', 1, options => '{"warm_start": 1}');
UPDATE holomamba.parameters SET shape = '{{14,8},{14,8}}' WHERE name = 'embedding.items';
CALL holomamba.train('vm', 1, options => '{"warm_start": 1}');
UPDATE holomamba.parameters SET shape = '{-1,8}' WHERE name = 'embedding.items';
CALL holomamba.train('vm', 1, options => '{"warm_start": 1}');
UPDATE holomamba.parameters SET shape = '{2147483647,8}' WHERE name = 'embedding.items';
CALL holomamba.train('vm', 1, options => '{"warm_start": 1}');
UPDATE holomamba.parameters SET shape = '{14,2147483647}' WHERE name = 'embedding.items';
CALL holomamba.train('vm', 1, options => '{"warm_start": 1}');
SELECT pg_temp.restored();
UPDATE holomamba.parameters SET data = substr(data, 5) WHERE name = 'embedding.items';
CALL holomamba.train('vm', 1, options => '{"warm_start": 1}');
UPDATE holomamba.parameters SET data = substr(data, 2) WHERE name = 'embedding.items';
CALL holomamba.train('vm', 1, options => '{"warm_start": 1}');
SELECT pg_temp.restored();
UPDATE holomamba.parameters SET data = overlay(data PLACING '\x0000807f' FROM 1) WHERE name = 'embedding.items';
CALL holomamba.train('vm', 1, options => '{"warm_start": 1}');
SELECT pg_temp.restored();
DROP TABLE kept;

-- Checkpoints: of a training that is broken off after its second epoch
CREATE FUNCTION pg_temp.break_off() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'broken off'; END $$;
CREATE TRIGGER break_off BEFORE INSERT ON holomamba.training_log FOR EACH ROW WHEN (NEW.epoch = 3) EXECUTE FUNCTION pg_temp.break_off();
CALL holomamba.train('vm', 4, holdout => 'leave_one_out', options => '{"patience": 100}');
DROP TRIGGER break_off ON holomamba.training_log;
SELECT version AS broken, status FROM holomamba.versions WHERE status <> 'ready' \gset
SELECT :'status' AS status;
CREATE TABLE kept AS SELECT * FROM holomamba.checkpoint_catalogue;
SELECT name, length(data) > 0 AS bytes FROM kept ORDER BY name;
CREATE PROCEDURE pg_temp.resume_with(array_name text, bytes bytea) LANGUAGE plpgsql AS $$
BEGIN
    UPDATE holomamba.checkpoint_catalogue c SET data = CASE WHEN c.name = array_name THEN overlay(k.data PLACING bytes FROM 1) ELSE k.data END
    FROM kept k WHERE (k.name, k.part) = (c.name, c.part);
    CALL holomamba.resume_training('vm');
END $$;
-- Little endian integers; the epoch has 4 bytes, the number of steps 8
CALL pg_temp.resume_with('epoch', '\xffffff7f');
CALL pg_temp.resume_with('epoch', '\xffffffff');
CALL pg_temp.resume_with('epoch', '\x05000000');
CALL pg_temp.resume_with('steps', '\xffffffffffffff7f');
CALL pg_temp.resume_with('steps', '\x0000000000000080');
CALL pg_temp.resume_with('best_epoch', '\x00000080');
CALL pg_temp.resume_with('best_epoch', '\x03000000');
CALL pg_temp.resume_with('best_ndcg', '\x000000000000f87f');
CALL pg_temp.resume_with('best_ndcg', '\x0000000000000040');
CALL pg_temp.resume_with('parameters', '\x0000c07f');
CALL pg_temp.resume_with('first_moment', '\x0000807f');
CALL pg_temp.resume_with('second_moment', '\x000080bf');
CALL pg_temp.resume_with('best', '\x0000c0ff');
CALL pg_temp.resume_with('epoch', '\x0000000000');
CALL pg_temp.resume_with('data', '\x01000000ffffffff');
CALL pg_temp.resume_with('data', '\x010000000c000000ffffffffffffff7f');
UPDATE holomamba.checkpoint_catalogue c SET data = k.data FROM kept k WHERE (k.name, k.part) = (c.name, c.part);
ALTER TABLE holomamba.checkpoint_catalogue ALTER data DROP NOT NULL;
UPDATE holomamba.checkpoint_catalogue SET data = NULL WHERE name = 'epoch';
CALL holomamba.resume_training('vm');
INSERT INTO holomamba.checkpoint_catalogue VALUES ('vm', :broken, 'epoch', 1, '\x01000000');
CALL holomamba.resume_training('vm');
DELETE FROM holomamba.checkpoint_catalogue WHERE part = 1;
UPDATE holomamba.checkpoint_catalogue c SET data = k.data FROM kept k WHERE (k.name, k.part) = (c.name, c.part);
ALTER TABLE holomamba.checkpoint_catalogue ALTER data SET NOT NULL;
-- Any state of the random numbers is one, and the training is still there
CALL pg_temp.resume_with('random', '\xffffffffffffffff');
SELECT status FROM holomamba.versions WHERE version = :broken;

SELECT count(*) AS recommended FROM recommend('u1', 5);
SELECT holomamba.drop_model('vm');
DROP TABLE vm_goods, vm_events, kept, damages, statements;
