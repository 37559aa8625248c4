-- What drivers send: parameters without a type, arrays as text, names that have one function
\pset format unaligned
\set SHOW_CONTEXT never
SET client_min_messages = warning;
\getenv helpers PG_ABS_SRCDIR
\set outcome :helpers '/helpers/outcome.sql'
\i :outcome
CREATE TABLE sent_events (user_id integer, item_id integer, t integer);
CREATE INDEX ON sent_events (user_id);
INSERT INTO sent_events SELECT u, 1 + (u * 7 + n) % 30, n FROM generate_series(1, 40) u, generate_series(1, 12) n;
SELECT holomamba.create_model('sent', 'sent_events', 'user_id', 'item_id', '{t}',
    options => '{"dimension": 8, "layers": 1, "state_size": 2, "epochs": 1, "threads": 1}');
CALL holomamba.train('sent');

-- Ids without a type are text, and so are arrays of them
PREPARE list AS SELECT array_agg(item_id), pg_typeof(min(item_id)) FROM recommend($1, $2, $3, candidates => $4, exclude => $5, exclude_seen => $6, diversity => $7);
SELECT name, parameter_types FROM pg_prepared_statements;
EXECUTE list ('3', 3, 'sent', '{5,6,7,8}', '{6}', false, 0);
DEALLOCATE list;
PREPARE next AS SELECT item_id, score FROM recommend_next($1, $2, candidates => $3, exclude => $4);
PREPARE batch AS SELECT user_id, item_id, score FROM recommend_batch($1, $2);
PREPARE alike AS SELECT item_id, similarity FROM similar_items($1, $2, candidates => $3);
PREPARE basket AS SELECT item_id, score FROM recommend_basket($1, $2, exclude => $3);
PREPARE takers AS SELECT user_id, score FROM recommend_users($1, $2);
PREPARE fellows AS SELECT user_id, similarity FROM similar_users($1, $2);
PREPARE told AS SELECT item_id FROM recommend_next($1, times => $2, event_values => $3);
PREPARE unbought AS SELECT item_id FROM recommend($1, seen_values => $2);
PREPARE why AS SELECT kind, value, contribution FROM explain_recommendation($1, $2);
-- One type tells the others
PREPARE by_id AS SELECT item_id FROM recommend($1::integer, candidates => $2, exclude => $3);
PREPARE by_candidates AS SELECT item_id FROM recommend($1, candidates => $2::bigint[], exclude => $3);
PREPARE by_exclusions AS SELECT item_id FROM recommend_next($1, exclude => $2::uuid[]);
PREPARE qualified AS SELECT count(*) FROM holomamba.recommend_next($1), holomamba.recommend_batch($2);
SELECT name, parameter_types FROM pg_prepared_statements ORDER BY name;
CREATE FUNCTION pg_temp.same(form text, reference text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    result text;
BEGIN
    EXECUTE format('WITH a AS (%s), b AS (%s) SELECT concat_ws('' '', (SELECT count(*) FROM a), (SELECT count(*) FROM (TABLE a EXCEPT TABLE b) d))', form, reference) INTO result;
    RETURN result;
END $$;
-- How many rows, and how many of them are not those of the typed form
SELECT form, pg_temp.same('SELECT * FROM ' || form, 'SELECT * FROM ' || reference) FROM (VALUES
    ($$recommend_next('{1,2}', 5)$$, $$recommend_next('{1,2}'::text[], 5)$$),
    ($$recommend_next('{1,2}', 5, candidates => '{4,5,6}', exclude => '{5}', exclude_seen => false, model => 'sent', diversity => 0.3)$$,
     $$recommend_next('{1,2}'::text[], 5, candidates => '{4,6}', exclude_seen => false, diversity => 0.3)$$),
    ($$recommend_next(NULL)$$, $$recommend_next(NULL::text[])$$),
    ($$recommend_next('{}', 5)$$, $$recommend_next('{}'::text[], 5)$$),
    ($$recommend_basket('{2,1}', 5, candidates => '{4,5,6}', exclude => '{5}', diversity => 0.3)$$, $$recommend_basket('{1,2}'::text[], 5, candidates => '{4,6}', diversity => 0.3)$$),
    ($$recommend_basket(NULL)$$, $$recommend_basket(NULL::text[])$$),
    ($$recommend_users('3', 5)$$, $$recommend_users('3'::text, 5)$$),
    ($$similar_users('3', 5)$$, $$similar_users('3'::text, 5)$$),
    ($$holomamba.recommend_basket_text('{1,2}', 5)$$, $$recommend_basket('{1,2}'::text[], 5)$$),
    ($$holomamba.recommend_users_text('3', 5)$$, $$recommend_users('3'::text, 5)$$),
    ($$holomamba.similar_users_text('3', 5)$$, $$similar_users('3'::text, 5)$$),
    ($$recommend_batch('{1,2}', 5)$$, $$recommend_batch('{1,2}'::text[], 5)$$),
    ($$recommend_batch(NULL, 2)$$, $$recommend_batch(NULL::text[], 2)$$),
    ($$recommend_next(ARRAY[1, 2], 5)$$, $$recommend_next('{1,2}'::bigint[], 5)$$),
    ($$recommend('3'::varchar, 5)$$, $$recommend('3'::text, 5)$$),
    ($$recommend_next('{1,2}'::varchar[], 5)$$, $$recommend_next('{1,2}'::text[], 5)$$),
    ($$recommend_next('{1,2}'::varchar, 5)$$, $$recommend_next('{1,2}'::text[], 5)$$),
    ($$recommend('3', 5)$$, $$recommend('3'::text, 5)$$),
    ($$holomamba.recommend_text('3', 5)$$, $$recommend('3'::text, 5)$$),
    ($$holomamba.recommend_next_text('{1,2}', 5, candidates => '{4,5,6}')$$, $$recommend_next('{1,2}'::text[], 5, candidates => '{4,5,6}')$$),
    ($$holomamba.recommend_batch_text('{1,2}', 5)$$, $$recommend_batch('{1,2}'::text[], 5)$$),
    ($$holomamba.similar_items_text('3', 5)$$, $$similar_items('3'::text, 5)$$),
    ($$holomamba.explain_recommendation_text('3', '5')$$, $$explain_recommendation('3'::text, '5'::text)$$)) f (form, reference);
-- What needs a cast, and what is no array
SELECT statement, pg_temp.outcome(statement) FROM unnest(ARRAY[
    'SELECT count(*) FROM recommend(3::numeric)', 'SELECT count(*) FROM recommend(3::numeric::bigint)', 'SELECT count(*) FROM recommend(3::smallint)',
    'SELECT count(*) FROM recommend(gen_random_uuid())', $$SELECT count(*) FROM recommend('c4ca4238-a0b9-2382-0dcc-509a6f75849b'::uuid::text)$$,
    $$SELECT count(*) FROM recommend_next('1')$$, $$SELECT count(*) FROM recommend_next('{1,x}')$$,
    'SELECT count(*) FROM recommend_next(ARRAY[1.5])', 'SELECT count(*) FROM recommend_next(ARRAY[gen_random_uuid()])']) statement;

-- Users and items of different types: text serves both
CREATE TABLE sent_visits (visitor uuid, page text, t integer);
CREATE INDEX ON sent_visits (visitor);
INSERT INTO sent_visits SELECT md5(u::text)::uuid, 'page ' || 1 + (u * 7 + n) % 30, n FROM generate_series(1, 20) u, generate_series(1, 8) n;
SELECT holomamba.create_model('visits', 'sent_visits', 'visitor', 'page', '{t}',
    options => '{"dimension": 8, "layers": 1, "state_size": 2, "epochs": 1, "threads": 1}');
CALL holomamba.train('visits');
SET holomamba.model = 'visits';
PREPARE visitor AS SELECT count(*), bool_and(item_id LIKE 'page %') FROM recommend($1, 3);
EXECUTE visitor ('c4ca4238-a0b9-2382-0dcc-509a6f75849b');
SELECT pg_temp.outcome(statement) FROM unnest(ARRAY[
    $$SELECT count(*) FROM recommend('c4ca4238-a0b9-2382-0dcc-509a6f75849b', 3)$$,
    $$SELECT count(*) FROM recommend('c4ca4238-a0b9-2382-0dcc-509a6f75849b'::uuid, 3)$$,
    $$SELECT count(*) FROM recommend('c4ca4238-a0b9-2382-0dcc-509a6f75849b'::uuid::text, 3)$$,
    $$SELECT count(*) FROM recommend_next('{"page 1",page 2}', 3)$$,
    $$SELECT count(DISTINCT user_id) FROM recommend_batch('{c4ca4238-a0b9-2382-0dcc-509a6f75849b,00000000-0000-0000-0000-000000000000}', 3)$$]) statement;
RESET holomamba.model;
-- One function to each of these names
SELECT proname, count(*) FROM pg_proc WHERE pronamespace = 'holomamba'::regnamespace AND proname LIKE '%\_text' GROUP BY proname ORDER BY proname;
DEALLOCATE ALL;
DO $$ BEGIN PERFORM holomamba.drop_model(m) FROM unnest('{sent,visits}'::text[]) m; END $$;
DROP TABLE sent_events, sent_visits;
