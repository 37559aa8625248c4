-- recommend() and what a session remembers: plans outlive nothing that they depend on. Batches and diversity
\pset format unaligned
SET client_min_messages = warning;
\getenv helpers PG_ABS_SRCDIR
\set outcome :helpers '/helpers/outcome.sql'
\i :outcome
CREATE SCHEMA stall;
SET search_path = stall, public;
CREATE TABLE sales (who integer, what integer, t integer);
CREATE INDEX ON sales (who, t);
INSERT INTO sales SELECT n % 29, (n * n + n / 7) % 301, n FROM generate_series(1, 2500) n;
SELECT holomamba.create_model('stall', 'sales', 'who', 'what', '{t}', options => '{"dimension": 16, "epochs": 1}');
CALL holomamba.train('stall');

-- The answer by brute force: every filter with every other, few candidates and many, lists that are cut and lists that are not
CREATE FUNCTION pg_temp.plain(who integer, k integer, seen boolean, candidates bigint[], exclude bigint[]) RETURNS bigint[] LANGUAGE sql AS $$
    SELECT ARRAY(SELECT i.item_id FROM holomamba.stall_items i
                 WHERE i.target IS NOT NULL AND (candidates IS NULL OR i.item_id = ANY (candidates)) AND (exclude IS NULL OR i.item_id <> ALL (exclude))
                   AND (NOT seen OR NOT EXISTS (SELECT FROM sales s WHERE s.who = $1 AND s.what = i.item_id))
                 ORDER BY (i.target <#> u.vector) - CASE WHEN EXISTS (SELECT FROM sales s WHERE s.who = $1 AND s.what = i.item_id) THEN
                              (SELECT v.repeat_score FROM holomamba.version_catalogue v WHERE v.model = 'stall') ELSE 0 END, i.item_id LIMIT k)
    FROM holomamba.stall_users u WHERE u.user_id = $1 $$;
CREATE TEMP TABLE questions AS
SELECT u, k, seen, c.candidates, e.exclude
FROM generate_series(0, 28, 9) u, unnest('{1,3,10,400}'::integer[]) k, unnest('{t,f}'::boolean[]) seen,
     (VALUES (NULL::bigint[]), ('{}'), ('{3,5,7,7,9000,11}'), (ARRAY(SELECT generate_series(0, 300, 3)::bigint)), (ARRAY(SELECT generate_series(0, 250)::bigint))) c (candidates),
     (VALUES (NULL::bigint[]), ('{5,6,100}'), (ARRAY(SELECT generate_series(20, 200)::bigint))) e (exclude);
SELECT count(*) AS questions,
       count(*) FILTER (WHERE ARRAY(SELECT item_id FROM recommend(u, k, 'stall', seen, candidates, exclude)) = pg_temp.plain(u, k, seen, candidates, exclude)) AS right_answers,
       count(*) FILTER (WHERE ARRAY(SELECT item_id FROM recommend(u::text, k, 'stall', seen, candidates::text[], exclude::text[]))
                              = pg_temp.plain(u, k, seen, candidates, exclude)::text[]) AS as_text
FROM questions;
-- The same with an index that gives items in order
CREATE INDEX stall_order ON holomamba.stall_items USING holomamba (target);
SELECT count(*) AS questions,
       count(*) FILTER (WHERE ARRAY(SELECT item_id FROM recommend(u, k, 'stall', seen, candidates, exclude)) = pg_temp.plain(u, k, seen, candidates, exclude)) AS right_answers
FROM questions;
-- Items that are equal for everyone: the lower id first, wherever the list is cut
BEGIN;
UPDATE holomamba.stall_items SET target = (SELECT target FROM holomamba.stall_items WHERE item_id = 4) WHERE item_id % 2 = 0;
SELECT count(*) FILTER (WHERE ARRAY(SELECT item_id FROM recommend(u, k, 'stall', seen, candidates, exclude)) = pg_temp.plain(u, k, seen, candidates, exclude)) AS right_answers
FROM questions;
ROLLBACK;

-- A batch answers what recommend() answers, to the bit, grouped by user in the order given
CREATE FUNCTION pg_temp.one_by_one(users bigint[], k integer, seen boolean, candidates bigint[], exclude bigint[], diversity real)
RETURNS text LANGUAGE sql AS $$
    SELECT coalesce(string_agg(concat(u.id, ' ', r.item_id, ' ', r.score), ',' ORDER BY u.n, r.n), '')
    FROM unnest(users) WITH ORDINALITY u (id, n), LATERAL (SELECT *, row_number() OVER () AS n FROM recommend(u.id, k, 'stall', seen, candidates, exclude, diversity)) r $$;
CREATE FUNCTION pg_temp.at_once(users bigint[], k integer, seen boolean, candidates bigint[], exclude bigint[], diversity real)
RETURNS text LANGUAGE sql AS $$
    SELECT coalesce(string_agg(concat(user_id, ' ', item_id, ' ', score), ',' ORDER BY n), '')
    FROM (SELECT *, row_number() OVER () AS n FROM recommend_batch(users, k, 'stall', seen, candidates, exclude, diversity)) r $$;
SELECT count(*) AS batches, count(*) FILTER (WHERE pg_temp.at_once(users, k, seen, candidates, exclude, diversity)
                                                   = pg_temp.one_by_one(users, k, seen, candidates, exclude, diversity)) AS right_answers
FROM (SELECT DISTINCT k, seen, candidates, exclude FROM questions) q, (VALUES ('{7,3,NULL,7,777,0}'::bigint[]), ('{}')) u (users), unnest('{0,0.3}'::real[]) diversity;
SELECT pg_temp.at_once(NULL, 5, true, NULL, NULL, 0) = pg_temp.one_by_one(ARRAY(SELECT user_id::bigint FROM holomamba.stall_users ORDER BY 1), 5, true, NULL, NULL, 0) AS everybody,
       (SELECT count(DISTINCT user_id) FROM recommend_batch(NULL::bigint[], 2)) AS users,
       (SELECT string_agg(concat(user_id, ' ', item_id, ' ', score), ',') FROM recommend_batch('{ 3 ,777}'::text[], 3))
           = (SELECT string_agg(concat(user_id, ' ', item_id, ' ', score), ',') FROM holomamba.recommend_batch('{3,777}'::bigint[], 3)) AS as_text;
-- More users than fit into memory at once: their events are read in parts
SET maintenance_work_mem = '1MB';
SELECT pg_temp.at_once(users, 3, true, NULL, NULL, 0) = pg_temp.one_by_one(users, 3, true, NULL, NULL, 0) AS right_answers
FROM (SELECT array_agg(g % 9) AS users FROM generate_series(1, 2500) g) q;
RESET maintenance_work_mem;
SELECT pg_typeof(user_id), pg_typeof(item_id), pg_typeof(score) FROM recommend_batch('{3}'::bigint[], 1);
SELECT pg_temp.outcome($$SELECT recommend_batch('{1,two}'::text[])$$);
SELECT pg_temp.outcome($$SELECT recommend_batch('{0b7c9a4e-5e4c-4f5e-8d5f-2f6f1f1f1f1f}'::uuid[])$$);
SELECT pg_temp.outcome($$SELECT recommend_batch('{1}'::bigint[], 0)$$);
BEGIN READ ONLY;
SELECT count(*) FROM recommend_batch('{1,2}'::bigint[], 3);
COMMIT;

-- Diversity: 0 is the plain order, the best item stays first, what is chosen is chosen by the definition
SELECT bool_and(ARRAY(SELECT item_id FROM recommend(u, 10, diversity => 0)) = ARRAY(SELECT item_id FROM recommend(u, 10))) AS plain,
       bool_and(ARRAY(SELECT item_id FROM recommend(u, 10, diversity => NULL)) = ARRAY(SELECT item_id FROM recommend(u, 10))) AS null_is_plain,
       bool_and((SELECT item_id FROM recommend(u, 5, diversity => 1) LIMIT 1) = (SELECT item_id FROM recommend(u, 1))) AS best_first,
       bool_or(ARRAY(SELECT item_id FROM recommend(u, 10, diversity => 0.7)) <> ARRAY(SELECT item_id FROM recommend(u, 10))) AS another_order
FROM generate_series(0, 28) u;
WITH pool AS (SELECT item_id, score, row_number() OVER () AS place, (score - min(score) OVER ()) / (max(score) OVER () - min(score) OVER ()) AS relevance
              FROM recommend(5, 100)),
     second AS (SELECT p.item_id FROM pool p JOIN holomamba.stall_items i USING (item_id), pool b JOIN holomamba.stall_items best USING (item_id)
                WHERE b.place = 1 AND p.place > 1 ORDER BY 0.5 * p.relevance - 0.5 * cosine_similarity(i.token, best.token) DESC LIMIT 1)
SELECT (ARRAY(SELECT item_id FROM recommend(5, 4, diversity => 0.5)))[2] = (SELECT item_id FROM second) AS second;
SELECT ARRAY(SELECT (item_id, score) FROM recommend_next('{1,4,9}'::bigint[], 6, diversity => 0.5)) <@ ARRAY(SELECT (item_id, score) FROM recommend_next('{1,4,9}'::bigint[], 100)) AS from_the_pool,
       (SELECT count(*) FROM recommend(5, 300, diversity => 0.5, exclude_seen => false)) AS k_rows,
       (SELECT count(DISTINCT item_id) FROM recommend(5, 50, diversity => 0.9)) AS distinct_items;
SELECT pg_temp.outcome('SELECT recommend(1, diversity => 1.5)');
SELECT pg_temp.outcome('SELECT recommend_next(''{1}''::bigint[], diversity => -0.1)');
SELECT pg_temp.outcome('SELECT recommend_batch(''{1}''::bigint[], diversity => ''NaN'')');

-- Repeat purchases: with what was seen, and live
SELECT ARRAY(SELECT item_id FROM recommend(3, 400, exclude_seen => false)) @> ARRAY(SELECT DISTINCT what::bigint FROM sales WHERE who = 3) AS again;

-- Plans: renamed, moved, made anew, dropped
SELECT ARRAY(SELECT item_id FROM recommend(3, 5)) AS answer \gset
ALTER TABLE sales RENAME TO receipts;
SELECT ARRAY(SELECT item_id FROM recommend(3, 5)) = :'answer' AS renamed;
CREATE SCHEMA cellar;
ALTER TABLE receipts SET SCHEMA cellar;
SELECT ARRAY(SELECT item_id FROM recommend(3, 5)) = :'answer' AS moved;
CREATE TABLE sales (who integer, what integer, t integer);
SELECT ARRAY(SELECT item_id FROM recommend(3, 5)) = :'answer' AS replaced;
BEGIN;
ALTER TABLE cellar.receipts ALTER what TYPE bigint;
SELECT ARRAY(SELECT item_id FROM recommend(3, 5)) = :'answer' AS other_type;
ROLLBACK;
DROP INDEX cellar.sales_who_t_idx;
SELECT ARRAY(SELECT item_id FROM recommend(3, 5)) = :'answer' AS without_index;
ALTER TABLE cellar.receipts RENAME what TO item;
SELECT ARRAY(SELECT item_id FROM recommend(3, 5)) = :'answer' AS renamed_column;
ALTER TABLE cellar.receipts RENAME item TO what;
SELECT ARRAY(SELECT item_id FROM recommend(3, 5)) = :'answer' AS back;

-- Nothing of the caller's path is ever called
CREATE SCHEMA evil;
CREATE FUNCTION evil.equals(integer, bigint) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'called'; END $$;
CREATE OPERATOR evil.= (LEFTARG = integer, RIGHTARG = bigint, FUNCTION = evil.equals);
CREATE FUNCTION evil.array_agg(hrr[]) RETURNS hrr LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'called'; END $$;
SET search_path = evil, pg_catalog;
SELECT ARRAY(SELECT item_id FROM holomamba.recommend(3, 5)) = :'answer' AS unbent, (SELECT count(*) FROM holomamba.recommend_next('{1,2}'::bigint[], 3)) AS next,
       (SELECT count(*) FROM holomamba.recommend_batch('{1,2}'::bigint[], 3)) AS batch, (SELECT count(*) > 0 FROM holomamba.explain_recommendation(3, 4)) AS explained;
SET search_path = stall, public;

-- Custom plans, where the session wants them
SET plan_cache_mode = force_custom_plan;
SELECT ARRAY(SELECT item_id FROM recommend(3, 5, candidates => ARRAY(SELECT generate_series(0, 300)::bigint))) = :'answer' AS custom;
RESET plan_cache_mode;

-- An activation that is rolled back, and one that is not
CALL holomamba.train('stall', epochs => 2);
SELECT ARRAY(SELECT (item_id, score) FROM recommend(3, 5)) AS second \gset
BEGIN;
SELECT holomamba.activate('stall', 1);
SELECT ARRAY(SELECT item_id FROM recommend(3, 5)) = :'answer' AS first_again, ARRAY(SELECT item_id FROM recommend(777, 5)) = ARRAY(SELECT item_id FROM recommend_next('{}'::bigint[], 5)) AS stranger;
ROLLBACK;
SELECT ARRAY(SELECT (item_id, score) FROM recommend(3, 5))::text = :'second' AS second_still;

-- Who asks decides: rights taken away and row level security, within one session and one plan
CREATE ROLE regress_one;
CREATE ROLE regress_two;
GRANT USAGE ON SCHEMA stall, cellar TO regress_one, regress_two;
GRANT SELECT ON holomamba.stall_items, holomamba.stall_users, cellar.receipts TO regress_one, regress_two;
SET ROLE regress_one;
SELECT ARRAY(SELECT (item_id, score) FROM recommend(3, 5))::text = :'second' AS may;
RESET ROLE;
REVOKE SELECT ON cellar.receipts FROM regress_one;
SET ROLE regress_one;
SELECT pg_temp.outcome('SELECT recommend(3, 5)');
SELECT pg_temp.outcome('SELECT recommend_batch(''{3}''::bigint[], 5)');
SET ROLE regress_two;
SELECT ARRAY(SELECT (item_id, score) FROM recommend(3, 5))::text = :'second' AS may;
RESET ROLE;
GRANT SELECT ON cellar.receipts TO regress_one;
ALTER TABLE holomamba.stall_items ENABLE ROW LEVEL SECURITY;
CREATE POLICY even ON holomamba.stall_items TO regress_one USING (item_id % 2 = 0);
CREATE POLICY third ON holomamba.stall_items TO regress_two USING (item_id % 3 = 0);
SET ROLE regress_one;
SELECT count(*), bool_and(item_id % 2 = 0) AS even FROM recommend(3, 50);
SELECT count(*), bool_and(item_id % 2 = 0) AS even FROM recommend_batch('{3}'::bigint[], 50);
SET ROLE regress_two;
SELECT count(*), bool_and(item_id % 3 = 0) AS third FROM recommend(3, 50);
RESET ROLE;
SELECT ARRAY(SELECT (item_id, score) FROM recommend(3, 5))::text = :'second' AS owner_sees_all;
ALTER TABLE holomamba.stall_items DISABLE ROW LEVEL SECURITY;

-- A policy that itself asks for recommendations, while plans come and go
CREATE FUNCTION stall.any_seen(integer) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = stall, public AS
    $$ SELECT EXISTS (SELECT FROM holomamba.recommend(4, 1 + $1 % 3)) $$;
ALTER TABLE cellar.receipts ENABLE ROW LEVEL SECURITY;
CREATE POLICY inner_call ON cellar.receipts TO regress_one USING (stall.any_seen(what::integer));
GRANT EXECUTE ON FUNCTION stall.any_seen(integer) TO regress_one;
SET ROLE regress_one;
SELECT ARRAY(SELECT (item_id, score) FROM recommend(3, 5))::text = :'second' AS recursive;
RESET ROLE;

-- More statements than a session keeps
SELECT count(*) AS calls, bool_and(r.count = r.distinct_items AND r.count <= k) AS sound
FROM generate_series(1, 2) again, unnest('{1,2,5,10,20,50,100,200}'::integer[]) k, unnest('{t,f}'::boolean[]) seen, unnest('{0,0.5}'::real[]) diversity,
     (VALUES (NULL::bigint[]), ('{3,5,7}'), (ARRAY(SELECT generate_series(0, 250)::bigint))) c (candidates), (VALUES (NULL::bigint[]), ('{5}')) e (exclude),
     LATERAL (SELECT count(*), count(DISTINCT item_id) AS distinct_items FROM recommend(3, k, 'stall', seen, candidates, exclude, diversity)) r;
SELECT ARRAY(SELECT (item_id, score) FROM recommend(3, 5, 'stall'))::text = :'second' AS the_first_still;

-- The tables of a model, half gone
BEGIN;
DROP TABLE holomamba.stall_items CASCADE;
SELECT pg_temp.outcome('SELECT recommend(3, 5)');
ROLLBACK;

-- The set of ids behind the filters
SELECT holomamba_internal.is_among(3, '{1,2,3}'::integer[]), holomamba_internal.is_among('b', '{a,NULL}'::text[]), holomamba_internal.is_among(5::bigint, '{}'::bigint[]);
SELECT count(*) FILTER (WHERE holomamba_internal.is_among(n, '{5,5,7}'::bigint[])) AS constant, count(*) FILTER (WHERE holomamba_internal.is_among(n, ARRAY[n, 3])) AS changing
FROM generate_series(1, 10::bigint) n;
SELECT pg_temp.outcome($$SELECT holomamba_internal.is_among('(1,2)'::point, '{}'::point[])$$);

SELECT holomamba.drop_model('stall');
SET client_min_messages = error;
DROP SCHEMA stall, cellar, evil CASCADE;
DROP ROLE regress_one, regress_two;
