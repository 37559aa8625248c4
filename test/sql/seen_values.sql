-- seen_values: which events make an item seen, of a model that predicts some of them
\pset format unaligned
SET client_min_messages = warning;
\getenv helpers PG_ABS_SRCDIR
\set outcome :helpers '/helpers/outcome.sql'
\i :outcome
CREATE SCHEMA mart;
SET search_path = mart, public;
CREATE TYPE kind AS ENUM ('view', 'cart', 'purchase');
CREATE DOMAIN "Kind of act" AS kind;
CREATE TABLE acts (who integer, what integer, t integer, "what kind" "Kind of act", quantity smallint, gift boolean, code char(4), label text, place point);
CREATE INDEX acts_who ON acts (who, t);
INSERT INTO acts SELECT n % 29, (n * n + n / 7) % 151, n, (ARRAY['view', 'view', 'cart', 'purchase', NULL])[1 + n % 5]::kind, n % 3, n % 2 = 0,
                        (ARRAY['ab', 'cd'])[1 + n % 2], (ARRAY['x', 'y', 'z'])[1 + n % 3], NULL
                 FROM generate_series(1, 1500) n;
\set small '{"dimension": 16, "epochs": 2, "threads": 2}'
SELECT holomamba.create_model('acts', 'acts', 'who', 'what', '{t}', options => :'small', target_column => 'what kind', target_values => '{purchase,cart}');
CALL holomamba.train('acts');
SELECT repeat_score <> 0 AS repeats_matter FROM holomamba.version_catalogue WHERE model = 'acts';

-- Brute force: everything is scored as where nothing is left out, and then some of it is
CREATE FUNCTION pg_temp.plain(who integer, k integer, kinds text[]) RETURNS text LANGUAGE sql AS $$
    SELECT coalesce(string_agg(concat(r.item_id, ' ', r.score), ',' ORDER BY r.n) FILTER (WHERE r.place <= k), '')
    FROM (SELECT o.*, row_number() OVER (ORDER BY o.n) AS place
          FROM recommend($1, 10000, 'acts', exclude_seen => false) WITH ORDINALITY o (item_id, score, n)
          WHERE NOT EXISTS (SELECT FROM acts a WHERE a.who = $1 AND a.what = o.item_id AND a."what kind"::text = ANY (kinds))) r $$;
CREATE FUNCTION pg_temp.asked(who integer, k integer, kinds text[], candidates bigint[] DEFAULT NULL) RETURNS text LANGUAGE sql AS $$
    SELECT coalesce(string_agg(concat(r.item_id, ' ', r.score), ',' ORDER BY r.n), '')
    FROM recommend(who, k, 'acts', candidates => candidates, seen_values => kinds) WITH ORDINALITY r (item_id, score, n) $$;
CREATE FUNCTION pg_temp.in_a_batch(who integer, k integer, kinds text[]) RETURNS text LANGUAGE sql AS $$
    SELECT coalesce(string_agg(concat(r.item_id, ' ', r.score), ',' ORDER BY r.n), '')
    FROM recommend_batch(ARRAY[1, who, 2]::bigint[], k, 'acts', seen_values => kinds) WITH ORDINALITY r (user_id, item_id, score, n) WHERE user_id = who $$;
CREATE TEMP TABLE questions AS
SELECT who, k, kinds FROM generate_series(0, 30, 5) who, unnest('{1,3,10,400}'::integer[]) k,
    (VALUES ('{purchase}'::text[]), ('{view,cart}'), ('{view,cart,purchase}'), ('{}'), (ARRAY[NULL, 'cart'])) v (kinds);
CREATE VIEW answers AS
SELECT count(*) AS questions, count(*) FILTER (WHERE pg_temp.asked(who, k, kinds) = pg_temp.plain(who, k, kinds)) AS right_answers,
       count(*) FILTER (WHERE pg_temp.in_a_batch(who, k, kinds) = pg_temp.plain(who, k, kinds)) AS right_in_batches FROM questions;
TABLE answers;
SELECT bool_and(pg_temp.asked(who, 400, kinds) <> pg_temp.asked(who, 400, NULL)) AS it_matters FROM questions WHERE who < 29;
-- An event without a kind is of none, and every event counts where nothing is said
SELECT pg_temp.asked(3, 400, NULL) = (SELECT string_agg(concat(r.item_id, ' ', r.score), ',' ORDER BY r.n) FROM recommend(3, 400, 'acts') WITH ORDINALITY r (item_id, score, n)) AS all_events;
SELECT pg_temp.asked(3, 5, '{purchase}', ARRAY(SELECT DISTINCT what FROM acts WHERE who = 3 AND "what kind"::text = 'purchase')) AS nothing_left;
-- Where no index gives items in order; where the model was told to learn nothing of repeats
DROP INDEX holomamba.acts_items_target_idx;
TABLE answers;
CALL holomamba.train('acts', options => '{"repeats": "ignored"}');
SELECT repeat_score IS NULL AS ignored FROM holomamba.version_catalogue WHERE model = 'acts' AND version = 2;
TABLE answers;
CREATE INDEX ON holomamba.acts_items USING holomamba (target);
TABLE answers;
-- With exclude_seen => false nothing is left out
SELECT ARRAY(SELECT (item_id, score) FROM recommend(3, 50, 'acts', exclude_seen => false, seen_values => '{purchase}'))
       = ARRAY(SELECT (item_id, score) FROM recommend(3, 50, 'acts', exclude_seen => false)) AS open,
       ARRAY(SELECT (user_id, item_id, score) FROM recommend_batch('{3,4}'::bigint[], 50, 'acts', exclude_seen => false, seen_values => '{purchase}'))
       = ARRAY(SELECT (user_id, item_id, score) FROM recommend_batch('{3,4}'::bigint[], 50, 'acts', exclude_seen => false)) AS open_batch;
-- Diverse lists are made of the same items; all users at once; ids as text
SELECT ARRAY(SELECT item_id FROM recommend(3, 400, 'acts', diversity => 0.5, seen_values => '{purchase}') ORDER BY 1)
       = ARRAY(SELECT item_id FROM recommend(3, 400, 'acts', seen_values => '{purchase}') ORDER BY 1) AS diverse,
       (SELECT md5(string_agg(concat(user_id, ' ', item_id, ' ', score), ',' ORDER BY n)) FROM recommend_batch(NULL::bigint[], 7, 'acts', seen_values => '{purchase}') WITH ORDINALITY b (user_id, item_id, score, n))
       = (SELECT md5(string_agg(concat(u.user_id, ' ', r.item_id, ' ', r.score), ',' ORDER BY u.user_id, r.n)) FROM holomamba.acts_users u,
          recommend(u.user_id, 7, 'acts', seen_values => '{purchase}') WITH ORDINALITY r (item_id, score, n)) AS everybody,
       ARRAY(SELECT item_id::bigint FROM recommend('3', 9, 'acts', seen_values => '{purchase}')) = ARRAY(SELECT item_id FROM recommend(3, 9, 'acts', seen_values => '{purchase}')) AS as_text;

-- The events of one user, by the index that finds them
BEGIN;
SET LOCAL enable_seqscan = off;
SELECT seq_scan, idx_scan FROM pg_stat_xact_user_tables WHERE relid = 'acts'::regclass \gset
SELECT count(*) FROM recommend(3, 17, 'acts', seen_values => '{purchase}');
SELECT seq_scan - :seq_scan AS whole, idx_scan - :idx_scan > 0 AS by_index FROM pg_stat_xact_user_tables WHERE relid = 'acts'::regclass;
COMMIT;

-- The column renamed, and a label of the enum
ALTER TABLE acts RENAME "what kind" TO "Kind, ""really""";
ALTER TYPE kind RENAME VALUE 'purchase' TO 'buy';
SELECT target_column, target_values FROM holomamba.models;
SELECT pg_temp.asked(3, 5, '{buy}') = pg_temp.asked(3, 5, NULL) AS other, count(*) FROM recommend(3, 5, 'acts', seen_values => '{buy}');
ALTER TYPE kind RENAME VALUE 'buy' TO 'purchase';
ALTER TABLE acts RENAME "Kind, ""really""" TO "what kind";

-- Whatever casts and operators the owner has given his type
CREATE FUNCTION mart.lies(kind) RETURNS text LANGUAGE sql STABLE AS $$ SELECT 'purchase' $$;
CREATE CAST (kind AS text) WITH FUNCTION mart.lies(kind) AS IMPLICIT;
SELECT pg_temp.asked(3, 400, '{cart}') <> pg_temp.asked(3, 400, '{purchase}') AS unbent;
DROP CAST (kind AS text);

-- Columns of other types
CREATE FUNCTION pg_temp.of_column(target_column name, kind text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    same boolean;
BEGIN
    PERFORM holomamba.create_model('other', 'acts', 'who', 'what', '{t}', target_column => target_column, target_values => ARRAY[kind]);
    INSERT INTO holomamba.version_catalogue (model, version, status, holdout, options) VALUES ('other', 1, 'ready', 'none', '{"dimension": 2}');
    INSERT INTO holomamba.other_items SELECT n, '[1,0]', ARRAY[n, 0, 0]::hrr, 1 FROM generate_series(0, 150) n;
    INSERT INTO holomamba.other_users (user_id, vector, events) VALUES (3, '[1,0,1]', 1);
    UPDATE holomamba.model_catalogue SET active_version = 1 WHERE model = 'other';
    EXECUTE format('SELECT ARRAY(SELECT item_id::integer FROM recommend(3, 400, ''other'', seen_values => %1$L) ORDER BY 1)
                    = ARRAY(SELECT generate_series(0, 150) EXCEPT SELECT what FROM acts WHERE who = 3 AND %2$I::text = ANY (%1$L::text[]) ORDER BY 1)', ARRAY[kind], target_column) INTO same;
    PERFORM holomamba.drop_model('other');
    RETURN same;
END $$;
SELECT c, pg_temp.of_column(c, v) FROM (VALUES ('quantity'::name, '2'), ('gift', 'true'), ('code', 'ab'), ('label', 'y')) v (c, v);

-- Refused
SELECT pg_temp.outcome($$SELECT recommend(3, 5, 'acts', seen_values => '{purchase,by}')$$);
SELECT pg_temp.outcome($$SELECT recommend(3, 5, 'acts', exclude_seen => false, seen_values => '{by}')$$);
SELECT pg_temp.outcome($$SELECT recommend_batch('{3}'::bigint[], 5, 'acts', seen_values => '{by}')$$);
SELECT pg_temp.outcome($$SELECT count(*) FROM recommend(3, 5, 'acts', seen_values => NULL)$$);
SELECT holomamba.create_model('plain', 'acts', 'who', 'what', '{t}', options => :'small');
CALL holomamba.train('plain');
SELECT pg_temp.outcome($$SELECT recommend(3, 5, 'plain', seen_values => '{purchase}')$$);
SELECT pg_temp.outcome($$SELECT recommend_batch('{3}'::bigint[], 5, 'plain', seen_values => '{purchase}')$$);
SELECT format('ALTER EVENT TRIGGER %I DISABLE', evtname) FROM pg_event_trigger WHERE evtfoid::regproc::text LIKE 'holomamba_internal.%' ORDER BY evtname \gexec
BEGIN;
ALTER TABLE acts ALTER "what kind" TYPE point USING NULL;
SELECT pg_temp.outcome($$SELECT recommend(3, 5, 'acts', seen_values => '{purchase}')$$);
SELECT pg_temp.outcome($$SELECT count(*) FROM recommend(3, 5, 'acts')$$);
ROLLBACK;
BEGIN;
ALTER TABLE acts DROP "what kind";
SELECT pg_temp.outcome($$SELECT recommend(3, 5, 'acts', seen_values => '{purchase}')$$);
ROLLBACK;
SELECT format('ALTER EVENT TRIGGER %I ENABLE', evtname) FROM pg_event_trigger WHERE evtfoid::regproc::text LIKE 'holomamba_internal.%' ORDER BY evtname \gexec

-- Who may not read the column is told nothing of it
CREATE ROLE regress_mart_reader;
GRANT USAGE ON SCHEMA mart TO regress_mart_reader;
GRANT SELECT ON holomamba.acts_users, holomamba.acts_items TO regress_mart_reader;
SET ROLE regress_mart_reader;
SELECT pg_temp.outcome($$SELECT recommend(3, 5, 'acts', seen_values => '{purchase}')$$);
RESET ROLE;
GRANT SELECT (who, what) ON acts TO regress_mart_reader;
SET ROLE regress_mart_reader;
SELECT count(*) FROM recommend(3, 5, 'acts');
SELECT pg_temp.outcome($$SELECT recommend(3, 5, 'acts', seen_values => '{purchase}')$$);
SELECT pg_temp.outcome($$SELECT recommend_batch('{3}'::bigint[], 5, 'acts', seen_values => '{purchase}')$$);
RESET ROLE;
GRANT SELECT ("what kind") ON acts TO regress_mart_reader;
SET ROLE regress_mart_reader;
SELECT pg_temp.outcome($$SELECT count(*) FROM recommend(3, 5, 'acts', seen_values => '{purchase}')$$);
RESET ROLE;

-- In parallel workers, and where nothing may be written
SELECT CASE WHEN current_setting('server_version_num')::integer < 160000 THEN 'force_parallel_mode' ELSE 'debug_parallel_query' END AS parallel_mode \gset
SET :parallel_mode = on;
SELECT count(*) FROM recommend(3, 5, 'acts', seen_values => '{purchase}');
RESET :parallel_mode;
BEGIN READ ONLY;
SELECT count(*) FROM recommend_batch('{3}'::bigint[], 5, 'acts', seen_values => '{purchase}');
COMMIT;

SELECT holomamba.drop_model(m) FROM unnest('{acts,plain}'::text[]) m;
\set VERBOSITY terse
SET client_min_messages = error;
DROP OWNED BY regress_mart_reader;
DROP ROLE regress_mart_reader;
DROP SCHEMA mart CASCADE;
