-- Settings of a session say what its own words mean, never what the model's do
\pset format unaligned
\set SHOW_CONTEXT never
SET client_min_messages = warning;

-- A model's whole life, and what it comes to
CREATE TABLE result (run text, what text, number double precision, bytes bytea);
CREATE FUNCTION begin_life() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    CREATE TABLE goods (item_id integer PRIMARY KEY, genre text, tags text[], price numeric);
    INSERT INTO goods SELECT i, 'genre ' || i % 3, ARRAY['tag ' || i % 2, NULL], i + 1::numeric / 3 FROM generate_series(1, 12) i;
    CREATE TABLE deals (user_id integer, item_id integer, t timestamptz);
    CREATE INDEX ON deals (user_id, t);
    INSERT INTO deals SELECT u, 1 + (u * 5 + n * n) % 11, '2026-02-01 00:00+00'::timestamptz + n * interval '1 day' FROM generate_series(1, 6) u, generate_series(1, 6) n;
    PERFORM holomamba.create_model('goods', 'deals', 'user_id', 'item_id', '{t}', 'goods', 'item_id', '{genre,tags,price}',
                                   '{"dimension": 8, "layers": 1, "state_size": 2, "epochs": 1, "threads": 1}');
END
$$;
CREATE FUNCTION live(run text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO deals VALUES (1, 3, '2026-03-01 00:00+00'), (2, 3, '2026-03-01 00:00+00');
    INSERT INTO deals VALUES (7, 5, '2026-03-01 00:00+00');
    INSERT INTO deals VALUES (8, 20, '2026-03-01 00:00+00'), (1, 20, '2026-02-01 00:00+00');
    UPDATE deals SET item_id = 4 WHERE user_id = 2 AND item_id = 3;
    DELETE FROM deals WHERE user_id = 3;
    INSERT INTO goods VALUES (20, 'genre 1', '{tag 1}', 5), (21, NULL, NULL, NULL);
    UPDATE goods SET price = price + 1 WHERE item_id = 2;
    DELETE FROM goods WHERE item_id = 12;
    ALTER TABLE goods RENAME genre TO kind;
    ALTER TABLE goods RENAME kind TO genre;
    ALTER TABLE deals ALTER user_id TYPE bigint;
    PERFORM holomamba.rebuild_state('goods');
    PERFORM holomamba.activate('goods', 1);
    INSERT INTO result
    SELECT live.run, r.* FROM (
        SELECT 'user ' || u.user_id, u.events, ssm_state_send(u.state) FROM holomamba.goods_users u
        UNION ALL SELECT 'item ' || i.item_id, i.popularity, hrr_send(i.token) || hrr_send(i.target) FROM holomamba.goods_items i
        UNION ALL SELECT concat_ws(' ', 'label', v.field, label), n, NULL FROM holomamba.vocabulary v, unnest(v.labels) WITH ORDINALITY l (label, n)
        UNION ALL SELECT 'recommended ' || r.item_id, r.score, int8send(u.user_id)
                  FROM generate_series(1, 8) u (user_id), LATERAL recommend(u.user_id, 12, at => '2026-04-01 00:00+00') r
        UNION ALL SELECT 'similar ' || s.item_id, s.similarity, NULL FROM similar_items(20, 12) s
        UNION ALL SELECT concat_ws(' ', 'reason', e.kind, e.value), e.contribution, NULL FROM explain_recommendation(1, 4, at => '2026-04-01 00:00+00') e
        UNION ALL SELECT 'wrong ' || c::text, NULL, NULL FROM holomamba.check_state('goods') c) r;
END
$$;
CREATE FUNCTION end_life() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM holomamba.drop_model('goods');
    DROP TABLE goods, deals;
END
$$;
SELECT begin_life();
CALL holomamba.train('goods');
SELECT live('ordinary'), end_life();
SELECT split_part(what, ' ', 1) AS what, count(*) FROM result GROUP BY 1 ORDER BY 1;

-- In a session that has not parsed any of the model's statements yet
\c -
SET client_min_messages = warning;
SET standard_conforming_strings = off;
SET transform_null_equals = on;
SET array_nulls = off;
SET quote_all_identifiers = on;
SET extra_float_digits = -15;
SET bytea_output = escape;
SET "DateStyle" = 'German, DMY';
SET "TimeZone" = 'Asia/Kathmandu';
SET plpgsql.extra_errors = 'all';
SET plan_cache_mode = force_generic_plan;
SELECT begin_life();
CALL holomamba.train('goods');
SELECT live('odd'), end_life();
RESET ALL;
(SELECT what, number, bytes FROM result WHERE run = 'ordinary' EXCEPT ALL SELECT what, number, bytes FROM result WHERE run = 'odd')
UNION ALL
(SELECT what, number, bytes FROM result WHERE run = 'odd' EXCEPT ALL SELECT what, number, bytes FROM result WHERE run = 'ordinary')
ORDER BY 1 LIMIT 10;

-- A cutoff is what it was for the session that gave it
CREATE TABLE cut (u integer, i integer, t timestamptz, PRIMARY KEY (u, t));
INSERT INTO cut SELECT u, 1 + (u * 5 + n * n) % 20, '2026-03-04 00:30+00'::timestamptz + n * interval '1 h' FROM generate_series(1, 10) u, generate_series(-8, 8) n;
SET client_min_messages = warning;
SELECT holomamba.create_model('cut', 'cut', 'u', 'i', '{t}', options => '{"dimension": 8, "layers": 1, "state_size": 2, "epochs": 1, "threads": 1}');
SET "TimeZone" = 'Asia/Kathmandu';
SET "DateStyle" = 'SQL, MDY';
CALL holomamba.train('cut', 1, 'time', '{"cutoff": "03/04/2026"}');
CREATE TABLE evaluated AS SELECT * FROM holomamba.evaluate('cut');
SET "TimeZone" = 'America/New_York';
SET "DateStyle" = 'German, DMY';
SELECT count(*) FROM (SELECT * FROM holomamba.evaluate('cut') EXCEPT SELECT * FROM evaluated) e;
SELECT options ->> 'cutoff' AS cutoff FROM holomamba.versions WHERE model = 'cut';
SELECT holomamba.drop_model('cut');
DROP TABLE cut, evaluated;
DROP FUNCTION begin_life, live, end_life;
DROP TABLE result;
