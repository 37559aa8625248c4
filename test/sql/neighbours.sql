-- similar_items() with its filters, recommend_basket(), recommend_users(), similar_users()
\pset format unaligned
SET client_min_messages = warning;
\getenv helpers PG_ABS_SRCDIR
\set outcome :helpers '/helpers/outcome.sql'
\i :outcome
CREATE SCHEMA mall;
SET search_path = mall, public;
CREATE TABLE buys (who integer, what integer, t timestamptz);
CREATE INDEX ON buys (who, t);
INSERT INTO buys SELECT n % 67, (n * n + n / 7) % 151, timestamptz '2026-01-01 00:00Z' + n * interval '1 hour' FROM generate_series(1, 2000) n;
\set small '{"dimension": 16, "epochs": 2, "threads": 2}'
SELECT holomamba.create_model('buys', 'buys', 'who', 'what', '{t}', options => :'small');
CALL holomamba.train('buys');

-- Items like an item, among some: the same order, filtered before the top k
CREATE FUNCTION pg_temp.alike(item bigint, k integer, candidates bigint[], exclude bigint[]) RETURNS text LANGUAGE sql AS $$
    SELECT coalesce(string_agg(concat(r.item_id, ' ', r.similarity), ',' ORDER BY r.n), '')
    FROM (SELECT * FROM similar_items(item, 10000, 'buys') WITH ORDINALITY s (item_id, similarity, n)
          WHERE (candidates IS NULL OR s.item_id = ANY (candidates)) AND (exclude IS NULL OR s.item_id <> ALL (exclude)) ORDER BY n LIMIT k) r $$;
SELECT count(*) AS questions, count(*) FILTER (WHERE pg_temp.alike(item, k, candidates, exclude)
    = (SELECT coalesce(string_agg(concat(s.item_id, ' ', s.similarity), ',' ORDER BY s.n), '') FROM similar_items(item, k, 'buys', candidates, exclude) WITH ORDINALITY s (item_id, similarity, n))) AS right_answers
FROM unnest('{0,7,150,999}'::bigint[]) item, unnest('{1,10,400}'::integer[]) k, (VALUES (NULL::bigint[]), ('{}'), ('{5,7,9,9,7777}'), (ARRAY(SELECT generate_series(0, 150, 2)::bigint))) c (candidates),
     (VALUES (NULL::bigint[]), ('{}'), ('{5,77}'), (ARRAY(SELECT generate_series(0, 100)::bigint))) e (exclude);
SELECT item_id FROM similar_items('7', 3, candidates => '{7,8,NULL}');
SELECT pg_temp.outcome($$SELECT similar_items('7', candidates => '{a}')$$);
SELECT pg_temp.outcome($$SELECT similar_items('7', exclude => '{a}')$$);
SELECT count(*) FROM similar_items(NULL::bigint, exclude => '{1}');

-- A basket: by the definition, whatever its order
CREATE FUNCTION pg_temp.basket(items bigint[], k integer, moment timestamptz, candidates bigint[] DEFAULT NULL, exclude bigint[] DEFAULT NULL) RETURNS text LANGUAGE sql AS $$
    SELECT coalesce(string_agg(concat(r.item_id, ' ', r.score), ',' ORDER BY r.n), '')
    FROM recommend_basket(items, k, 'buys', candidates, exclude, at => moment) WITH ORDINALITY r (item_id, score, n) $$;
CREATE FUNCTION pg_temp.by_definition(items bigint[], k integer, moment timestamptz, candidates bigint[] DEFAULT NULL, exclude bigint[] DEFAULT NULL) RETURNS text LANGUAGE sql AS $$
    WITH vector AS (SELECT coalesce(avg(ssm_vector(ssm_update(ssm_initial('buys', 1), i.token), moment) ORDER BY u.id), ssm_vector(ssm_initial('buys', 1), moment)) AS v
                    FROM (SELECT DISTINCT id FROM unnest(items) id WHERE id IS NOT NULL) u LEFT JOIN holomamba.buys_items i ON i.item_id = u.id)
    SELECT coalesce(string_agg(concat(r.item_id, ' ', r.score), ',' ORDER BY r.score DESC, r.item_id), '')
    FROM (SELECT i.item_id, (-(i.target <#> v))::real AS score FROM vector, holomamba.buys_items i
          WHERE i.target IS NOT NULL AND i.item_id <> ALL (array_remove(items, NULL)) AND (candidates IS NULL OR i.item_id = ANY (candidates)) AND (exclude IS NULL OR i.item_id <> ALL (exclude))
          ORDER BY i.target <#> v, i.item_id LIMIT k) r $$;
SELECT count(*) AS baskets, count(*) FILTER (WHERE pg_temp.basket(items, k, moment, candidates, exclude) = pg_temp.by_definition(items, k, moment, candidates, exclude)) AS right_answers
FROM (VALUES ('{}'::bigint[]), ('{7}'), ('{9,7,8,120,121,122}'), ('{7,777}'), ('{777,778,7}'), ('{777}'), ('{NULL}')) b (items), unnest('{1,10,400}'::integer[]) k, (VALUES (NULL::timestamptz), ('2026-06-01 12:00Z')) m (moment),
     (VALUES (NULL::bigint[]), ('{1,2,3,4,7,8,9}')) c (candidates), (VALUES (NULL::bigint[]), ('{3,4,5}')) e (exclude);
SELECT count(DISTINCT pg_temp.basket(ARRAY(SELECT x FROM unnest('{9,7,8,120,777,121,122,7,7,NULL}'::bigint[]) x ORDER BY md5(concat(x, salt))), 400, '2026-06-01')) AS lists FROM generate_series(1, 50) salt;
SELECT pg_temp.basket('{9,7,777}', 9, NULL) = pg_temp.basket('{7,777,7,9,9,9,777,NULL}', 9, NULL) AS each_once,
       pg_temp.basket('{}', 400, NULL) = (SELECT string_agg(concat(r.item_id, ' ', r.score), ',' ORDER BY r.n) FROM recommend_next('{}'::bigint[], 400, 'buys', at => NULL) WITH ORDINALITY r (item_id, score, n)) AS nothing,
       pg_temp.basket('{5}', 400, NULL) = (SELECT string_agg(concat(r.item_id, ' ', r.score), ',' ORDER BY r.n) FROM recommend_next('{5}'::bigint[], 400, 'buys', at => NULL) WITH ORDINALITY r (item_id, score, n)) AS one,
       (SELECT count(*) FROM recommend_basket(NULL::bigint[])) AS nobody,
       ARRAY(SELECT (item_id::bigint, score) FROM recommend_basket('{7, 9 }', 5, at => NULL)) = ARRAY(SELECT (item_id, score) FROM recommend_basket('{9,7}'::bigint[], 5, at => NULL)) AS as_a_literal,
       ARRAY(SELECT (item_id::bigint, score) FROM holomamba.recommend_basket_text('{7,9}', 5, candidates => '{1,2,3}', at => NULL)) = ARRAY(SELECT (item_id, score) FROM holomamba.recommend_basket('{9,7}'::bigint[], 5, candidates => '{1,2,3}', at => NULL)) AS as_text;
SELECT (SELECT item_id FROM recommend_basket('{7,9}'::bigint[], 5, diversity => 0.9, at => NULL) LIMIT 1) = (SELECT item_id FROM recommend_basket('{7,9}'::bigint[], 1, at => NULL)) AS best_first,
       ARRAY(SELECT item_id FROM recommend_basket('{7,9}'::bigint[], 10, diversity => 0.9, at => NULL)) <> ARRAY(SELECT item_id FROM recommend_basket('{7,9}'::bigint[], 10, at => NULL)) AS another_order;
SELECT pg_temp.outcome(statement) FROM unnest(ARRAY[
    $$SELECT recommend_basket('{1,x}'::text[])$$, $$SELECT recommend_basket('{1}'::bigint[], 0)$$, $$SELECT recommend_basket('{1}'::bigint[], diversity => 2)$$, $$SELECT recommend_basket('{1}'::bigint[], at => 'infinity')$$,
    $$SELECT recommend_basket(ARRAY[gen_random_uuid()])$$, $$SELECT recommend_basket('{1}'::bigint[], model => 'sells')$$]) statement;

-- The users for an item: by brute force, ties by the lower id
CREATE FUNCTION pg_temp.users_of(item bigint, k integer) RETURNS text LANGUAGE sql AS $$
    SELECT coalesce(string_agg(concat(r.user_id, ' ', r.score), ',' ORDER BY r.n), '') FROM recommend_users(item, k, 'buys') WITH ORDINALITY r (user_id, score, n) $$;
CREATE FUNCTION pg_temp.users_by_definition(item bigint, k integer) RETURNS text LANGUAGE sql AS $$
    SELECT coalesce(string_agg(concat(r.user_id, ' ', (-r.distance)::real), ',' ORDER BY r.distance, r.user_id), '')
    FROM (SELECT u.user_id, u.vector <#> i.target AS distance FROM holomamba.buys_users u, holomamba.buys_items i WHERE i.item_id = item ORDER BY 2, 1 LIMIT k) r $$;
CREATE VIEW answers AS
SELECT count(*) AS questions, count(*) FILTER (WHERE pg_temp.users_of(item, k) = pg_temp.users_by_definition(item, k)) AS right_answers FROM unnest('{0,7,150,999}'::bigint[]) item, unnest('{1,7,10,400}'::integer[]) k;
TABLE answers;
BEGIN;
-- Users of whom nothing is known yet, users alike, an item that is not recommended
UPDATE holomamba.buys_users SET vector = (SELECT vector FROM holomamba.buys_users WHERE user_id = 9) WHERE user_id % 3 = 0;
UPDATE holomamba.buys_items SET target = NULL WHERE item_id = 3;
TABLE answers;
SELECT user_id FROM recommend_users(7, 400) r WHERE r.user_id % 3 = 0 LIMIT 4;
SELECT count(*) FROM recommend_users(3);
ROLLBACK;
-- An index of the vectors serves where there is one
SELECT ARRAY(SELECT user_id FROM recommend_users(7, 5)) AS without_index \gset
CREATE INDEX buys_vectors ON holomamba.buys_users USING holomamba (vector);
TABLE answers;
BEGIN;
UPDATE holomamba.buys_users SET vector = (SELECT vector FROM holomamba.buys_users WHERE user_id = 9) WHERE user_id % 3 = 0;
TABLE answers;
ROLLBACK;
BEGIN;
SET LOCAL enable_seqscan = off;
SELECT coalesce(sum(idx_scan), 0) AS scans FROM pg_stat_xact_user_tables WHERE relid = 'holomamba.buys_users'::regclass \gset
SELECT ARRAY(SELECT user_id FROM recommend_users(7, 5)) = :'without_index' AS same;
SELECT sum(idx_scan) - :scans > 0 AS by_index FROM pg_stat_xact_user_tables WHERE relid = 'holomamba.buys_users'::regclass;
CREATE FUNCTION pg_temp.plan_of(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$ BEGIN RETURN QUERY EXECUTE 'EXPLAIN (COSTS OFF) ' || query; END $$;
SELECT bool_or(p LIKE '%Index Scan using buys_vectors on buys_users%') AS planned
FROM pg_temp.plan_of('SELECT u.user_id FROM holomamba.buys_users u WHERE u.vector IS NOT NULL ORDER BY u.vector <#> (SELECT t.target FROM holomamba.buys_items t WHERE t.item_id = 7) LIMIT 5') p;
COMMIT;
INSERT INTO buys VALUES (7, 3, '2027-01-01'), (1000, 7, '2027-01-01');
TABLE answers;
DROP INDEX holomamba.buys_vectors;

-- Users like a user: the cosine of what the encoder says of them
CREATE VIEW alike AS
SELECT who, o.user_id, row_number() OVER (PARTITION BY who ORDER BY o.distance, o.user_id) AS n, 1 - o.distance AS similarity
FROM unnest('{0,7,66}'::bigint[]) who, LATERAL (SELECT u.user_id, 1 - (inner_product(u.vector, w.vector) - 1) / sqrt((l2_norm(u.vector) ^ 2 - 1) * (l2_norm(w.vector) ^ 2 - 1)) AS distance
    FROM holomamba.buys_users u, holomamba.buys_users w WHERE w.user_id = who AND u.user_id <> who) o;
SELECT k, count(*) AS rows, max(abs(s.similarity - a.similarity)) < 1e-5 AS right_similarities, bool_and(s.similarity >= (SELECT b.similarity - 1e-5 FROM alike b WHERE b.who = a.who AND b.n = s.n)) AS right_order
FROM unnest('{1,10,400}'::integer[]) k, unnest('{0,7,66}'::bigint[]) who, similar_users(who, k, 'buys') WITH ORDINALITY s (user_id, similarity, n) JOIN alike a USING (user_id) WHERE a.who = who.who GROUP BY k ORDER BY k;
DROP VIEW alike;
SELECT (SELECT count(*) FROM similar_users(7, 400)) = (SELECT count(*) - 1 FROM holomamba.buys_users) AS all_others, (SELECT count(*) FROM similar_users(7, 400) WHERE user_id = 7) AS himself,
       (SELECT count(*) FROM similar_users(77777)) AS unknown, (SELECT count(*) FROM similar_users(NULL::bigint)) AS nobody, (SELECT count(*) FROM recommend_users(NULL::text)) AS nothing;
BEGIN;
UPDATE holomamba.buys_users SET vector = NULL WHERE user_id = 8;
UPDATE holomamba.buys_users SET vector = (SELECT vector FROM holomamba.buys_users WHERE user_id = 7) WHERE user_id IN (12, 11, 13);
SELECT user_id FROM similar_users(7, 3);
SELECT (SELECT count(*) FROM similar_users(8)) AS without_vector, (SELECT count(*) FROM similar_users(7, 400) WHERE user_id = 8) AS not_found, (SELECT count(*) FROM recommend_users(7, 400) WHERE user_id = 8) AS not_ranked;
UPDATE holomamba.buys_users SET vector = '[1,1]' WHERE user_id = 20;
SELECT pg_temp.outcome('SELECT similar_users(7)');
SELECT pg_temp.outcome('SELECT recommend_users(7)');
ROLLBACK;
SELECT holomamba_internal.user_distance('[1]', '[1]') AS of_nothing, holomamba_internal.user_distance('[0,0,1]', '[1,0,1]') AS of_zero, holomamba_internal.user_distance('[2,0,1]', '[0,3,1]') AS right_angle,
       holomamba_internal.user_distance(NULL, '[1]') AS of_null;

-- Ids as text, and the types that serve
SELECT user_id, pg_typeof(user_id) FROM similar_users('7', 1);
SELECT ARRAY(SELECT (user_id::bigint, score) FROM recommend_users('7', 3)) = ARRAY(SELECT (user_id, score) FROM recommend_users(7, 3)) AS as_text,
       ARRAY(SELECT (user_id::bigint, score) FROM holomamba.recommend_users_text('7', 3)) = ARRAY(SELECT (user_id, score) FROM holomamba.recommend_users(7, 3)) AS by_name,
       ARRAY(SELECT (user_id::bigint, similarity) FROM holomamba.similar_users_text('7', 3)) = ARRAY(SELECT (user_id, similarity) FROM holomamba.similar_users(7, 3)) AS alike_by_name;
CREATE TABLE reads (who bigint, what text, t integer);
CREATE INDEX ON reads (who);
INSERT INTO reads SELECT n % 9, 'book ' || n % 13, n FROM generate_series(1, 100) n;
SELECT holomamba.create_model('reads', 'reads', 'who', 'what', '{t}', options => :'small');
CALL holomamba.train('reads');
SELECT count(*) FROM similar_users(3, 4, 'reads');
SELECT count(*) FROM recommend_users('book 3', 4, 'reads');
SELECT count(*) FROM recommend_basket('{book 3,"book 4"}'::text[], 4, 'reads');
SELECT pg_temp.outcome(statement) FROM unnest(ARRAY[
    $$SELECT recommend_users(3, 4, 'reads')$$, $$SELECT similar_users(gen_random_uuid(), 4, 'reads')$$, $$SELECT recommend_users(gen_random_uuid(), 4, 'buys')$$, $$SELECT recommend_basket('{3}'::bigint[], 4, 'reads')$$,
    $$SELECT similar_users('three', 4, 'reads')$$, $$SELECT recommend_users('x', 4, 'buys')$$, $$SELECT similar_users(3, 0, 'reads')$$, $$SELECT recommend_users(3, 10001, 'buys')$$,
    $$SELECT similar_users(3, NULL, 'reads')$$, $$SELECT similar_users(3)$$, $$SELECT recommend_users(3)$$]) statement;

-- Who may not read the users learns nothing
CREATE ROLE regress_mall_reader;
GRANT SELECT ON holomamba.buys_items TO regress_mall_reader;
SET ROLE regress_mall_reader;
SELECT count(*) FROM similar_items(7, 3, 'buys', candidates => '{1,2,3}');
SELECT count(*) FROM recommend_basket('{7}'::bigint[], 3, 'buys');
SELECT pg_temp.outcome($$SELECT recommend_users(7, 3, 'buys')$$);
SELECT pg_temp.outcome($$SELECT similar_users(7, 3, 'buys')$$);
RESET ROLE;
GRANT SELECT (user_id) ON holomamba.buys_users TO regress_mall_reader;
SET ROLE regress_mall_reader;
SELECT pg_temp.outcome($$SELECT recommend_users(7, 3, 'buys')$$);
SELECT pg_temp.outcome($$SELECT similar_users(7, 3, 'buys')$$);
RESET ROLE;
GRANT SELECT ON holomamba.buys_users TO regress_mall_reader;
SET ROLE regress_mall_reader;
SELECT count(*) FROM recommend_users(7, 3, 'buys');
SELECT count(*) FROM similar_users(7, 3, 'buys');
RESET ROLE;
REVOKE ALL ON holomamba.buys_items FROM regress_mall_reader;
SET ROLE regress_mall_reader;
SELECT pg_temp.outcome($$SELECT recommend_basket('{7}'::bigint[], 3, 'buys')$$);
SELECT pg_temp.outcome($$SELECT similar_users(7, 3, 'buys')$$);
RESET ROLE;
-- In parallel workers, and where nothing may be written
SELECT CASE WHEN current_setting('server_version_num')::integer < 160000 THEN 'force_parallel_mode' ELSE 'debug_parallel_query' END AS parallel_mode \gset
SET :parallel_mode = on;
SELECT count(*) FROM recommend_users(7, 3, 'buys');
SELECT count(*) FROM similar_users(7, 3, 'buys');
SELECT count(*) FROM recommend_basket('{7,8}'::bigint[], 3, 'buys');
RESET :parallel_mode;
BEGIN READ ONLY;
SELECT count(*) FROM recommend_users(7, 3, 'buys'), similar_users(7, 3, 'buys'), recommend_basket('{7,8}'::bigint[], 3, 'buys');
COMMIT;

SELECT holomamba.drop_model(m) FROM unnest('{buys,reads}'::text[]) m;
\set VERBOSITY terse
SET client_min_messages = error;
DROP OWNED BY regress_mall_reader;
DROP ROLE regress_mall_reader;
DROP SCHEMA mall CASCADE;
