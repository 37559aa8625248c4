-- recommend_next(): a history of which more is known than its items
\pset format unaligned
SET client_min_messages = warning;
\getenv helpers PG_ABS_SRCDIR
\set outcome :helpers '/helpers/outcome.sql'
\i :outcome
CREATE SCHEMA tale;
SET search_path = tale, public;
SET TimeZone = 'UTC';
CREATE TYPE kind AS ENUM ('view', 'cart', 'purchase');
CREATE DOMAIN kind_of_act AS kind;
CREATE TABLE acts (id integer PRIMARY KEY, who integer, ware integer, at timestamptz, kind kind_of_act, device text, rating real, quantity integer,
                   gift boolean, price numeric, code char(6), stamp timestamp);
CREATE INDEX ON acts (who, at, id);
INSERT INTO acts
SELECT u * 100 + n, u, CASE WHEN n % 9 > 0 THEN 1 + (u * 5 + n * n) % 17 END, CASE WHEN n % 6 > 0 THEN timestamptz '2026-01-01 00:00Z' + n * interval '1 day 0.123 seconds' + u * interval '1 second' END,
       CASE WHEN n % 7 > 0 THEN (enum_range(NULL::kind))[1 + (u + n) % 3] END, (ARRAY['phone', 'desk', NULL])[1 + n % 3], CASE WHEN n % 5 > 0 THEN n / 3.0 END, n % 4 - 1,
       n % 2 = 0, n * 1.25, (ARRAY['ab', 'cd '])[1 + n % 2], timestamp '2026-01-01' + n * interval '1 day'
FROM generate_series(1, 12) u, generate_series(1, 14) n;
\set small '{"dimension": 8, "layers": 1, "state_size": 2, "epochs": 2, "threads": 1}'
SELECT holomamba.create_model('acts', 'acts', 'who', 'ware', '{id}', options => :'small', time_column => 'at',
                              event_attributes => '{kind,device,rating,quantity,gift,price,code,stamp}');
CALL holomamba.train('acts');
-- Events that the version does not know everything of
INSERT INTO acts (id, who, ware, at, kind, device, rating, quantity, gift, price, code, stamp) VALUES
    (9001, 90, 3, '2026-02-01', 'cart', 'a watch', -5, 77, true, 1e40, 'zz', 'infinity'), (9002, 90, 777, 'infinity', 'view', 'desk', 'NaN', 1, NULL, 1e-40, 'ab', '2026-02-01'),
    (9003, 90, 3, '2026-01-01', NULL, NULL, 'infinity', NULL, false, 'NaN', NULL, NULL);

-- A history given with its times and its values gets what a stored user with these events gets, to the bit
CREATE VIEW histories AS
SELECT who, array_agg(ware::bigint ORDER BY id) AS items, array_agg(at ORDER BY id) AS times,
       jsonb_build_object('kind', jsonb_agg(kind ORDER BY id), 'device', jsonb_agg(device ORDER BY id), 'rating', jsonb_agg(rating ORDER BY id), 'quantity', jsonb_agg(quantity ORDER BY id),
                          'gift', jsonb_agg(gift ORDER BY id), 'price', jsonb_agg(price ORDER BY id), 'code', jsonb_agg(code ORDER BY id), 'stamp', jsonb_agg(stamp ORDER BY id)) AS about
FROM acts GROUP BY who;
CREATE FUNCTION pg_temp.stored(who integer, moment timestamptz, seen boolean) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(concat(r.item_id, ' ', r.score), ',' ORDER BY r.n) FROM recommend(who, 20, 'acts', at => moment, exclude_seen => seen) WITH ORDINALITY r (item_id, score, n) $$;
CREATE FUNCTION pg_temp.given(items bigint[], moment timestamptz, seen boolean, times timestamptz[], about jsonb) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(concat(r.item_id, ' ', r.score), ',' ORDER BY r.n)
    FROM recommend_next(items, 20, 'acts', at => moment, exclude_seen => seen, times => times, event_values => about) WITH ORDINALITY r (item_id, score, n) $$;
SELECT count(*) AS histories, count(*) FILTER (WHERE pg_temp.given(items, moment, seen, times, about) = pg_temp.stored(who, moment, seen)) AS same,
       count(*) FILTER (WHERE pg_temp.given(items, moment, seen, NULL, about) <> pg_temp.stored(who, moment, seen)) > 0 AS times_matter,
       count(*) FILTER (WHERE pg_temp.given(items, moment, seen, times, NULL) <> pg_temp.stored(who, moment, seen)) > 0 AS values_matter,
       count(*) FILTER (WHERE pg_temp.given(items, moment, seen, times, about - 'kind') <> pg_temp.stored(who, moment, seen)) > 0 AS each_matters
FROM histories, (VALUES (NULL::timestamptz), ('2026-03-01'), (now())) m (moment), unnest('{t,f}'::boolean[]) seen;
-- What is not given is not known: as where all is unknown
SELECT bool_and(pg_temp.given(items, NULL, true, array_fill(NULL::timestamptz, ARRAY[cardinality(items)]), jsonb_build_object('kind', to_jsonb(array_fill(NULL::text, ARRAY[cardinality(items)]))))
                = pg_temp.given(items, NULL, true, NULL, NULL)) AS nothing_known,
       bool_and(pg_temp.given(items, NULL, true, NULL, '{}') = pg_temp.given(items, NULL, true, NULL, NULL)) AS nothing_said
FROM histories;
-- Ids as text and as literals, arrays with other bounds, values written otherwise
SELECT ARRAY(SELECT (item_id::bigint, score) FROM recommend_next('{1,NULL,2}'::text[], 5, 'acts', times => '{2026-01-01,2026-01-02,2026-01-03}', event_values => '{"kind": ["view", "cart", "view"]}'))
       = ARRAY(SELECT (item_id, score) FROM recommend_next('[5:6]={1,2}'::bigint[], 5, 'acts', times => '[0:1]={2026-01-01,2026-01-03}', event_values => '{"kind": ["view", "view"]}')) AS as_text,
       ARRAY(SELECT (item_id::bigint, score) FROM recommend_next('{1,2}', 5, 'acts', times => '{2026-01-01,2026-01-03}'))
       = ARRAY(SELECT (item_id, score) FROM recommend_next('{1,2}'::bigint[], 5, 'acts', times => '{2026-01-01,2026-01-03}')) AS as_a_literal,
       ARRAY(SELECT (item_id, score) FROM recommend_next('{1}'::bigint[], 5, 'acts', event_values => '{"quantity": ["1"], "rating": ["2.5"], "gift": ["yes"], "stamp": ["2026-01-02 00:00"], "price": [2]}'))
       = ARRAY(SELECT (item_id, score) FROM recommend_next('{1}'::bigint[], 5, 'acts', event_values => '{"quantity": [1], "rating": [2.5], "gift": [true], "stamp": ["2026-01-02"], "price": ["2.0"]}')) AS written_otherwise,
       ARRAY(SELECT (item_id, score) FROM recommend_next('{}'::bigint[], 5, 'acts', at => NULL, times => '{}', event_values => '{"kind": []}'))
       = ARRAY(SELECT (item_id, score) FROM recommend_next('{}'::bigint[], 5, 'acts', at => NULL)) AS empty,
       ARRAY(SELECT (item_id, score) FROM recommend_next('{NULL}'::bigint[], 5, 'acts', at => NULL, times => '{2026-01-01}'))
       = ARRAY(SELECT (item_id, score) FROM recommend_next('{}'::bigint[], 5, 'acts', at => NULL)) AS no_ids,
       (SELECT count(*) FROM recommend_next(NULL::bigint[], 5, 'acts', times => '{2026-01-01}')) AS nobody;

-- Refused
SELECT pg_temp.outcome($$SELECT count(*) FROM recommend_next('{1,2}'::bigint[], 5, 'acts', times => '{2026-01-01}')$$);
SELECT pg_temp.outcome($$SELECT count(*) FROM recommend_next('{1,2}'::bigint[], 5, 'acts', times => '{}')$$);
SELECT pg_temp.outcome(format($$SELECT count(*) FROM recommend_next('{1,2}'::bigint[], 5, 'acts', event_values => %L)$$, v)) FROM unnest(ARRAY[
    '[1,2]', '"kind"', 'null', '{"colour": ["red", "blue"]}', '{"Kind": ["view", "view"]}', '{"kind": "view"}', '{"kind": ["view"]}', '{"kind": ["view", ["view"]]}', '{"kind": [{}, null]}',
    '{"quantity": [1, "many"]}', '{"quantity": [1, 1.5]}', '{"gift": [1, "perhaps"]}', '{"rating": [1, "1e500"]}', '{"stamp": [null, "tomorrow or so"]}', '{"kind": ["view", "steal"]}', '{"code": ["ab    ", "toolongacode"]}']) v;
SELECT pg_temp.outcome(format($$SELECT count(*) FROM recommend_next('{1,2}'::bigint[], 5, 'acts', event_values => '{"%s": [1, 2]}')$$, repeat('kind', 20)));
SELECT holomamba.create_model('plain', 'acts', 'who', 'ware', '{id}', options => :'small');
CALL holomamba.train('plain');
SELECT pg_temp.outcome($$SELECT count(*) FROM recommend_next('{1,2}'::bigint[], 5, 'plain', times => '{2026-01-01,2026-01-02}')$$);
SELECT pg_temp.outcome($$SELECT count(*) FROM recommend_next('{1,2}'::bigint[], 5, 'plain', event_values => '{"kind": ["view", "view"]}')$$);
SELECT holomamba.drop_model('plain');
DROP VIEW histories;
-- An attribute that became another kind since
ALTER TABLE acts ALTER quantity TYPE numeric;
SELECT pg_temp.outcome($$SELECT count(*) FROM recommend_next('{1}'::bigint[], 5, 'acts', event_values => '{"quantity": [1]}')$$);
SELECT pg_temp.outcome($$SELECT count(*) FROM recommend_next('{1}'::bigint[], 5, 'acts', event_values => '{"kind": ["view"]}')$$);
ALTER TABLE acts ALTER quantity TYPE integer;
BEGIN;
UPDATE holomamba.vocabulary_catalogue SET labels = '{1,0}' WHERE model = 'acts' AND field = 'event.price';
SELECT pg_temp.outcome($$SELECT count(*) FROM recommend_next('{1}'::bigint[], 5, 'acts', event_values => '{"price": [1]}')$$);
UPDATE holomamba.vocabulary_catalogue SET labels = labels || labels WHERE model = 'acts' AND field = 'event.device';
SELECT pg_temp.outcome($$SELECT count(*) FROM recommend_next('{1}'::bigint[], 5, 'acts', event_values => '{"device": ["desk"]}')$$);
ROLLBACK;
-- Columns of a type that no attribute has, or that are gone, where no event trigger has followed the ALTER; casts of the owner's
SELECT format('ALTER EVENT TRIGGER %I DISABLE', evtname) FROM pg_event_trigger WHERE evtfoid::regproc::text LIKE 'holomamba_internal.%' ORDER BY evtname \gexec
BEGIN;
ALTER TABLE acts ALTER device TYPE text[] USING NULL;
SELECT pg_temp.outcome($$SELECT count(*) FROM recommend_next('{1}'::bigint[], 5, 'acts', event_values => '{"device": ["desk"]}')$$);
ALTER TABLE acts DROP price;
SELECT pg_temp.outcome($$SELECT count(*) FROM recommend_next('{1}'::bigint[], 5, 'acts', event_values => '{"price": [1]}')$$) LIKE '42703 | column "price" of table tale.acts does not exist |%' AS gone;
ROLLBACK;
SELECT format('ALTER EVENT TRIGGER %I ENABLE', evtname) FROM pg_event_trigger WHERE evtfoid::regproc::text LIKE 'holomamba_internal.%' ORDER BY evtname \gexec
SELECT ARRAY(SELECT score FROM recommend_next('{1}'::bigint[], 5, 'acts', at => NULL, event_values => '{"kind": ["cart"]}')) AS straight \gset
CREATE FUNCTION tale.lies(text) RETURNS kind LANGUAGE sql STABLE AS $$ SELECT 'purchase'::kind $$;
CREATE FUNCTION tale.lies(kind) RETURNS text LANGUAGE sql STABLE AS $$ SELECT 'purchase' $$;
CREATE CAST (text AS kind) WITH FUNCTION tale.lies(text) AS IMPLICIT;
CREATE CAST (kind AS text) WITH FUNCTION tale.lies(kind) AS IMPLICIT;
SELECT ARRAY(SELECT score FROM recommend_next('{1}'::bigint[], 5, 'acts', at => NULL, event_values => '{"kind": ["cart"]}')) = :'straight' AS unbent;
DROP CAST (text AS kind);
DROP CAST (kind AS text);
-- Renamed with the columns and the labels
ALTER TABLE acts RENAME kind TO "What ""kind""";
ALTER TYPE kind RENAME VALUE 'cart' TO 'basket';
SELECT pg_temp.outcome($$SELECT count(*) FROM recommend_next('{1}'::bigint[], 5, 'acts', event_values => '{"What \"kind\"": ["basket"]}')$$);
SELECT pg_temp.outcome($$SELECT count(*) FROM recommend_next('{1}'::bigint[], 5, 'acts', event_values => '{"kind": ["basket"]}')$$);

-- Who may not read an attribute of all events is told nothing of it; times tell nothing
CREATE ROLE regress_teller;
GRANT USAGE ON SCHEMA tale TO regress_teller;
GRANT SELECT ON holomamba.acts_items TO regress_teller;
GRANT SELECT (device) ON acts TO regress_teller;
SET ROLE regress_teller;
SELECT pg_temp.outcome($$SELECT count(*) FROM recommend_next('{1}'::bigint[], 5, 'acts', times => '{2026-01-01}')$$);
SELECT pg_temp.outcome($$SELECT count(*) FROM recommend_next('{1}'::bigint[], 5, 'acts', event_values => '{"device": ["desk"]}')$$);
SELECT pg_temp.outcome($$SELECT count(*) FROM recommend_next('{1}'::bigint[], 5, 'acts', event_values => '{"device": ["desk"], "price": [1]}')$$);
RESET ROLE;
-- In parallel workers
SELECT CASE WHEN current_setting('server_version_num')::integer < 160000 THEN 'force_parallel_mode' ELSE 'debug_parallel_query' END AS parallel_mode \gset
SET :parallel_mode = on;
SELECT count(*) FROM recommend_next('{1}'::bigint[], 5, 'acts', times => '{2026-01-01}', event_values => '{"device": ["desk"], "price": [1]}');
RESET :parallel_mode;

SELECT holomamba.drop_model('acts');
\set VERBOSITY terse
SET client_min_messages = error;
DROP OWNED BY regress_teller;
DROP ROLE regress_teller;
DROP SCHEMA tale CASCADE;
