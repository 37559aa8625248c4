-- Trainings that are under way: the view of them, and what is said of a model whose first one has not ended
\pset format unaligned
\set SHOW_CONTEXT never
SET client_min_messages = warning;
\getenv helpers PG_ABS_SRCDIR
\set outcome :helpers '/helpers/outcome.sql'
\i :outcome
SELECT setval('holomamba.training_ids', 2000);

CREATE TABLE way_events (user_id integer, item_id integer, t integer);
CREATE INDEX ON way_events (user_id);
INSERT INTO way_events SELECT u, 1 + (u * 7 + n) % 30, n FROM generate_series(1, 200) u, generate_series(1, 12) n;
SELECT holomamba.create_model('way', 'way_events', 'user_id', 'item_id', '{t}',
    options => '{"dimension": 8, "layers": 1, "state_size": 2, "threads": 1}');
CREATE FUNCTION pg_temp.wait_until(condition text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    there boolean := false;
BEGIN
    FOR i IN 1 .. 1200 LOOP
        EXECUTE 'SELECT ' || condition INTO there;
        EXIT WHEN there;
        PERFORM pg_sleep(0.05);
    END LOOP;
    RETURN CASE WHEN there THEN 'so it is' ELSE 'it never was' END;
END $$;
SELECT * FROM holomamba.trainings;
SELECT pg_temp.outcome('SELECT recommend(1)');

-- Of one that is rolled back nothing is left
BEGIN;
SELECT holomamba.start_training('way', 10000, 'leave_one_out', '{"patience": 10000}') AS job \gset
SELECT pg_temp.outcome('SELECT recommend(1)');
ROLLBACK;
SELECT pg_temp.outcome('SELECT recommend(1)');

SELECT holomamba.start_training('way', 10000, 'leave_one_out', '{"patience": 10000}') AS job \gset
SELECT pg_temp.wait_until('epoch >= 3 FROM holomamba.trainings');
SELECT training_id = :job AS training, model, version, holdout, epoch < epochs AS goes_on, epochs, started_at < now() AS started,
       time_left > interval '0' AND time_left < interval '5 days' AS time_left, pid = holomamba_internal.training_pid(:job) AS pid
FROM holomamba.trainings;
SELECT statement, pg_temp.outcome(statement) FROM unnest(ARRAY[
    'SELECT recommend(1)', $$SELECT recommend_next('{1}')$$, $$SELECT recommend_batch('{1}')$$, 'SELECT similar_items(1)', 'SELECT explain_recommendation(1, 1)',
    'SELECT holomamba.popular_items()', $$SELECT holomamba.evaluate('way')$$, $$SELECT ssm_initial('way', 1)$$, $$SELECT holomamba.activate('way', 1)$$,
    $$SELECT holomamba.activate('way', 7)$$]) statement;
-- Before its first epoch has ended nothing is known of the rest
BEGIN ISOLATION LEVEL REPEATABLE READ;
DELETE FROM holomamba.training_log WHERE model = 'way';
SELECT epoch, epochs, time_left FROM holomamba.trainings;
-- While one epoch is all there is, its own seconds tell
INSERT INTO holomamba.training_log (model, version, epoch, seconds) VALUES ('way', 1, 1, 2);
SELECT epoch, time_left BETWEEN interval '5 hours' AND interval '6 hours' AS time_left FROM holomamba.trainings;
-- A day without a training between two epochs says nothing of how long one takes
UPDATE holomamba.training_log SET logged_at = clock_timestamp() - interval '1 day' WHERE model = 'way';
INSERT INTO holomamba.training_log (model, version, epoch, seconds, logged_at)
SELECT 'way', 1, e, 1, clock_timestamp() - (4 - e) * interval '2 seconds' FROM generate_series(2, 4) e;
SELECT epoch, time_left BETWEEN interval '5 hours' AND interval '6 hours' AS time_left FROM holomamba.trainings;
ROLLBACK;

-- For those who may manage the model
CREATE ROLE way_stranger;
SET ROLE way_stranger;
SELECT count(*) FROM holomamba.trainings;
SELECT pg_temp.outcome($$SELECT recommend(1, 1, 'way')$$);
RESET ROLE;

SELECT holomamba.cancel_training(:job);
SELECT pg_temp.wait_until('count(*) = 0 FROM holomamba.trainings');
SELECT pg_temp.outcome('SELECT recommend(1)'), pg_temp.outcome($$SELECT holomamba.activate('way', 1)$$);

-- With an active version the next training is in nobody's way
CALL holomamba.train('way', 1);
SELECT holomamba.start_training('way', 10000, 'leave_one_out', '{"patience": 10000}') AS job \gset
SELECT pg_temp.wait_until('epoch >= 1 FROM holomamba.trainings');
SELECT count(*) FROM recommend(1, 3);
SELECT pg_temp.outcome($$SELECT holomamba.activate('way', 3)$$);
SELECT holomamba.cancel_training(:job);
SELECT pg_temp.wait_until('count(*) = 0 FROM holomamba.trainings');
SELECT holomamba.drop_model('way');
DROP TABLE way_events;
DROP ROLE way_stranger;
