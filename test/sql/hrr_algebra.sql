-- Binding and arithmetic of hrr
\pset format unaligned

-- What a statement comes to: its value, or its error in full.
\getenv helpers PG_ABS_SRCDIR
\set outcome :helpers '/helpers/outcome.sql'
\i :outcome

-- Transforms round differently on different processors.
CREATE FUNCTION pg_temp.rounded(vector hrr) RETURNS text LANGUAGE sql AS
    $$ SELECT string_agg(trim_scale(round(x::numeric, 4))::text, ' ' ORDER BY i)
       FROM unnest(vector::real[]) WITH ORDINALITY AS t (x, i) $$;

-- Short vectors of small integers are bound exactly
SELECT '[1,2,3]'::hrr * '[4,5,6]' AS bound, bind('[1,2,3]', '[4,5,6]'), '[1,2,3]'::hrr / '[4,5,6]' AS unbound,
       unbind('[1,2,3]', '[4,5,6]'), ~'[1,2,3,4]'::hrr AS involuted, involution('[1,2,3,4]');
SELECT '[3]'::hrr * '[-2]' AS one, '[1,2,3,4]'::hrr * hrr_identity(4) AS two;

-- PostgreSQL gives every prefix operator but - less precedence than *
SELECT ~'[1,2,3]'::hrr * '[0,1,0]' AS of_product, (~'[1,2,3]'::hrr) * '[0,1,0]' AS of_factor, '[0,1,0]' * ~'[1,2,3]'::hrr AS last;

-- Everything else to four digits
SELECT n, pg_temp.rounded(a * b - b * a) = zero AS commutes,
       pg_temp.rounded((a * b) * c - a * (b * c)) = zero AS associates,
       pg_temp.rounded((a + b) * c - (a * c + b * c)) = zero AS distributes,
       pg_temp.rounded(a * hrr_identity(n) - a) = zero AS identity,
       pg_temp.rounded(a / b - a * ~b) = zero AS unbinds,
       pg_temp.rounded(a * u / u - a) = zero AS inverts,
       pg_temp.rounded(exact_inverse(u) - ~u) = zero AS inverse,
       pg_temp.rounded(bind_power(u, 0.3) * bind_power(u, 1.7) - u * u) = zero AS powers,
       ~ ~a = a AS involutes,
       permute(permute(a, 3), -3) = a AS permutes
FROM unnest('{1,2,3,4,5,7,64,96,100,127,128,129,1000}'::integer[]) AS n,
     LATERAL (SELECT hrr_random(n, 1), hrr_random(n, 2), hrr_random(n, 3), hrr_unitary(n, 4),
                     pg_temp.rounded(hrr_identity(n) - hrr_identity(n))) AS v (a, b, c, u, zero);

SELECT pg_temp.rounded(exact_inverse('[2,1]')) AS inverse, pg_temp.rounded(exact_inverse('[4]')) AS of_one;
SELECT pg_temp.rounded(unitary('[5,1,2]')) AS unitary, pg_temp.rounded(unitary('[0,0,0]')) AS of_zero,
       pg_temp.rounded(unitary('[-7]')) AS of_one;
SELECT p, pg_temp.rounded(bind_power('[4,2]', p)) FROM unnest('{-2,-1,-0.5,0,0.5,1,2,3}'::double precision[]) AS p;
SELECT s, permute('[1,2,3,4]', s) FROM unnest('{0,1,-1,3,4,5,-9,2147483647,-2147483648}'::integer[]) AS s;

-- Arithmetic
SELECT '[1,2]'::hrr + '[3,-4]' AS sum, '[1,2]'::hrr - '[3,-4]' AS difference, -'[1,-2,0]'::hrr AS negative;
SELECT 2 * '[1,-2]'::hrr AS a, '[1,-2]'::hrr * 0.5 AS b, '[1,-2]'::hrr / 4 AS c, 2::smallint * '[1]'::hrr AS d,
       '[1]'::hrr * 2::bigint AS e, '[1]'::hrr * 2::real AS f, '[1]'::hrr / 2::numeric AS g, 0 * '[1,-1]'::hrr AS h;
SELECT l2_norm('[3,4]'), l2_normalize('[3,4]'), l2_normalize('[0,0]'), l2_normalize('[3e-45,4e-45]'), l2_norm('[0]');

-- Makers
SELECT hrr_identity(1), hrr_identity(3), hrr_dims(hrr_random(16000, 0)), hrr_dims(hrr_unitary(16000, 0));
SELECT pg_temp.rounded(hrr_random(5, 42)) AS random, pg_temp.rounded(hrr_random(5, -1)) AS other,
       pg_temp.rounded(hrr_unitary(5, 42)) AS unitary;
SELECT n, round(avg(l2_norm(hrr_random(n, s)) ^ 2)::numeric, 1) AS random,
       round(min(l2_norm(hrr_unitary(n, s)))::numeric, 4) AS unitary,
       count(DISTINCT hrr_random(n, s)) AS different
FROM unnest('{64,1000}'::integer[]) AS n, generate_series(1, 100) AS s GROUP BY n ORDER BY n;

-- What was bound comes back: the nearest of 200 vectors to an unbound superposition of four pairs
SELECT key, (SELECT i FROM generate_series(101, 300) AS i
             ORDER BY (memory.trace / hrr_unitary(256, key)) <=> hrr_random(256, i) LIMIT 1) AS value
FROM generate_series(1, 4) AS key,
     (SELECT sum(hrr_unitary(256, k) * hrr_random(256, 100 + k)) FROM generate_series(1, 4) AS k) AS memory (trace);

-- Errors
SELECT value, pg_temp.outcome('SELECT ' || value) FROM (VALUES
    ($$'[1,2]'::hrr * '[1,2,3]'$$), ($$'[1,2]'::hrr / '[1,2,3]'$$), ($$'[1,2]'::hrr + '[1]'$$), ($$'[1,2]'::hrr - '[1]'$$),
    ($$bind('[1]', '[1,2]')$$), ($$unbind('[1]', '[1,2]')$$),
    ($$'[1e30]'::hrr * '[1e30]'$$), ($$'[3e38]'::hrr + '[3e38]'$$), ($$'[-3e38]'::hrr - '[3e38]'$$), ($$10 * '[3e38]'::hrr$$),
    ($$'[1,3e38]'::hrr * 2$$), ($$'[3e38]'::hrr / 0.5$$), ($$hrr_random(200, 1) * 1e30 * (hrr_random(200, 2) * 1e30)$$),
    ($$exact_inverse('[1e-45]')$$), ($$bind_power('[1e30]', 2)$$), ($$bind_power('[2]', 1e9)$$),
    ($$'[1]'::hrr / 0$$), ($$'[1]'::hrr * 'NaN'::real$$), ($$'Infinity'::real * '[0]'::hrr$$), ($$'[1]'::hrr / 'Infinity'::real$$),
    ($$exact_inverse('[0,0]')$$), ($$exact_inverse('[1,1]')$$), ($$bind_power('[1,1]', -1)$$), ($$bind_power('[1,1]', 'NaN')$$),
    ($$bind_power('[1,1]', '-Infinity')$$), ($$bind_power('[-2,1]', 0.5)$$), ($$bind_power('[-2,1]', 2)$$), ($$bind_power('[1,2]', -0.5)$$),
    ($$hrr_identity(0)$$), ($$hrr_identity(16001)$$), ($$hrr_random(0, 1)$$), ($$hrr_random(-1, 1)$$), ($$hrr_random(16001, 1)$$),
    ($$hrr_unitary(0, 1)$$), ($$hrr_unitary(2147483647, 1)$$)) AS t (value);

-- NULL in, NULL out
SELECT num_nulls(NULL * '[1]'::hrr, '[1]'::hrr * NULL::hrr, '[1]'::hrr / NULL::hrr, ~NULL::hrr, -NULL::hrr, '[1]'::hrr + NULL,
                 NULL - '[1]'::hrr, NULL::real * '[1]'::hrr, '[1]'::hrr / NULL::real, bind(NULL, '[1]'), unbind('[1]', NULL),
                 exact_inverse(NULL), bind_power(NULL, 1), bind_power('[1]', NULL), permute(NULL, 1), permute('[1]', NULL),
                 unitary(NULL), l2_normalize(NULL::hrr), l2_norm(NULL::hrr), hrr_dims(NULL), hrr_identity(NULL),
                 hrr_random(NULL, 1), hrr_random(1, NULL), hrr_unitary(1, NULL));

-- Everything is immutable, strict, safe in parallel plans and has a comment
SELECT oid::regprocedure FROM pg_proc
WHERE pronamespace = (SELECT typnamespace FROM pg_type WHERE oid = 'hrr'::regtype)
  AND (prosrc ~ '^(array_to_)?hrr' AND (provolatile <> 'i' OR NOT proisstrict)
       OR prosrc ~ '^(array_to_)?hrr' AND (proparallel <> 's' OR obj_description(oid, 'pg_proc') IS NULL)
       OR prokind = 'a' AND proname IN ('sum', 'avg', 'bind', 'bundle')
          AND (proparallel <> 's' OR obj_description(oid, 'pg_proc') IS NULL));
SELECT o.oid::regoperator FROM pg_operator AS o WHERE 'hrr'::regtype IN (o.oprleft, o.oprright)
  AND obj_description(o.oid, 'pg_operator') IS NULL;
