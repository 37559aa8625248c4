-- Trainings in the background, resumed ones, warm starts, checkpoints: statuses, rights, errors
\pset format unaligned
\set SHOW_CONTEXT never
SET client_min_messages = warning;
\getenv helpers PG_ABS_SRCDIR
\set outcome :helpers '/helpers/outcome.sql'
\i :outcome
-- Numbers of trainings that earlier tests do not change
SELECT setval('holomamba.training_ids', 1000);

CREATE TABLE job_items (item_id integer PRIMARY KEY, kind text, price real);
INSERT INTO job_items SELECT i, 'kind ' || i % 3, i FROM generate_series(1, 30) i;
CREATE TABLE job_events (user_id integer, item_id integer, t integer);
CREATE INDEX ON job_events (user_id);
INSERT INTO job_events SELECT u, 1 + (u * 7 + n) % 30, n FROM generate_series(1, 40) u, generate_series(1, 12) n;
SELECT holomamba.create_model('jm', 'job_events', 'user_id', 'item_id', '{t}', 'job_items', 'item_id', '{kind,price}',
    '{"dimension": 8, "layers": 1, "state_size": 2, "epochs": 4, "learning_rate": 0.02, "batch_size": 8, "threads": 2}');

-- The weights of a version, in one number
CREATE FUNCTION pg_temp.weights(version integer) RETURNS text LANGUAGE sql AS $$
    SELECT md5(string_agg(name || data::text, ',' ORDER BY name)) FROM holomamba.parameters p WHERE p.model = 'jm' AND p.version = weights.version
$$;
-- Waits until a training is over
CREATE FUNCTION pg_temp.wait_for(id integer) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    FOR i IN 1 .. 600 LOOP
        EXIT WHEN holomamba_internal.training_pid(id) IS NULL;
        PERFORM pg_sleep(0.05);
    END LOOP;
    RETURN (SELECT concat_ws(' | ', status, message) FROM holomamba.versions WHERE training_id = id);
END $$;

-- Same seed and threads: the same bytes, in the foreground and in the background
CALL holomamba.train('jm', holdout => 'leave_one_out');
CALL holomamba.train('jm', holdout => 'leave_one_out');
SELECT holomamba.start_training('jm', holdout => 'leave_one_out') AS job \gset
SELECT pg_temp.wait_for(:job);
SELECT version, active, status, epochs, best_epoch IS NOT NULL AS best, events, message FROM holomamba.versions ORDER BY version;
SELECT pg_temp.weights(1) = pg_temp.weights(2) AS again, pg_temp.weights(1) = pg_temp.weights(3) AS in_the_background;
SELECT count(*) AS different FROM (SELECT epoch, loss, ndcg, learning_rate, gradient_norm FROM holomamba.training_log WHERE version = 1
                                   EXCEPT SELECT epoch, loss, ndcg, learning_rate, gradient_norm FROM holomamba.training_log WHERE version = 3) d;
CALL holomamba.train('jm', holdout => 'leave_one_out', options => '{"seed": 7}');
SELECT pg_temp.weights(1) = pg_temp.weights(4) AS with_another_seed;
SELECT count(*) AS left_over FROM holomamba.checkpoints;
SELECT epoch, loss > 0 AS loss, hit_rate >= ndcg AS ranks, seconds > 0 AS seconds, events_per_second > 0 AS speed, round(learning_rate::numeric, 5) AS learning_rate,
       gradient_norm > 0 AS norm FROM holomamba.training_log WHERE version = 3 ORDER BY epoch;

-- How many threads "all there are" was is written down
CALL holomamba.train('jm', 1, options => '{"threads": 0}');
SELECT (options ->> 'threads')::integer > 0 AS settled FROM holomamba.versions WHERE version = 5;

-- Arguments are checked at once, and nothing is left of a training that is refused or rolled back
SELECT holomamba.start_training(NULL);
SELECT holomamba.start_training('nobody');
SELECT holomamba.start_training('jm', 0);
SELECT holomamba.start_training('jm', holdout => 'half');
SELECT holomamba.start_training('jm', options => '{"epoch": 1}');
BEGIN;
SELECT holomamba.start_training('jm') AS job \gset
ROLLBACK;
SELECT pg_temp.wait_for(:job) IS NULL AS gone, holomamba_internal.training_pid(:job) IS NULL AS over;
SELECT max(version) FROM holomamba.versions;
-- One that a transaction starts begins when it commits
BEGIN;
SELECT holomamba.start_training('jm', 1) AS job \gset
SELECT pg_sleep(0.2);
SELECT version, status, epochs FROM holomamba.versions WHERE training_id = :job;
COMMIT;
SELECT pg_temp.wait_for(:job);

-- An error in the background is written down; the training can be resumed or forgotten
CREATE TABLE job_late (user_id integer, item_id integer, t integer);
CREATE INDEX ON job_late (user_id);
SELECT holomamba.create_model('late', 'job_late', 'user_id', 'item_id', '{t}', options => '{"dimension": 8, "epochs": 1, "threads": 1}');
SELECT holomamba.start_training('late') AS job \gset
SELECT pg_temp.wait_for(:job);
CALL holomamba.resume_training('late');
SELECT version, status, message FROM holomamba.versions WHERE model = 'late';
SELECT holomamba.forget_version('late', 1);
CALL holomamba.resume_training('late');
CALL holomamba.resume_training('late', 1);
SELECT holomamba.drop_model('late');
DROP TABLE job_late;

-- Cancelling
SELECT holomamba.start_training('jm', 10000, 'leave_one_out', '{"patience": 10000}') AS job \gset
SELECT status FROM holomamba.versions WHERE training_id = :job;
CALL holomamba.resume_training('jm');
SELECT version AS broken FROM holomamba.versions WHERE training_id = :job \gset
CALL holomamba.resume_training('jm', :broken);
SELECT holomamba.forget_version('jm', :broken);
SELECT holomamba.cancel_training(:job);
SELECT pg_temp.wait_for(:job);
SELECT holomamba.cancel_training(:job), holomamba.cancel_training(1001), holomamba.cancel_training(NULL);
SELECT holomamba.cancel_training(-5);
\echo :LAST_ERROR_SQLSTATE
SELECT holomamba.activate('jm', :broken);
CALL holomamba.resume_training('jm', 1);
CALL holomamba.resume_training('jm', 99);
CALL holomamba.resume_training('nobody');
CALL holomamba.resume_training(NULL);
BEGIN;
CALL holomamba.resume_training('jm');
ROLLBACK;

-- A checkpoint that does not fit, or is not whole, is refused; nothing in it leads astray
DELETE FROM holomamba.checkpoints WHERE version = :broken AND name <> 'data';
INSERT INTO holomamba.checkpoints VALUES ('jm', :broken, 'epoch', 0, '\x00000000');
CALL holomamba.resume_training('jm');
\echo :LAST_ERROR_SQLSTATE
DELETE FROM holomamba.checkpoints WHERE version = :broken;
INSERT INTO holomamba.checkpoints VALUES ('jm', :broken, 'data', 0, '\x0100000009000000ffffffffffff');
CALL holomamba.resume_training('jm');
\echo :LAST_ERROR_SQLSTATE
DELETE FROM holomamba.checkpoints WHERE version = :broken;
INSERT INTO holomamba.checkpoints VALUES ('jm', :broken, 'data', 1, '\x01');
CALL holomamba.resume_training('jm');
\echo :LAST_ERROR_SQLSTATE
SELECT status FROM holomamba.versions WHERE version = :broken;
SELECT holomamba.forget_version('jm', :broken);
SELECT count(*) AS left_over FROM holomamba.checkpoints;

-- An attribute is renamed while a training is broken off: its weights are stored under the name that it has when it ends
CREATE FUNCTION job_break_off() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'broken off'; END $$;
CREATE TRIGGER break_off BEFORE INSERT ON holomamba.training_log FOR EACH ROW WHEN (NEW.epoch = 2) EXECUTE FUNCTION job_break_off();
CALL holomamba.train('jm', 3);
DROP TRIGGER break_off ON holomamba.training_log;
DROP FUNCTION job_break_off;
ALTER TABLE job_items RENAME kind TO sort;
CALL holomamba.resume_training('jm');
SELECT status, epochs, active FROM holomamba.versions ORDER BY version DESC LIMIT 1;
-- Weights that no value of a table has room for are refused before they are trained
ALTER TABLE job_items DISABLE TRIGGER USER;
INSERT INTO job_items SELECT i FROM generate_series(1000, 275000) i;
CALL holomamba.train('jm', 1, options => '{"dimension": 999}');
\echo :LAST_ERROR_SQLSTATE
DELETE FROM job_items WHERE item_id >= 1000;
ALTER TABLE job_items ENABLE TRIGGER USER;

-- More memory than the machine has
\set VERBOSITY sqlstate
CALL holomamba.train('jm', 1, options => '{"dimension": 999, "layers": 16, "expand": 8, "state_size": 64, "threads": 256}');
\set VERBOSITY default
SELECT :'LAST_ERROR_SQLSTATE' AS state, :'LAST_ERROR_MESSAGE' ~ '^the training needs about [0-9.]+ GB of memory, and the machine has ' AS message;

-- A warm start: from the active version or a named one; new items and values come in, and less is left to learn
SELECT holomamba.activate('jm', 1);
INSERT INTO job_items VALUES (31, 'kind 0', 31), (32, 'kind 9', 500), (0, NULL, NULL);
DELETE FROM job_items WHERE item_id = 30;
INSERT INTO job_events SELECT u, 31 + u % 2, 20 FROM generate_series(1, 10) u;
CALL holomamba.train('jm', 2);
CALL holomamba.train('jm', 2, options => '{"warm_start": true}');
SELECT max(version) AS warm, max(version) - 1 AS cold FROM holomamba.versions \gset
SELECT options ->> 'warm_start' = (:cold)::text AS from_the_active_one, status, items FROM holomamba.versions WHERE version = :warm;
SELECT (SELECT loss FROM holomamba.training_log WHERE version = :warm AND epoch = 1) < (SELECT loss FROM holomamba.training_log WHERE version = :cold AND epoch = 1) AS better;
CALL holomamba.train('jm', 1, options => '{"warm_start": 1, "learning_rate": 1e-6}');
SELECT max(version) AS warm FROM holomamba.versions \gset
SELECT options -> 'warm_start' AS warm_start, items FROM holomamba.versions WHERE version = :warm;
-- With hardly a step taken, items, values and scales are those of version 1 under their labels
SELECT count(*) FILTER (WHERE n.token <-> o.token < 0.01) AS kept, count(*) FILTER (WHERE o.item_id IS NULL) AS new,
       string_agg(n.item_id, ',' ORDER BY n.item_id::integer) FILTER (WHERE NOT coalesce(n.token <-> o.token < 0.01, false)) AS others
FROM holomamba.item_vectors('jm', :warm) n LEFT JOIN holomamba.item_vectors('jm', 1) o USING (item_id);
SELECT field, n.labels = o.labels AS same FROM holomamba.vocabulary n JOIN holomamba.vocabulary o USING (model, field)
WHERE n.version = :warm AND o.version = 1 ORDER BY field;
SELECT count(*) FROM recommend(1, 100, 'jm', exclude_seen => false) WHERE item_id IN (0, 31, 32);
CALL holomamba.train('jm', 1, options => '{"warm_start": 1, "dimension": 16}');
\echo :LAST_ERROR_SQLSTATE
CALL holomamba.train('jm', 1, options => '{"warm_start": 1, "layers": 2}');
CALL holomamba.train('jm', 1, options => '{"warm_start": 1, "feed_forward": 0}');
CALL holomamba.train('jm', 1, options => '{"warm_start": 99}');
\echo :LAST_ERROR_SQLSTATE
CALL holomamba.train('jm', 1, options => '{"warm_start": "yes"}');
\echo :LAST_ERROR_SQLSTATE
CALL holomamba.train('jm', 1, options => '{"warm_start": -1}');
CALL holomamba.train('jm', 1, options => '{"warm_start": 1.5}');
-- What a version has learned from tests none that starts from it
CALL holomamba.train('jm', 1, 'leave_one_out', '{"warm_start": 1}');
CALL holomamba.train('jm', 1, 'time', '{"cutoff": "12", "warm_start": true}');
\echo :LAST_ERROR_SQLSTATE
CALL holomamba.train('jm', 1, 'time', '{"cutoff": "12", "validation": "off"}');
SELECT max(version) AS timed FROM holomamba.versions \gset
CALL holomamba.train('jm', 1, 'time', '{"cutoff": "11", "warm_start": true, "validation": "off"}');
CALL holomamba.train('jm', 1, 'time', '{"cutoff": "9", "warm_start": true, "validation": "off"}');
CALL holomamba.train('jm', 1, 'time', '{"cutoff": "13", "warm_start": true}');
CALL holomamba.train('jm', 1, 'leave_one_out', '{"warm_start": true}');
CALL holomamba.train('jm', 1, 'time', '{"cutoff": "13", "warm_start": true, "validation": "off"}');
SELECT version - :timed AS version, options -> 'warm_start' = to_jsonb(:timed) AS from_the_timed_one FROM holomamba.versions WHERE version > :timed ORDER BY version;
-- A training that comes to nothing serves nobody
CREATE FUNCTION pg_temp.lower() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.loss := 0; RETURN NEW; END $$;
CREATE TRIGGER lower BEFORE INSERT ON holomamba.training_log FOR EACH ROW WHEN (NEW.epoch = 1) EXECUTE FUNCTION pg_temp.lower();
\set VERBOSITY terse
CALL holomamba.train('jm', 2, options => '{"learning_rate": 1e-6, "initialisation": "paper"}');
\set VERBOSITY default
DROP TRIGGER lower ON holomamba.training_log;
SELECT v.status, v.active FROM holomamba.versions v ORDER BY version DESC LIMIT 1;
SELECT holomamba.forget_version('jm', version) FROM holomamba.versions WHERE version >= :timed AND NOT active;
SELECT holomamba.forget_unfinished('jm');
SELECT count(*) AS unfinished FROM holomamba.versions WHERE status <> 'ready';
-- Where nothing is active yet, true is a cold start
SELECT holomamba.create_model('fresh', 'job_events', 'user_id', 'item_id', '{t}', options => '{"dimension": 8, "epochs": 1, "threads": 1, "warm_start": true}');
CALL holomamba.train('fresh');
CALL holomamba.train('fresh');
SELECT version, options -> 'warm_start' AS warm_start FROM holomamba.versions WHERE model = 'fresh' ORDER BY version;
SELECT holomamba.drop_model('fresh');

-- Rights: whoever may manage the model
CREATE ROLE regress_job_owner LOGIN;
CREATE ROLE regress_job_group NOLOGIN;
CREATE ROLE regress_job_other LOGIN;
ALTER TABLE job_events OWNER TO regress_job_owner;
ALTER TABLE job_items OWNER TO regress_job_owner;
SELECT holomamba.drop_model('jm');
SET ROLE regress_job_owner;
SELECT holomamba.create_model('jm', 'job_events', 'user_id', 'item_id', '{t}', options => '{"dimension": 8, "layers": 1, "epochs": 2, "threads": 1}');
SELECT holomamba.start_training('jm') AS job \gset
SELECT pg_temp.wait_for(:job);
RESET ROLE;
-- Of a superuser's training, too
SELECT holomamba.start_training('jm', 10000) AS job \gset
DO $$
BEGIN
    FOR i IN 1 .. 600 LOOP
        EXIT WHEN EXISTS (SELECT FROM holomamba.checkpoints c WHERE c.name = 'epoch');
        PERFORM pg_sleep(0.05);
    END LOOP;
END $$;
SET ROLE regress_job_other;
SELECT holomamba.cancel_training(:job);
SELECT holomamba.start_training('jm');
CALL holomamba.resume_training('jm');
SELECT count(*) FROM holomamba.checkpoints;
SELECT count(*) FROM holomamba.checkpoint_catalogue;
INSERT INTO holomamba.checkpoints VALUES ('jm', 2, 'data', 7, '');
INSERT INTO holomamba.version_catalogue (model, version, training_id, status, holdout, options) VALUES ('jm', 9, 1, 'training', 'none', '{}');
SET ROLE regress_job_owner;
SELECT count(*) > 0 AS own FROM holomamba.checkpoints;
SELECT holomamba.cancel_training(:job);
SELECT pg_temp.wait_for(:job);
SELECT holomamba.forget_version('jm', 2);
RESET ROLE;
-- A role that cannot log in: since 17 a background worker may have one
ALTER TABLE job_events OWNER TO regress_job_group;
ALTER TABLE holomamba.jm_items OWNER TO regress_job_group;
ALTER TABLE holomamba.jm_users OWNER TO regress_job_group;
SET ROLE regress_job_group;
SELECT pg_temp.outcome($$SELECT holomamba.start_training('jm')$$) AS outcome \gset
RESET ROLE;
SELECT CASE WHEN current_setting('server_version_num')::integer >= 170000 THEN pg_temp.wait_for(substring(:'outcome' FROM '^\d+$')::integer) = 'ready'
       ELSE :'outcome' = '55000 | role "regress_job_group" cannot log in, and a background worker has to | Start it as a role with LOGIN that may '
                         'train the model, or CALL holomamba.train(''jm'', ...);' END AS login;

SELECT holomamba.drop_model('jm');
DROP TABLE job_events, job_items;
DROP ROLE regress_job_owner, regress_job_group, regress_job_other;
