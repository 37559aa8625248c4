-- explain_recommendation(): contributions against ablation, rights, errors
\pset format unaligned
SET client_min_messages = warning;
\getenv helpers PG_ABS_SRCDIR
\set outcome :helpers '/helpers/outcome.sql'
\i :outcome
CREATE SCHEMA why;
SET search_path = why, public;
CREATE TABLE films (id integer PRIMARY KEY, genres text[], studio text, year real);
INSERT INTO films SELECT n, CASE n % 3 WHEN 0 THEN '{war,love}'::text[] WHEN 1 THEN '{love}' END, 'studio ' || n % 4, nullif(1950 + n, 1960)
FROM generate_series(1, 40) n;
CREATE TABLE views (who integer, film integer, t integer);
CREATE INDEX ON views (who, t);
INSERT INTO views SELECT n % 23, 1 + n * n % 40, n FROM generate_series(1, 700) n;
INSERT INTO views SELECT 50, 1 + n * n * n % 40, n FROM generate_series(1, 130) n;
SELECT holomamba.create_model('films', 'views', 'who', 'film', '{t}', 'films', 'id', '{genres,studio,year}', '{"dimension": 16, "epochs": 2}');
CALL holomamba.train('films');

-- What it looks like
SELECT kind, regexp_replace(value, 'studio .', 'studio #') AS value, contribution IS NOT NULL AS found
FROM explain_recommendation(1, 3) WHERE kind <> 'event' ORDER BY 1, 2;
SELECT kind, count(*) FROM explain_recommendation(50, 3) GROUP BY kind ORDER BY kind;
SELECT kind, value FROM explain_recommendation(1, 10) WHERE kind = 'attribute' ORDER BY 2;
SELECT bool_and(contribution <= before) AS best_first
FROM (SELECT contribution, lag(contribution, 1, 'infinity') OVER () AS before FROM explain_recommendation(1, 3)) e;

-- Attributes, item and bias add up to the score
SELECT count(*) AS pairs, max(abs(e.total - r.score)) < 1e-4 AS adds_up
FROM generate_series(0, 22, 4) u, recommend(u, 8, exclude_seen => false) r,
     LATERAL (SELECT sum(contribution) AS total FROM explain_recommendation(u, r.item_id) WHERE kind <> 'event') e;

-- An attribute dropped: the item composed again, from the stored weights, without it
-- A row of a parameter, read from its bytes: little endian, single precision
CREATE FUNCTION pg_temp.parameter(name text, number integer) RETURNS hrr LANGUAGE sql AS $$
    SELECT array_agg(CASE WHEN w.word & 2147483647 = 0 THEN 0 ELSE (1 - 2 * (w.word >> 31)) * (1 + (w.word & 8388607) / 8388608.0::float8) * 2 ^ ((w.word >> 23 & 255) - 127) END::real ORDER BY e.n)::hrr
    FROM holomamba.parameters p, generate_series((number - 1) * p.shape[cardinality(p.shape)], number * p.shape[cardinality(p.shape)] - 1) e (n),
         LATERAL (SELECT sum(get_byte(p.data, 4 * e.n + b)::bigint << 8 * b)::bigint AS word FROM generate_series(0, 3) b) w
    WHERE p.model = 'films' AND p.version = 1 AND p.name = parameter.name $$;
CREATE FUNCTION pg_temp.label(field text, label text) RETURNS integer LANGUAGE sql AS
    $$ SELECT array_position(labels, label) FROM holomamba.vocabulary v WHERE v.field = $1 AND v.version = 1 $$;
CREATE FUNCTION pg_temp.filler(attribute text, film integer) RETURNS hrr LANGUAGE sql AS $$
    SELECT pg_temp.parameter('embedding.roles', array_position('{genres,studio,year}', attribute)) * CASE attribute
        WHEN 'genres' THEN (SELECT avg(pg_temp.parameter('embedding.values.genres', pg_temp.label('genres', g))) FROM films f, unnest(f.genres) g WHERE f.id = film)
        WHEN 'studio' THEN (SELECT pg_temp.parameter('embedding.values.studio', pg_temp.label('studio', f.studio)) FROM films f WHERE f.id = film)
        ELSE (SELECT bind_power(pg_temp.parameter('embedding.base.year', 1), (f.year - s.mean) / s.deviation)
              FROM films f, (SELECT avg(year) AS mean, stddev_pop(year) AS deviation FROM films) s WHERE f.id = film) END $$;
CREATE FUNCTION pg_temp.score(who integer, film integer, dropped text) RETURNS float8 LANGUAGE sql AS $$
    SELECT (SELECT (u.vector::real[])[17] * (i.target::real[])[17] FROM holomamba.films_items i WHERE i.item_id = film)
           + inner_product(((u.vector::real[])[:16])::hrr, item.e + coalesce(sum(
               (pg_temp.parameter('embedding.bound', 1)::real[])[n]::float8 * (item.e * f.f) + (pg_temp.parameter('embedding.added', 1)::real[])[n]::float8 * f.f), 0 * item.e))
           + coalesce((SELECT v.repeat_score FROM holomamba.version_catalogue v
                       WHERE v.model = 'films' AND v.version = 1 AND EXISTS (SELECT FROM views e WHERE e.who = $1 AND e.film = $2)), 0)
    FROM holomamba.films_users u, (SELECT pg_temp.parameter('embedding.items', pg_temp.label('', film::text)) AS e) item
    LEFT JOIN LATERAL unnest('{genres,studio,year}'::text[]) WITH ORDINALITY a (attribute, n) ON a.attribute IS DISTINCT FROM dropped
    LEFT JOIN LATERAL pg_temp.filler(a.attribute, film) AS f (f) ON f.f IS NOT NULL
    WHERE u.user_id = who GROUP BY u.vector, item.e $$;
SELECT count(*) AS cases, max(abs(whole.score - r.score)) < 1e-4 AS composed, max(abs((whole.score - pg_temp.score(u, item_id::integer, a)) - e.contribution)) < 1e-4 AS as_ablated,
       bool_or(abs(e.contribution) > 1e-3) AS not_nothing
FROM generate_series(1, 2) u, recommend(u, 12, exclude_seen => false) r, unnest('{genres,studio,year}'::text[]) a,
     LATERAL (SELECT pg_temp.score(u, r.item_id::integer, NULL) AS score) whole,
     LATERAL (SELECT coalesce(sum(contribution), 0) AS contribution FROM explain_recommendation(u, r.item_id) WHERE kind = 'attribute' AND value LIKE a || '=%') e;

-- An event dropped: the row deleted, and the score that recommend() then has
CREATE FUNCTION pg_temp.ablated(seen integer, item integer) RETURNS TABLE (event text, difference float8) LANGUAGE plpgsql AS $$
DECLARE
    place tid;
    score real := (SELECT r.score FROM recommend(seen, 100, exclude_seen => false) r WHERE item_id = item);
BEGIN
    FOR place, event IN SELECT v.ctid, v.film::text FROM views v WHERE v.who = seen ORDER BY t DESC LIMIT 100 LOOP
        BEGIN
            DELETE FROM views v WHERE v.ctid = place;
            difference := score - (SELECT r.score FROM recommend(seen, 100, exclude_seen => false) r WHERE item_id = item);
            RAISE no_data_found;
        EXCEPTION WHEN no_data_found THEN
        END;
        RETURN NEXT;
    END LOOP;
END $$;
SELECT u, count(*) AS events, max(abs(a.difference - e.contribution)) < 1e-4 AS as_ablated, bool_or(abs(contribution) > 1e-3) AS not_nothing
FROM unnest('{1,7,50}'::integer[]) u,
     LATERAL (SELECT event, difference, row_number() OVER (ORDER BY event, difference) AS n FROM pg_temp.ablated(u, 5)) a
     JOIN LATERAL (SELECT value, contribution, row_number() OVER (ORDER BY value, contribution) AS n FROM explain_recommendation(u, 5) WHERE kind = 'event') e
       ON e.value = a.event AND e.n = a.n
GROUP BY u ORDER BY u;

-- The same events by their items, with the last of each; of user 50, 130 events of 40 items, the last 100 are told
SELECT e.u, count(*) AS items, sum(e.events) AS events, bool_and(abs(e.contribution - x.contribution) < 1e-12 AND e.events = x.events) AS same_sum,
       bool_and(e.last_event = (SELECT max(t)::text FROM views v WHERE v.who = e.u AND v.film = e.item_id)) AS last_one
FROM (SELECT u, e.* FROM unnest('{1,7,50}'::integer[]) u, explain_events(u, 5) e) e
JOIN (SELECT u, value, sum(contribution) AS contribution, count(*) AS events FROM unnest('{1,7,50}'::integer[]) u, explain_recommendation(u, 5)
      WHERE kind = 'event' GROUP BY 1, 2) x ON x.u = e.u AND x.value = e.item_id::text
GROUP BY e.u ORDER BY e.u;
SELECT bool_and(contribution <= before) AS best_first FROM (SELECT contribution, lag(contribution, 1, 'infinity') OVER () AS before FROM explain_events(1, 3)) e;
SELECT pg_typeof(item_id), pg_typeof(last_event) FROM explain_events('1', '3') LIMIT 1;
SELECT count(*) > 2 AS twin FROM holomamba.explain_events(1, 3, 'films');
SELECT count(*) > 2 AS alone FROM holomamba.explain_events_text('1', '3');
SELECT (SELECT count(*) FROM explain_events(777, 3)) AS nobody, (SELECT count(*) FROM explain_events(1, 4000)) AS no_item,
       (SELECT count(*) FROM explain_events(NULL::bigint, 3)) AS no_user, (SELECT count(*) FROM explain_events(1, NULL::bigint)) AS null_item;
SELECT pg_temp.outcome($$SELECT explain_events('one', '3')$$);
SELECT pg_temp.outcome($$SELECT explain_events(1, 3, 'movies')$$);
SELECT pg_temp.outcome($$SELECT explain_events('0b7c9a4e-5e4c-4f5e-8d5f-2f6f1f1f1f1f'::uuid, '0b7c9a4e-5e4c-4f5e-8d5f-2f6f1f1f1f1f'::uuid)$$);
-- An event without a time is the last one
BEGIN;
INSERT INTO views VALUES (1, 3, NULL), (1, 3, 1000);
SELECT events, last_event IS NULL AS last_is_null FROM explain_events(1, 5) WHERE item_id = 3;
ROLLBACK;

-- Nobody's past is empty; what is not recommended is not explained
SELECT count(*) FILTER (WHERE kind = 'event') AS events, count(*) > 2 AS rest FROM explain_recommendation(777, 3);
SELECT count(*) FROM explain_recommendation(1, 4000);
SELECT count(*) FROM explain_recommendation(NULL::bigint, 3);
SELECT count(*) FROM explain_recommendation(1, NULL::bigint);
SELECT count(*) > 2 AS as_text FROM explain_recommendation('1', '3');
SELECT count(*) > 2 AS twin FROM holomamba.explain_recommendation(1, 3, 'films');
SELECT pg_temp.outcome($$SELECT explain_recommendation('one', '3')$$);
SELECT pg_temp.outcome($$SELECT explain_recommendation(1, 3, 'movies')$$);
SELECT pg_temp.outcome($$SELECT explain_recommendation('0b7c9a4e-5e4c-4f5e-8d5f-2f6f1f1f1f1f'::uuid, '0b7c9a4e-5e4c-4f5e-8d5f-2f6f1f1f1f1f'::uuid)$$);

-- A new value of an attribute says nothing until it is trained; the rest still adds up to the score
BEGIN;
UPDATE films SET studio = 'new', genres = genres || '{new}' WHERE id = 3;
SELECT kind, value FROM explain_recommendation(1, 3) WHERE kind = 'attribute' ORDER BY 2;
ROLLBACK;

-- Rights: whoever may read all that it is made of
CREATE ROLE regress_why;
GRANT USAGE ON SCHEMA why TO regress_why;
SET ROLE regress_why;
SELECT pg_temp.outcome('SELECT explain_recommendation(1, 3)');
SELECT pg_temp.outcome('SELECT explain_events(1, 3)');
SELECT count(*) FROM holomamba.labels;
RESET ROLE;
GRANT SELECT ON holomamba.films_items, holomamba.films_users, views TO regress_why;
SET ROLE regress_why;
SELECT pg_temp.outcome('SELECT explain_recommendation(1, 3)');
SELECT pg_temp.outcome('SELECT holomamba_internal.item_parts(''films'', 1, ''3'', target, target) FROM holomamba.films_items WHERE item_id = 3');
SELECT field FROM holomamba.labels ORDER BY 1;
RESET ROLE;
GRANT SELECT (id, genres, studio, year) ON films TO regress_why;
SET ROLE regress_why;
SELECT kind, count(*) > 0 AS some FROM explain_recommendation(1, 3) GROUP BY kind ORDER BY kind;
SELECT field FROM holomamba.labels ORDER BY 1;
SELECT count(*) FROM holomamba.vocabulary;
SELECT pg_temp.outcome('DELETE FROM holomamba.labels RETURNING 1');
RESET ROLE;
ALTER TABLE films ENABLE ROW LEVEL SECURITY;
CREATE POLICY the_first ON films USING (id < 20);
SET ROLE regress_why;
SELECT pg_temp.outcome('SELECT explain_recommendation(1, 3)');
SELECT field FROM holomamba.labels ORDER BY 1;
RESET ROLE;
BEGIN READ ONLY;
SELECT count(*) > 2 AS reads_only FROM explain_recommendation(1, 3);
COMMIT;
SELECT pg_temp.outcome($$SELECT holomamba_internal.item_parts('films', 1, '3', '[1,2]', '[1,2]')$$);

-- An untied head takes nothing from attributes
SELECT holomamba.drop_model('films');
SELECT holomamba.create_model('films', 'views', 'who', 'film', '{t}', 'films', 'id', '{genres}', '{"dimension": 16, "epochs": 1, "head": "untied"}');
CALL holomamba.train('films');
SELECT kind, count(*) FROM explain_recommendation(1, 3) WHERE kind <> 'event' GROUP BY kind ORDER BY kind;
-- and whoever asks it need not read them
GRANT SELECT ON holomamba.films_items, holomamba.films_users TO regress_why;
SET ROLE regress_why;
SELECT kind, count(*) FROM explain_recommendation(1, 3) WHERE kind <> 'event' GROUP BY kind ORDER BY kind;
RESET ROLE;
SELECT holomamba.drop_model('films');
-- The variant of the paper scales what is bound, and adds nothing
SELECT holomamba.create_model('films', 'views', 'who', 'film', '{t}', 'films', 'id', '{genres,year}', '{"dimension": 16, "epochs": 1, "initialisation": "paper"}');
CALL holomamba.train('films');
SELECT max(abs(own - direct)) < 1e-4 AS as_composed
FROM (SELECT e.contribution AS own, inner_product(pg_temp.parameter('embedding.items', array_position(l.labels, i.item_id::text)), ((u.vector::real[])[:16])::hrr) AS direct
      FROM holomamba.films_users u, holomamba.films_items i, holomamba.labels l, explain_recommendation(u.user_id, i.item_id) e
      WHERE l.field = '' AND e.kind = 'item' AND u.user_id < 4 AND i.item_id < 13) x;
SELECT holomamba.drop_model('films');
DROP SCHEMA why CASCADE;
DROP ROLE regress_why;
