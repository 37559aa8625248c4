-- The aggregates of hrr and fhrr
\pset format unaligned

-- What a statement comes to: its value, or its error in full.
\getenv helpers PG_ABS_SRCDIR
\set outcome :helpers '/helpers/outcome.sql'
\i :outcome

-- Transforms round differently on different processors.
CREATE FUNCTION pg_temp.rounded(vector hrr) RETURNS text LANGUAGE sql AS
    $$ SELECT string_agg(trim_scale(round(x::numeric, 4))::text, ' ' ORDER BY i)
       FROM unnest(vector::real[]) WITH ORDINALITY AS t (x, i) $$;

CREATE TABLE vectors (id integer, kind text, v hrr);
INSERT INTO vectors VALUES (1, 'a', '[1,2,3]'), (2, 'a', '[4,5,6]'), (3, 'a', NULL), (4, 'a', '[-1,0,4.5]'), (5, 'b', '[1,0]'),
    (6, 'c', NULL);

SELECT kind, sum(v), bundle(v), avg(v), pg_temp.rounded(bind(v)) AS bind FROM vectors GROUP BY kind ORDER BY kind;
SELECT sum(v), bundle(v), avg(v), bind(v) FROM vectors WHERE false;
SELECT sum(DISTINCT v), avg(v) FILTER (WHERE id < 3) AS first, pg_typeof(sum(v)) FROM (SELECT id, v FROM vectors WHERE kind = 'a'
    UNION ALL SELECT id, v FROM vectors WHERE kind = 'a') AS twice;

-- The chain of a * b
SELECT pg_temp.rounded(bind(v)) = pg_temp.rounded('[1,2,3]'::hrr * '[4,5,6]' * '[-1,0,4.5]') FROM vectors WHERE kind = 'a';
SELECT n, pg_temp.rounded((SELECT bind(hrr_unitary(n, i)) FROM generate_series(1, 3) AS i)
                          - hrr_unitary(n, 1) * hrr_unitary(n, 2) * hrr_unitary(n, 3))
          = pg_temp.rounded(0 * hrr_identity(n)) AS chain
FROM unnest('{1,2,3,4,7,64,100,129}'::integer[]) AS n;

-- Sums are kept in double precision: neither lost nor out of range on the way
SELECT sum(v), avg(v) FROM unnest('{[3e38],[3e38],[-3e38],[-3e38],[1]}'::hrr[]) AS v;
SELECT sum(v) FROM (SELECT '[0.25]'::hrr FROM generate_series(1, 100000) UNION ALL SELECT '[16777216]') AS t (v);

-- As window functions
SELECT id, sum(v) OVER (ORDER BY id), avg(v) OVER (ORDER BY id), pg_temp.rounded(bind(v) OVER (ORDER BY id)) AS bind
FROM vectors WHERE kind = 'a' ORDER BY id;

-- Errors
SELECT value, pg_temp.outcome('SELECT ' || value) FROM (VALUES
    ('sum(v) FROM vectors'), ('bundle(v) FROM vectors'), ('avg(v) FROM vectors'), ('bind(v) FROM vectors'),
    ($$sum(v) FROM unnest('{[3e38],[3e38]}'::hrr[]) AS v$$), ($$bind(v) FROM unnest('{[1e30],[1e30]}'::hrr[]) AS v$$)) AS t (value);

-- Binding keeps an exponent for each coefficient: neither small nor large factors leave the range before the end
SELECT pg_temp.rounded(bind(v)) FROM unnest('{[1e-30],[1e-30],[1e-30],[1e30],[1e30],[2e30],[1e30],[1e-30]}'::hrr[]) AS v;
SELECT pg_temp.rounded(bind(v)) FROM unnest('{"[3e38,3e38]","[1e-38,0]","[1e-38,0]","[3e37,0]"}'::hrr[]) AS v;
SELECT pg_temp.outcome($$SELECT bind(hrr_random(128, i)) FROM generate_series(1, 100000) AS i$$) AS random_ones,
       pg_temp.outcome($$SELECT bind(fhrr_random(128, i)) FROM generate_series(1, 1000) AS i$$) AS their_spectra,
       pg_temp.outcome($$SELECT bind(v) FROM unnest('{[1e-30],[1e-30],[0]}'::hrr[]) AS v$$) AS with_zero;
-- 100,000 unitary vectors, half of them the inverses of the others
SELECT (bind(v) <-> hrr_identity(64)) < 0.006 AS undone, (bind(v::fhrr) <-> fhrr_identity(64)) < 0.006 AS undone_in_spectrum, count(*)
FROM generate_series(0, 99999) AS i, LATERAL (SELECT hrr_unitary(64, i / 2)) AS t (u),
     LATERAL (SELECT CASE WHEN i % 2 = 0 THEN u ELSE ~u END) AS s (v);

-- On fhrr they are what they are on hrr
SELECT n, (sum(a::fhrr) <-> sum(a)::fhrr) / l2_norm(sum(a)) < 1e-5 AS sum, sum(a::fhrr) = bundle(a::fhrr) AS bundle,
       (avg(a::fhrr) <-> avg(a)::fhrr) / l2_norm(avg(a)) < 1e-5 AS avg, (bind(a::fhrr) <-> bind(a)::fhrr) / l2_norm(bind(a)) < 1e-5 AS bind
FROM unnest('{1,2,3,4,7,64,127,128,129,1000}'::integer[]) AS n, generate_series(1, 5) AS i, LATERAL (SELECT hrr_random(n, i)) AS v (a)
GROUP BY n ORDER BY n;
SELECT sum(v), bundle(v), avg(v), bind(v) FROM unnest('{"[6,-3,2]",NULL,"[1,0,1]"}'::fhrr[]) AS v;
SELECT sum(v), bundle(v), avg(v), bind(v) FROM unnest('{NULL}'::fhrr[]) AS v;
SELECT pg_temp.outcome($$SELECT bind(v) FROM unnest('{"[1,2]","[1]"}'::fhrr[]) AS v$$), pg_temp.outcome($$SELECT sum(v) FROM unnest('{"[1,2]","[1]"}'::fhrr[]) AS v$$);

-- No state is of a type that only this server knows
SELECT count(*) FILTER (WHERE aggtranstype = 'double precision[]'::regtype AND aggcombinefn <> 0), count(*)
FROM pg_aggregate JOIN pg_proc ON pg_proc.oid = aggfnoid WHERE proargtypes[0] IN ('hrr'::regtype, 'fhrr'::regtype) AND proname IN ('sum', 'bundle', 'avg', 'bind');

-- The states are arrays that anyone may pass
SELECT value, pg_temp.outcome('SELECT ' || value) FROM (VALUES
    ($$hrr_sum_step('{0}', '[1,2]')$$), ($$hrr_sum_step('{1,5,6}', '[1,2]')$$), ($$hrr_sum_combine('{1,5,6}', '{2,1,1}')$$),
    ($$hrr_sum_combine('{0}', '{2,1,1}')$$), ($$hrr_sum_combine('{2,1,1}', '{0}')$$), ($$hrr_sum_final('{2,3,4}')$$),
    ($$hrr_avg_final('{2,3,4}')$$), ($$hrr_sum_final('{0}')$$), ($$hrr_avg_final('{0}')$$),
    ($$hrr_bind_step('{1,1,2,0,0}', '[3]')$$), ($$fhrr_bind_step('{1,1,2,0,0}', '[3]')$$), ($$hrr_bind_combine('{1,1,2,0,0}', '{1,1,3,0,0}')$$),
    ($$hrr_bind_combine('{0}', '{1,1,3,0,0}')$$), ($$hrr_bind_combine('{1,1,3,0,0}', '{0}')$$), ($$hrr_bind_final('{1,1,2,0,1}')$$),
    ($$fhrr_bind_final('{1,1,2,0,-1}')$$), ($$hrr_bind_final('{0}')$$), ($$fhrr_bind_final('{0}')$$),
    ($$hrr_sum_step('{1,5,6}', '[1]')$$), ($$hrr_sum_combine('{1,5,6}', '{1,5}')$$), ($$hrr_bind_step('{1,1,2,0,0}', '[3,4]')$$),
    ($$hrr_bind_combine('{1,1,2,0,0}', '{1,2,3,0,1,0,0,0}')$$),
    ($$hrr_sum_step('{}', '[1]')$$), ($$hrr_sum_step('{{1,2}}', '[1]')$$), ($$hrr_sum_step('{1,NULL}', '[1]')$$),
    ($$hrr_sum_step('{-1,1}', '[1]')$$), ($$hrr_sum_step('{NaN,1}', '[1]')$$), ($$hrr_sum_step('{1e16,1}', '[1]')$$), ($$hrr_sum_step('{1}', '[1]')$$),
    ($$hrr_sum_step('{0,1}', '[1]')$$),
    ($$hrr_sum_final(array_fill(1.0::double precision, '{16002}'))$$), ($$hrr_sum_final('{1,1e39}')$$), ($$hrr_avg_final('{1,NaN}')$$),
    ($$hrr_bind_final('{1,1}')$$), ($$hrr_bind_final('{1,2,1,0,0}')$$), ($$hrr_bind_final('{1,0,1,0,0}')$$), ($$hrr_bind_final('{1,NaN,1,0,0}')$$),
    ($$hrr_bind_final('{1,1e9,1,0,0}')$$), ($$hrr_bind_final('{1,1,Infinity,0,0}')$$), ($$hrr_bind_final('{1,1,NaN,0,0}')$$),
    ($$hrr_bind_final('{1,1,1e300,0,0}')$$), ($$hrr_bind_final('{1,1,1,0,1e300}')$$), ($$hrr_bind_final('{1,1,1,0,-1e300}')$$),
    ($$hrr_bind_final('{1,1,1,0,NaN}')$$), ($$hrr_bind_final('{1,1,1,0,-140}')$$), ($$fhrr_bind_final('{1,1,1,0,-140}')$$),
    ($$hrr_bind_final(hrr_bind_step('{5,1,NaN,0,0}', '[1]'))$$), ($$hrr_bind_final(hrr_bind_step('{5,1,Infinity,0,0}', '[1]'))$$)) AS t (value);

-- In parallel
CREATE TABLE many AS SELECT i AS id, hrr_unitary(8, i % 4) AS u, ARRAY[i, 1]::hrr AS v FROM generate_series(1, 20000) AS i;
ALTER TABLE many SET (parallel_workers = 2);
ANALYZE many;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET max_parallel_workers_per_gather = 2;
EXPLAIN (COSTS OFF) SELECT sum(v), bundle(v), avg(v), bind(u) FROM many;
SELECT sum(v), bundle(v), avg(v), pg_temp.rounded(bind(u)) AS bind FROM many WHERE id <= 16;
SELECT sum(v), avg(v), round(l2_norm(bind(u))::numeric, 2) FROM many;
EXPLAIN (COSTS OFF) SELECT sum(f), bundle(f), avg(f), bind(f) FROM many, LATERAL (SELECT u::fhrr) AS s (f);
SELECT count(*), round(l2_norm(bind(f))::numeric, 2) FROM many, LATERAL (SELECT u::fhrr) AS s (f);
SET max_parallel_workers_per_gather = 0;
SELECT sum(v), bundle(v), avg(v), pg_temp.rounded(bind(u)) AS bind FROM many WHERE id <= 16;
SELECT sum(v), avg(v), round(l2_norm(bind(u))::numeric, 2) FROM many;
RESET ALL;
DROP TABLE many, vectors;
