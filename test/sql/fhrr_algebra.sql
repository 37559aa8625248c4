-- Binding, arithmetic, lengths, order and hash of fhrr
\pset format unaligned

-- What a statement comes to: its value, or its error in full.
\getenv helpers PG_ABS_SRCDIR
\set outcome :helpers '/helpers/outcome.sql'
\i :outcome

-- How far a spectrum is from that of the vector that it should belong to
CREATE FUNCTION pg_temp.off(actual fhrr, expected hrr) RETURNS double precision LANGUAGE sql AS
    $$ SELECT (actual <-> expected::fhrr) / greatest(l2_norm(expected), 1e-30) $$;

-- The coefficients 6 and -3 + 2i, exactly
SELECT f * f AS bound, f / f AS unbound, ~f AS involuted, exact_inverse('[2,0,4]'::fhrr), -f AS negated,
       f + f AS sum, f - f AS difference, 2 * f AS twice, f * 2 AS doubled, f / 2 AS half, unitary('[-2,0,4]'::fhrr), permute('[1,2,3,4]'::fhrr, 2)
FROM (SELECT '[6,-3,2]'::fhrr) AS t (f);

-- Every function means for a spectrum what it means for the vector
SELECT n, greatest(pg_temp.off(f * g, a * b), pg_temp.off(f / g, a / b), pg_temp.off(~f, ~a), pg_temp.off(exact_inverse(w), exact_inverse(u)),
                   pg_temp.off(f + g, a + b), pg_temp.off(f - g, a - b), pg_temp.off(-f, -a), pg_temp.off(2.5 * f, 2.5 * a),
                   pg_temp.off(f * 2.5, a * 2.5), pg_temp.off(f / 2.5, a / 2.5), pg_temp.off(permute(f, 3), permute(a, 3)),
                   pg_temp.off(permute(f, -3), permute(a, -3)), pg_temp.off(bind_power(w, 0.3), bind_power(u, 0.3)),
                   pg_temp.off(bind_power(f, 2), bind_power(a, 2)), pg_temp.off(l2_normalize(f), l2_normalize(a)),
                   pg_temp.off(unitary(f), unitary(a)), pg_temp.off(fhrr_identity(n), hrr_identity(n)), pg_temp.off(w, u), pg_temp.off(f, a)) < 2e-5
          AS same_vectors,
       greatest(abs(l2_norm(f) - l2_norm(a)), abs((f <-> g) - (a <-> b)), abs((f <#> g) - (a <#> b)), abs((f <=> g) - (a <=> b)),
                abs(inner_product(f, g) - inner_product(a, b)), abs(cosine_similarity(f, g) - cosine_similarity(a, b))) < 1e-5 AS same_numbers
FROM unnest('{1,2,3,4,5,7,64,96,100,127,128,129,1000}'::integer[]) AS n,
     LATERAL (SELECT hrr_random(n, 1), hrr_random(n, 2), hrr_unitary(n, 4), fhrr_random(n, 1), hrr_random(n, 2)::fhrr, fhrr_unitary(n, 4))
         AS v (a, b, u, f, g, w);

-- The laws
SELECT n, l2_norm(f * g - g * f) < 1e-5 AS commutes, l2_norm((f * g) * h - f * (g * h)) < 1e-5 AS associates,
       l2_norm((f + g) * h - (f * h + g * h)) < 1e-5 AS distributes, f * fhrr_identity(n) = f AS identity, ~ ~f = f AS involutes,
       l2_norm(f * w / w - f) < 1e-5 AS inverts, l2_norm(exact_inverse(w) - ~w) < 1e-5 AS inverse,
       l2_norm(bind_power(w, 0.3) * bind_power(w, 1.7) - w * w) < 1e-5 AS powers, abs(l2_norm(w * f) - l2_norm(f)) < 1e-5 AS keeps_lengths
FROM unnest('{1,2,3,4,5,7,64,96,100,127,128,129,1000,1024}'::integer[]) AS n,
     LATERAL (SELECT fhrr_random(n, 1), fhrr_random(n, 2), fhrr_random(n, 3), fhrr_unitary(n, 4)) AS v (f, g, h, w);

SELECT l2_normalize('[0,0]'::fhrr), bind_power('[0,0]'::fhrr, 0), bind_power('[0,1]'::fhrr, 2), unitary('[0,0,0]'::fhrr),
       '[0,0]'::fhrr <=> '[1,0]' AS cosine_of_nothing;
SELECT value, pg_temp.outcome('SELECT ' || value) FROM (VALUES
    ($$'[1,2]'::fhrr * '[1]'::fhrr$$), ($$'[1,2]'::fhrr / '[1]'::fhrr$$), ($$'[1,2]'::fhrr + '[1]'$$), ($$'[1,2]'::fhrr - '[1]'$$),
    ($$'[1,2]'::fhrr <-> '[1]'$$), ($$'[1,2]'::fhrr <#> '[1]'$$), ($$'[1,2]'::fhrr <=> '[1]'$$), ($$inner_product('[1,2]'::fhrr, '[1]')$$),
    ($$cosine_similarity('[1,2]'::fhrr, '[1]')$$), ($$'[1e30]'::fhrr * '[1e30]'::fhrr$$), ($$'[1,1e30,0]'::fhrr * '[1,1e30,0]'::fhrr$$),
    ($$'[3e38]'::fhrr + '[3e38]'$$), ($$'[3e38]'::fhrr * 2$$), ($$'[3e38]'::fhrr * 'NaN'::double precision$$), ($$'[1]'::fhrr / 0$$),
    ($$exact_inverse('[1,0,0]'::fhrr)$$), ($$exact_inverse('[1,1e-9,0]'::fhrr)$$), ($$exact_inverse('[1e-39]'::fhrr)$$), ($$bind_power('[0,1]'::fhrr, -1)$$),
    ($$bind_power('[1]'::fhrr, 'Infinity')$$), ($$bind_power('[1e30]'::fhrr, 2)$$), ($$bind_power('[-1,0,1,1]'::fhrr, 0.5)$$), ($$bind_power('[1,0,1,-1]'::fhrr, 1.5)$$), ($$bind_power('[1,1,0,-1]'::fhrr, 3)$$), ('fhrr_identity(0)'), ('fhrr_random(16001, 1)'),
    ('fhrr_unitary(-1, 1)'), ($$'[1]'::fhrr * '[1]'::hrr$$), ($$'[1]'::fhrr = '[1]'::hrr$$), ($$'[1]'::fhrr * NULL::fhrr$$)) AS t (value);

-- Order and hash
CREATE TABLE vectors (id integer, v fhrr);
INSERT INTO vectors VALUES (1, '[1,2,3]'), (2, '[1,2]'), (3, '[1,2,4]'), (4, '[-1,9]'), (5, '[0]'), (6, '[-0]'), (7, NULL), (8, '[1,2,3]');
SELECT v FROM vectors ORDER BY v, id;
SELECT a.v, b.v, a.v < b.v AS lt, a.v <= b.v AS le, a.v = b.v AS eq, a.v <> b.v AS ne, a.v >= b.v AS ge, a.v > b.v AS gt, fhrr_cmp(a.v, b.v)
FROM vectors AS a, vectors AS b WHERE a.id IN (1, 5) AND b.id IN (1, 2, 6, 8) ORDER BY a.id, b.id;
SELECT fhrr_hash('[0]') = fhrr_hash('[-0]') AS zeros, fhrr_hash_extended('[0,1]', 7) = fhrr_hash_extended('[-0,1]', 7) AS extended;
SET enable_hashagg = off;
SELECT v, count(*) FROM vectors GROUP BY v ORDER BY v;
SET enable_hashagg = on;
SET enable_sort = off;
SELECT count(*) FROM (SELECT v FROM vectors GROUP BY v) AS grouped;
RESET ALL;
CREATE INDEX ON vectors (v);
SET enable_seqscan = off;
EXPLAIN (COSTS OFF) SELECT id FROM vectors WHERE v = '[1,2,3]';
SELECT id FROM vectors WHERE v = '[1,2,3]' ORDER BY id;
SET enable_nestloop = off;
SET enable_mergejoin = off;
EXPLAIN (COSTS OFF) SELECT a.id, b.id FROM vectors AS a JOIN vectors AS b ON a.v = b.v;
SELECT a.id, b.id FROM vectors AS a JOIN vectors AS b ON a.v = b.v AND a.id < b.id ORDER BY 1, 2;
RESET ALL;
SELECT id FROM vectors WHERE fhrr_dims(v) = 3 ORDER BY v <-> '[1,2,3.9]', id;
DROP TABLE vectors;

-- Every operator of hrr is there for fhrr as well, with the same partners and estimators
SELECT h.oid::regoperator
FROM pg_operator AS h
WHERE 'hrr'::regtype IN (h.oprleft, h.oprright)
  AND NOT EXISTS (SELECT FROM pg_operator AS f LEFT JOIN pg_operator AS fc ON fc.oid = f.oprcom LEFT JOIN pg_operator AS hc ON hc.oid = h.oprcom
                  LEFT JOIN pg_operator AS fn ON fn.oid = f.oprnegate LEFT JOIN pg_operator AS hn ON hn.oid = h.oprnegate
                  WHERE f.oprname = h.oprname AND f.oprrest = h.oprrest AND f.oprjoin = h.oprjoin
                    AND f.oprcanmerge = h.oprcanmerge AND f.oprcanhash = h.oprcanhash
                    AND fc.oprname IS NOT DISTINCT FROM hc.oprname AND fn.oprname IS NOT DISTINCT FROM hn.oprname
                    AND f.oprleft = CASE h.oprleft WHEN 'hrr'::regtype THEN 'fhrr'::regtype ELSE h.oprleft END
                    AND f.oprright = CASE h.oprright WHEN 'hrr'::regtype THEN 'fhrr'::regtype ELSE h.oprright END);
