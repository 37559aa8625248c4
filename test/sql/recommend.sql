-- Recommendations: ranking, filters, overloads, errors
\pset format unaligned
SET client_min_messages = warning;

-- What a statement comes to: its value, or its error in full.
\getenv helpers PG_ABS_SRCDIR
\set outcome :helpers '/helpers/outcome.sql'
\i :outcome

CREATE SCHEMA shop;
SET search_path = shop, public;
SELECT pg_temp.outcome('SELECT recommend(1)');

-- Vectors made by hand: user 1 likes the first direction, user 2 the second, and the last element of a target is its bias
CREATE TABLE ratings (user_id integer, movie_id smallint, t integer);
CREATE INDEX ON ratings (user_id);
INSERT INTO ratings VALUES (1, 1, 1), (1, NULL, 2), (2, 2, 1);
SELECT holomamba.create_model('movies', 'ratings', 'user_id', 'movie_id', '{t}');
SELECT pg_temp.outcome('SELECT recommend(1)');
INSERT INTO holomamba.version_catalogue (model, version, status, holdout, options) VALUES ('movies', 1, 'ready', 'none', '{}');
INSERT INTO holomamba.movies_items VALUES
    (1, '[1,0]', '[4,0,0]', 7), (2, '[0,1]', '[0,4,0]', 9), (3, '[3,4]', '[3,1,0]', 7), (4, '[4,3]', '[1,3,0.5]', 1),
    (5, '[1,1]', '[1,3,0.5]', 1), (6, '[-1,0]', '[-1,-1,0]', 0), (7, '[1,0]', NULL, 99);
INSERT INTO holomamba.movies_users (user_id, vector, events) VALUES (1, '[1,0,1]', 2), (2, '[0,1,1]', 1);
UPDATE holomamba.model_catalogue SET active_version = 1;

-- Best first; ties by id; never what has no target; not what was seen
SELECT * FROM recommend(1);
SELECT * FROM recommend(1, exclude_seen => false);
SELECT * FROM recommend(2, 3);
SELECT * FROM recommend(user_id => 2, k => 2, model => 'movies', exclude_seen => NULL);
SELECT pg_typeof(item_id), pg_typeof(score) FROM recommend(2, 1);

-- As every day's SQL has it
SELECT i.item_id, -(i.target <#> u.vector) AS score
FROM holomamba.movies_items i, holomamba.movies_users u
WHERE u.user_id = 1 AND i.target IS NOT NULL AND i.item_id <> 1
ORDER BY i.target <#> u.vector, i.item_id;

-- Filters act before the top k; what nobody knows is filtered too; NULL elements are no ids
SELECT item_id FROM recommend(1, 2, candidates => '{6,5,1,7,77,NULL}');
SELECT item_id FROM recommend(1, 2, exclude => '{3,5,77,NULL}');
SELECT item_id FROM recommend(1, exclude_seen => false, candidates => '{1,2,3}', exclude => '{3}');
SELECT count(*) FROM recommend(1, candidates => '{}');
SELECT count(*) FROM recommend(1, exclude => '{}');
SELECT count(*) FROM recommend(1, candidates => '{100000000000}');

-- A batch reads the same events, however the table stores ids, and passes over those without a user or an item
ALTER TABLE ratings DISABLE TRIGGER USER;
INSERT INTO ratings VALUES (NULL, 3, 3), (NULL, NULL, 4);
-- A NULL is not 0, either
INSERT INTO holomamba.movies_users (user_id, vector, events) VALUES (0, '[1,0,1]', 0);
CREATE VIEW at_once AS SELECT array_agg(concat_ws(' ', b.user_id, b.item_id, b.score) ORDER BY b.number) AS lists
    FROM (SELECT *, row_number() OVER () AS number FROM recommend_batch(NULL::bigint[], 10)) b;
CREATE VIEW one_by_one AS SELECT array_agg(concat_ws(' ', u, r.item_id, r.score) ORDER BY u, r.score DESC, r.item_id) AS lists FROM unnest('{0,1,2}'::bigint[]) u, recommend(u) r;
SELECT cardinality(a.lists), a.lists = o.lists AS as_small_integers FROM at_once a, one_by_one o;
CREATE DOMAIN id AS integer;
-- Without the event trigger, which would alter the model's columns, too
SET session_replication_role = replica;
ALTER TABLE ratings ALTER user_id TYPE id, ALTER movie_id TYPE bigint;
SELECT cardinality(a.lists), a.lists = o.lists AS as_a_domain FROM at_once a, one_by_one o;
DELETE FROM ratings WHERE user_id IS NULL;
DELETE FROM holomamba.movies_users WHERE user_id = 0;
ALTER TABLE ratings ALTER user_id TYPE integer, ALTER movie_id TYPE smallint, ENABLE TRIGGER USER;
RESET session_replication_role;
DROP VIEW at_once, one_by_one;
DROP DOMAIN id;

-- Nobody, and nobody's model
SELECT count(*) FROM recommend(NULL::bigint);
SELECT count(*) FROM recommend(NULL::text);

-- Ids as text, which untyped literals are; white space is the type's own business
SELECT * FROM recommend('1', 2);
SELECT item_id, pg_typeof(item_id) FROM recommend('1'::varchar, 1);
SELECT item_id FROM recommend(' 1 ', 9, candidates => '{4, 5 ,1}', exclude => '{5}');
SELECT pg_temp.outcome($$SELECT recommend('one')$$);
SELECT pg_temp.outcome($$SELECT recommend('1', candidates => '{1,two}')$$);
SELECT pg_temp.outcome($$SELECT recommend('1', exclude => '{1.5}')$$);
SELECT pg_temp.outcome($$SELECT recommend('99999999999999999999')$$);
SELECT pg_temp.outcome($$SELECT recommend('0b7c9a4e-5e4c-4f5e-8d5f-2f6f1f1f1f1f'::uuid)$$);

-- k
SELECT pg_temp.outcome('SELECT recommend(1, 0)');
SELECT pg_temp.outcome('SELECT recommend(1, 10001)');
SELECT pg_temp.outcome('SELECT recommend(1, NULL)');
SELECT count(*) FROM recommend(1, 10000);

-- Twins
SELECT * FROM holomamba.recommend(1, 1);
SELECT * FROM holomamba.recommend('1', 1);
SELECT * FROM holomamba.similar_items(1, 1);

-- Items like an item: by tokens, the direction of which alone counts
SELECT item_id, round(similarity::numeric, 4) FROM similar_items(1);
SELECT item_id FROM similar_items('2', 2);
SELECT item_id FROM similar_items(item_id => 7, k => 1);
SELECT count(*) FROM similar_items(77);
SELECT count(*) FROM similar_items(NULL::bigint);
SELECT pg_temp.outcome($$SELECT similar_items('x')$$);
SELECT pg_temp.outcome($$SELECT similar_items('0b7c9a4e-5e4c-4f5e-8d5f-2f6f1f1f1f1f'::uuid)$$);
SELECT pg_temp.outcome('SELECT similar_items(1, 0)');

-- Popular items
SELECT * FROM holomamba.popular_items();
SELECT * FROM holomamba.popular_items('movies', 2);
SELECT pg_temp.outcome('SELECT holomamba.popular_items(k => -1)');

-- Other types: uuid throughout, and users of one type with items of another
CREATE TABLE listens (who uuid, what uuid, t integer);
CREATE INDEX ON listens (who);
SELECT holomamba.create_model('songs', 'listens', 'who', 'what', '{t}');
CREATE TABLE visits (who varchar, what integer, t integer);
CREATE INDEX ON visits (who);
SELECT holomamba.create_model('pages', 'visits', 'who', 'what', '{t}');
CREATE TABLE reads (who bigint, what text COLLATE "C", t integer);
CREATE INDEX ON reads (who);
SELECT holomamba.create_model('books', 'reads', 'who', 'what', '{t}');
INSERT INTO holomamba.songs_items SELECT ('00000000-0000-0000-0000-00000000000' || n)::uuid, '[1,0]', ARRAY[n, 0, 0]::hrr, n FROM generate_series(1, 3) n;
INSERT INTO holomamba.pages_items SELECT n, '[1,0]', ARRAY[n, 0, 0]::hrr, n FROM generate_series(1, 3) n;
INSERT INTO holomamba.books_items SELECT 'book ' || n, '[1,0]', ARRAY[n, 0, 0]::hrr, n FROM generate_series(1, 3) n;
INSERT INTO holomamba.songs_users VALUES ('10000000-0000-0000-0000-000000000000', '[1,0,1]');
INSERT INTO holomamba.pages_users VALUES ('ann', '[1,0,1]');
INSERT INTO holomamba.books_users VALUES (5, '[1,0,1]');
INSERT INTO visits VALUES ('ann', 3, 1);
INSERT INTO reads VALUES (5, 'book 3', 1);
UPDATE holomamba.model_catalogue SET active_version = 1 WHERE model <> 'movies';

SELECT * FROM recommend('10000000-0000-0000-0000-000000000000'::uuid, 1, 'songs');
SELECT * FROM recommend('10000000-0000-0000-0000-000000000000', 1, 'songs',
                        candidates => ARRAY['00000000-0000-0000-0000-000000000002', '{00000000000000000000000000000001}']);
SELECT * FROM recommend('ann', 5, 'pages');
SELECT * FROM recommend('5', 5, 'books');
SELECT * FROM recommend('5', 5, 'books', candidates => '{book 1}');
SELECT pg_temp.outcome($$SELECT recommend(5, 5, 'books')$$);
SELECT pg_temp.outcome($$SELECT recommend(5, 5, 'songs')$$);
SELECT pg_temp.outcome($$SELECT recommend(5, 5, 'pages')$$);
SELECT pg_temp.outcome($$SELECT recommend('five', 5, 'books')$$);
SELECT pg_temp.outcome($$SELECT recommend('5', 5, 'songs')$$);
SELECT pg_temp.outcome($$SELECT similar_items(5, 5, 'songs')$$);
SELECT pg_temp.outcome($$SELECT similar_items(2, 1, 'pages')$$);
SELECT pg_temp.outcome($$SELECT recommend_next(ARRAY[1, 2], 5, 'books')$$);
SELECT pg_temp.outcome($$SELECT recommend_next(ARRAY['1', 'x'], 5, 'pages')$$);

-- Which model
SELECT pg_temp.outcome('SELECT recommend(1)');
SELECT pg_temp.outcome($$SELECT recommend(1, model => 'films')$$);
SET holomamba.model = 'pages';
SELECT item_id FROM recommend('ann', 1);
SELECT item_id FROM holomamba.popular_items(k => 1);
SELECT item_id FROM recommend(1, 1, 'movies');
SET holomamba.model = 'films';
SELECT pg_temp.outcome('SELECT recommend(1)');
SET holomamba.model = '';
SELECT pg_temp.outcome('SELECT recommend(1)') LIKE '22023 | there are several%' AS none;
RESET holomamba.model;
SELECT holomamba.drop_model(m) FROM unnest('{songs,pages,books}'::text[]) m;

-- Nothing is written
BEGIN READ ONLY;
SELECT item_id FROM recommend(1, 1);
SELECT item_id FROM recommend('1', 1);
SELECT item_id FROM similar_items(1, 1);
COMMIT;

-- The whole of it runs in parallel workers
SELECT CASE WHEN current_setting('server_version_num')::integer < 160000 THEN 'force_parallel_mode' ELSE 'debug_parallel_query' END AS parallel_mode \gset
SET :parallel_mode = on;
SELECT item_id FROM recommend(1, 1);
SELECT item_id FROM recommend('1', 1);
SELECT item_id FROM similar_items('1', 1);
SELECT item_id FROM holomamba.popular_items(k => 1);
RESET :parallel_mode;

-- Who may not read learns nothing
CREATE ROLE regress_reader;
GRANT USAGE ON SCHEMA shop TO regress_reader;
SET ROLE regress_reader;
SELECT pg_temp.outcome('SELECT recommend(1)');
SELECT pg_temp.outcome('SELECT holomamba.popular_items()');
RESET ROLE;
GRANT SELECT ON holomamba.movies_items, holomamba.movies_users TO regress_reader;
SET ROLE regress_reader;
SELECT pg_temp.outcome('SELECT recommend(1)');
SELECT item_id FROM recommend(1, 1, exclude_seen => false);
SELECT item_id FROM holomamba.popular_items(k => 1);
RESET ROLE;
GRANT SELECT ON ratings TO regress_reader;
SET ROLE regress_reader;
SELECT item_id FROM recommend(1, 1);
RESET ROLE;

-- Items that are gone are not recommended
CREATE TABLE films (id integer PRIMARY KEY);
INSERT INTO films SELECT generate_series(1, 7);
CREATE TABLE views (who integer, what integer, t integer);
CREATE INDEX ON views (who);
SELECT holomamba.drop_model('movies');
SELECT holomamba.create_model('films', 'views', 'who', 'what', '{t}', 'films', 'id');
INSERT INTO holomamba.films_items SELECT n, '[1,0]', ARRAY[n, 0, 0]::hrr, n FROM generate_series(1, 7) n;
INSERT INTO holomamba.films_users VALUES (1, '[1,0,1]');
UPDATE holomamba.model_catalogue SET active_version = 1;
DELETE FROM films WHERE id = 7;
DELETE FROM films WHERE id = 6;
WITH gone AS (DELETE FROM films WHERE id = 5), back AS (UPDATE films SET id = 4 WHERE id = 4) SELECT;
BEGIN;
DELETE FROM films WHERE id = 3;
ROLLBACK;
SELECT item_id FROM recommend(1);
TRUNCATE films;
SELECT count(*) FROM recommend(1);
SELECT holomamba.drop_model('films');

-- A model that was trained: the whole order is that of a plain query, with every filter, and for users nobody has seen
CREATE TABLE clicks (who integer, what integer, t integer);
CREATE INDEX ON clicks (who, t);
INSERT INTO clicks SELECT n % 23, n * n % 41, n FROM generate_series(1, 600) n;
SELECT holomamba.create_model('clicks', 'clicks', 'who', 'what', '{t}', options => '{"dimension": 16, "epochs": 1}');
CALL holomamba.train('clicks');
CREATE FUNCTION pg_temp.ranking(by hrr, hidden integer[]) RETURNS bigint[] LANGUAGE sql AS
    $$ SELECT array_agg(item_id::bigint ORDER BY target <#> by, item_id) FROM holomamba.clicks_items WHERE item_id <> ALL (hidden) $$;
CREATE FUNCTION pg_temp.open_ranking(by hrr, seen integer[]) RETURNS bigint[] LANGUAGE sql AS $$
    SELECT array_agg(i.item_id::bigint ORDER BY (i.target <#> by) - CASE WHEN i.item_id = ANY (seen) THEN v.repeat_score ELSE 0 END, i.item_id)
    FROM holomamba.clicks_items i, holomamba.version_catalogue v WHERE v.model = 'clicks' $$;
CREATE FUNCTION pg_temp.seen(who integer) RETURNS integer[] LANGUAGE sql AS
    $$ SELECT coalesce(array_agg(DISTINCT what), '{}') FROM clicks c WHERE c.who = $1 $$;
SELECT count(*) AS users,
       bool_and(ARRAY(SELECT item_id FROM recommend(u.user_id, 100)) = pg_temp.ranking(u.vector, pg_temp.seen(u.user_id))) AS unseen,
       bool_and(ARRAY(SELECT item_id FROM recommend(u.user_id, 7, exclude_seen => false)) = (pg_temp.open_ranking(u.vector, pg_temp.seen(u.user_id)))[:7]) AS open,
       bool_and(ARRAY(SELECT item_id FROM recommend(u.user_id, 3, exclude => '{1,2,4}'))
                = (pg_temp.ranking(u.vector, pg_temp.seen(u.user_id) || '{1,2,4}'))[:3]) AS excluded
FROM holomamba.clicks_users u;
SELECT ssm_vector(ssm_initial('clicks', 1)) AS nobody \gset
SELECT ARRAY(SELECT item_id FROM recommend(777, 100)) = pg_temp.ranking(:'nobody', '{}') AS stranger,
       ARRAY(SELECT item_id FROM recommend(5000000000, 100)) = pg_temp.ranking(:'nobody', '{}') AS beyond_the_type,
       ARRAY(SELECT item_id FROM recommend_next('{}'::bigint[], 100)) = pg_temp.ranking(:'nobody', '{}') AS no_history,
       ARRAY(SELECT item_id FROM recommend_next('{NULL}'::bigint[], 100)) = pg_temp.ranking(:'nobody', '{}') AS no_ids,
       (SELECT count(*) FROM recommend_next(NULL::bigint[])) AS nothing;

-- What has been had before is scored by what the model learned of repeats, unless it was to learn nothing of them
SELECT repeat_score <> 0 AS learned FROM holomamba.version_catalogue WHERE model = 'clicks';
SELECT count(*) AS seen, bool_and(abs((r.score + (i.target <#> u.vector)) - v.repeat_score) < 1e-4) AS raised
FROM holomamba.clicks_users u, recommend(u.user_id, 100, exclude_seen => false) r JOIN holomamba.clicks_items i USING (item_id), holomamba.version_catalogue v
WHERE v.model = 'clicks' AND i.item_id = ANY (pg_temp.seen(u.user_id));
CALL holomamba.train('clicks', options => '{"repeats": "ignored"}');
SELECT repeat_score IS NULL AS ignored FROM holomamba.version_catalogue WHERE model = 'clicks' AND version = 2;
SELECT bool_and(ARRAY(SELECT item_id FROM recommend(u.user_id, 7, exclude_seen => false)) = (pg_temp.ranking(u.vector, '{}'))[:7]) AS open FROM holomamba.clicks_users u;
SELECT holomamba.activate('clicks', 1);

-- A history ranks as its user would, whatever nobody knows in it included
SELECT bool_and(ARRAY(SELECT (item_id, score) FROM recommend_next(h.items, 50, exclude_seen => false))
                = ARRAY(SELECT (item_id, score) FROM recommend(h.who, 50, exclude_seen => false))) AS open_as_their_users,
       bool_and(ARRAY(SELECT (item_id, score) FROM recommend_next(h.items, 5)) = ARRAY(SELECT (item_id, score) FROM recommend(h.who, 5))) AS as_their_users,
       bool_and(ARRAY(SELECT item_id FROM recommend_next(h.items::text[], 5)) = ARRAY(SELECT item_id FROM recommend(h.who::text, 5))) AS as_text
FROM (SELECT who, array_agg(what::bigint ORDER BY t) AS items FROM clicks GROUP BY who) h;
INSERT INTO clicks VALUES (100, 4, 1), (100, 99999, 2), (100, 5, 3);
SELECT ARRAY(SELECT (item_id, score) FROM recommend_next(ARRAY[4, 99999, 5], 5)) = ARRAY(SELECT (item_id, score) FROM recommend(100, 5)) AS unknown,
       ARRAY(SELECT item_id FROM recommend_next('{4,5}'::bigint[], 9, exclude_seen => false, candidates => '{1,4,5,8}', exclude => '{8}')) @> '{1,4,5}'
           AS filtered;

SELECT holomamba.drop_model('clicks');
SET client_min_messages = error;
DROP SCHEMA shop CASCADE;
DROP ROLE regress_reader;
