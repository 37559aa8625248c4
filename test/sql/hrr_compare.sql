-- Distances, order, hash and joins of hrr
\pset format unaligned

-- What a statement comes to: its value, or its error in full.
\getenv helpers PG_ABS_SRCDIR
\set outcome :helpers '/helpers/outcome.sql'
\i :outcome

-- Distances; all of these are exact
SELECT '[1,2,3]'::hrr <-> '[1,6,6]' AS l2, '[1,2,3]'::hrr <#> '[4,5,6]' AS negative_inner, '[3,4]'::hrr <=> '[4,-3]' AS cosine,
       inner_product('[1,2,3]', '[4,5,6]'), cosine_similarity('[1,0]', '[-2,0]'), '[1,2,3]'::hrr <=> '[1,2,3]' AS same;
SELECT pg_typeof('[1]'::hrr <-> '[1]') AS l2, pg_typeof('[1]'::hrr <#> '[1]') AS inner, pg_typeof('[1]'::hrr <=> '[1]') AS cosine;

-- The cosine of nothing
SELECT '[0,0]'::hrr <=> '[1,0]' AS a, cosine_similarity('[0,0]', '[0,0]') AS b;

-- Neither huge nor tiny numbers get lost on the way
SELECT '[3e38]'::hrr <-> '[-3e38]' > 5e38 AS huge, '[1e-40]'::hrr <-> '[0]' > 0 AS tiny, '[3e38]'::hrr <#> '[3e38]' < -8e76 AS inner,
       '[3e38,0]'::hrr <=> '[3e38,0]' AS a, '[1e-40,0]'::hrr <=> '[0,1e-40]' AS b;

-- All lengths give what arrays give
SELECT count(*) FILTER (WHERE abs((a <-> b) - l2) > 1e-5 OR abs((a <#> b) + inner_) > 1e-5 OR inner_product(a, b) <> -(a <#> b)
                        OR abs((a <=> b) - (1 - inner_ / (l2_norm(a) * l2_norm(b)))) > 1e-5) AS wrong, count(*)
FROM generate_series(1, 200) AS n, LATERAL (SELECT hrr_random(n, n), hrr_random(n, -n)) AS v (a, b),
     LATERAL (SELECT sqrt(sum((x::double precision - y) ^ 2)), sum(x::double precision * y)
              FROM unnest(a::real[], b::real[]) AS t (x, y)) AS r (l2, inner_);

SELECT value, pg_temp.outcome('SELECT ' || value) FROM (VALUES
    ($$'[1,2]'::hrr <-> '[1]'$$), ($$'[1,2]'::hrr <#> '[1]'$$), ($$'[1,2]'::hrr <=> '[1]'$$), ($$inner_product('[1,2]', '[1]')$$),
    ($$cosine_similarity('[1,2]', '[1]')$$), ($$'[1]'::hrr <-> NULL$$), ($$NULL <#> '[1]'::hrr$$), ($$'[1]'::hrr <=> NULL$$)) AS t (value);

-- Order
CREATE TABLE vectors (id integer, v hrr);
INSERT INTO vectors VALUES (1, '[1,2,3]'), (2, '[1,2]'), (3, '[1,2,4]'), (4, '[-1,9]'), (5, '[0]'), (6, '[-0]'), (7, NULL), (8, '[1,2,3]'),
    (9, '[10]');
SELECT v FROM vectors ORDER BY v, id;
SELECT v FROM vectors ORDER BY v DESC NULLS LAST, id DESC;
SELECT DISTINCT v = '[0]' AS zero, v FROM vectors WHERE v <= '[1,2]' AND v <> '[-0]' ORDER BY v;
SELECT a.v, b.v, a.v < b.v AS lt, a.v <= b.v AS le, a.v = b.v AS eq, a.v <> b.v AS ne, a.v >= b.v AS ge, a.v > b.v AS gt,
       hrr_cmp(a.v, b.v)
FROM vectors AS a, vectors AS b WHERE a.id IN (1, 5) AND b.id IN (1, 2, 6, 8) ORDER BY a.id, b.id;

-- Equal vectors have equal hashes, the two zeros included
SELECT hrr_hash('[0]') = hrr_hash('[-0]') AS zeros, hrr_hash('[1,2]') = hrr_hash('[2,1]') AS different,
       hrr_hash_extended('[0,1]', 7) = hrr_hash_extended('[-0,1]', 7) AS extended,
       hrr_hash_extended('[1]', 1) = hrr_hash_extended('[1]', 2) AS seeds,
       hrr_hash_extended('[1,2]', 0) & 4294967295 = hrr_hash('[1,2]')::bigint & 4294967295 AS low_bits;

-- DISTINCT, GROUP BY and joins, by sorting and by hashing
SET enable_hashagg = off;
SELECT count(DISTINCT v) FROM vectors;
SELECT v, count(*) FROM vectors GROUP BY v ORDER BY v;
SET enable_hashagg = on;
SET enable_sort = off;
SELECT count(*) FROM (SELECT v FROM vectors GROUP BY v) AS grouped;
SET enable_sort = on;
SET enable_nestloop = off;
SET enable_mergejoin = off;
EXPLAIN (COSTS OFF) SELECT a.id, b.id FROM vectors AS a JOIN vectors AS b ON a.v = b.v;
SELECT a.id, b.id FROM vectors AS a JOIN vectors AS b ON a.v = b.v AND a.id < b.id ORDER BY 1, 2;
SET enable_hashjoin = off;
SET enable_mergejoin = on;
EXPLAIN (COSTS OFF) SELECT a.id, b.id FROM vectors AS a JOIN vectors AS b ON a.v = b.v;
SELECT a.id, b.id FROM vectors AS a JOIN vectors AS b ON a.v = b.v AND a.id < b.id ORDER BY 1, 2;
RESET ALL;

-- An index, a unique one, hash partitions, statistics
CREATE INDEX ON vectors (v);
SET enable_seqscan = off;
EXPLAIN (COSTS OFF) SELECT id FROM vectors WHERE v = '[1,2,3]';
SELECT id FROM vectors WHERE v = '[1,2,3]' ORDER BY id;
SELECT id FROM vectors WHERE v > '[1,2,3]' ORDER BY v;
RESET enable_seqscan;
ANALYZE vectors;
CREATE TABLE unique_vectors (v hrr PRIMARY KEY) PARTITION BY HASH (v);
CREATE TABLE unique_vectors_0 PARTITION OF unique_vectors FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE unique_vectors_1 PARTITION OF unique_vectors FOR VALUES WITH (MODULUS 2, REMAINDER 1);
INSERT INTO unique_vectors SELECT DISTINCT v FROM vectors WHERE v IS NOT NULL;
SELECT pg_temp.outcome($$INSERT INTO unique_vectors VALUES ('[1,2]')$$) LIKE '23505 |%' AS refused;
DROP TABLE unique_vectors;

-- The nearest first
SELECT id FROM vectors WHERE hrr_dims(v) = 3 ORDER BY v <-> '[1,2,3.9]', id;
SELECT id FROM vectors WHERE hrr_dims(v) = 3 ORDER BY v <#> '[0,0,1]', id LIMIT 1;
DROP TABLE vectors;
