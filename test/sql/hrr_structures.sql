-- Names, numbers, positions, shuffles, and the aggregates hrr_record, hrr_sequence, hrr_ngrams (docs/hrr.md shows their use)

-- Whether two vectors are equal up to rounding.
CREATE FUNCTION near(a hrr, b hrr) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$ SELECT (a <-> b) < 1e-5 * (1 + l2_norm(b)) $$;

-- Names: any text, and the same vectors for ever
SELECT l2_norm(hrr_symbol(512, '') - hrr_symbol(512, 'a')) > 1 AS differ,
       hrr_symbol(3, 'Zürich') = hrr_symbol(3, 'Zürich') AS same,
       near(hrr_role(100, 'key') / hrr_role(100, 'key'), hrr_identity(100)) AS unitary;
SELECT hrr_symbol(4, 'apple')::real[]::numeric(6, 4)[] AS symbol, hrr_role(4, 'apple')::real[]::numeric(6, 4)[] AS role;
SELECT hrr_symbol(0, 'a');
SELECT hrr_role(16001, 'a');
SELECT hrr_symbol(NULL, 'a') IS NULL AND hrr_role(4, NULL) IS NULL AS nulls;

-- Positions
SELECT n, near(hrr_position(n, 0), hrr_identity(n)) AS origin,
       near(hrr_position(n, 7) * hrr_position(n, -9), hrr_position(n, -2)) AS group_of_roles
FROM unnest('{1,2,3,96,1024}'::integer[]) AS n;
SELECT round(l2_norm(hrr_position(64, 2147483647))::numeric, 5) AS one, round(l2_norm(hrr_position(64, -2147483648))::numeric, 5) AS one;
SELECT hrr_position(-1, 1);

-- Numbers
SELECT n, near(hrr_encode_number(n, 1, 1, 5), hrr_unitary(n, 5)) AS base,
       near(hrr_encode_number(n, 1.25, 0.5, 5), bind_power(hrr_unitary(n, 5), 2.5)) AS power,
       near(hrr_encode_number(n, 3) * hrr_encode_number(n, -4.5), hrr_encode_number(n, -1.5)) AS adds,
       near(hrr_encode_cyclic(n, 23.5, 24), hrr_encode_cyclic(n, -0.5, 24)) AS circle,
       near(hrr_encode_cyclic(n, 23.5, 24) * hrr_encode_cyclic(n, 2, 24), hrr_encode_cyclic(n, 1.5, 24)) AS adds_on_circle
FROM unnest('{1,2,3,96,1024}'::integer[]) AS n;
SELECT round(l2_norm(hrr_encode_number(64, 1e300))::numeric, 5) AS one, round(l2_norm(hrr_encode_cyclic(64, 1e300, 24))::numeric, 5) AS one;
SELECT hrr_encode_number(0, 1);
SELECT hrr_encode_number(4, 'NaN');
SELECT hrr_encode_number(4, 'Infinity');
SELECT hrr_encode_number(4, 1, 0);
SELECT hrr_encode_number(4, 1, 'NaN');
SELECT hrr_encode_number(4, 1, 'Infinity');
SELECT hrr_encode_number(4, 1e300, 1e-300);
SELECT hrr_encode_cyclic(16001, 1, 24);
SELECT hrr_encode_cyclic(4, 'NaN', 24);
SELECT hrr_encode_cyclic(4, 1, 24, -1);
SELECT hrr_encode_cyclic(4, 1, 'NaN');
SELECT hrr_encode_cyclic(4, 1, 'Infinity');
SELECT hrr_encode_cyclic(4, 1, 24, 12.5);

-- Shuffles: other orders of the same elements, which add up, and which binding does not see through
SELECT n, (SELECT array_agg(x ORDER BY x) FROM unnest(hrr_shuffle(a)::real[]) AS x) = (SELECT array_agg(x ORDER BY x) FROM unnest(a::real[]) AS x) AS same_elements,
       hrr_shuffle(hrr_shuffle(a, 3), -5) = hrr_shuffle(a, -2) AS adds_up, hrr_shuffle(a, 0) = a AS none,
       hrr_shuffle(hrr_shuffle(a, -2147483648), 2147483647) = hrr_shuffle(a, -1) AS far,
       n < 3 OR NOT near(hrr_shuffle(a) * b, hrr_shuffle(a * b)) AS does_not_commute
FROM unnest('{1,2,5,96,1000}'::integer[]) AS n, hrr_random(n, 1) AS a, hrr_random(n, 2) AS b;

-- Aggregates: what their sums are
CREATE TABLE pairs AS SELECT i, hrr_role(100, 'key ' || i) AS key, hrr_symbol(100, 'value ' || i) AS value FROM generate_series(1, 20) AS i;
SELECT near(hrr_record(key, value), bundle(key * value)) AS record,
       near(hrr_sequence(value ORDER BY i), bundle(value * hrr_position(100, i))) AS sequence,
       near(hrr_ngrams(value, 1 ORDER BY i), bundle(value)) AS unigrams
FROM pairs;
SELECT near((SELECT hrr_ngrams(value, 2 ORDER BY i) FROM pairs),
            (SELECT bundle(a.value * hrr_shuffle(b.value)) FROM pairs a JOIN pairs b ON b.i = a.i + 1)) AS bigrams,
       near((SELECT hrr_ngrams(value, 3 ORDER BY i) FROM pairs),
            (SELECT bundle(a.value * hrr_shuffle(b.value) * hrr_shuffle(c.value, 2))
             FROM pairs a JOIN pairs b ON b.i = a.i + 1 JOIN pairs c ON c.i = a.i + 2)) AS trigrams,
       near((SELECT hrr_ngrams(value, 16 ORDER BY i) FROM pairs WHERE i <= 16),
            (SELECT bind(hrr_shuffle(value, i - 1)) FROM pairs WHERE i <= 16)) AS one_of_16;

-- NULLs are skipped, and no rows, or too few, give NULL
SELECT near(hrr_record(k, v), hrr_role(4, 'a') * hrr_symbol(4, 'a')) AS record,
       near(hrr_sequence(v ORDER BY i), hrr_symbol(4, 'a') * hrr_position(4, 1) + hrr_symbol(4, 'b') * hrr_position(4, 2)) AS sequence,
       near(hrr_ngrams(v, 2 ORDER BY i), hrr_symbol(4, 'a') * hrr_shuffle(hrr_symbol(4, 'b'))) AS ngrams
FROM (VALUES (1, hrr_role(4, 'a'), hrr_symbol(4, 'a')), (2, hrr_role(4, 'b'), NULL), (3, NULL, hrr_symbol(4, 'b'))) AS x (i, k, v);
SELECT hrr_record(value, value) IS NULL AS record, hrr_sequence(value) IS NULL AS sequence, hrr_ngrams(value, 2) IS NULL AS ngrams
FROM pairs WHERE i > 20;
SELECT hrr_ngrams(value, 3 ORDER BY i) IS NULL AS too_few FROM pairs WHERE i <= 2;
SELECT near(hrr_sequence(value) OVER (ORDER BY i), (SELECT hrr_sequence(value ORDER BY i) FROM pairs b WHERE b.i <= a.i)) AS running
FROM pairs a WHERE i <= 3;

-- Records in parallel plans
CREATE TABLE many (key hrr, value hrr);
INSERT INTO many SELECT hrr_unitary(32, i), hrr_random(32, i) FROM generate_series(1, 20000) AS i;
ANALYZE many;
SELECT hrr_record(key, value) AS serial FROM many \gset
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET max_parallel_workers_per_gather = 2;
EXPLAIN (COSTS OFF) SELECT hrr_record(key, value) FROM many;
SELECT near(hrr_record(key, value), :'serial') FROM many;
RESET ALL;

-- Errors
SELECT hrr_record(hrr_identity(3), hrr_identity(4));
SELECT hrr_record(v, v) FROM (VALUES (hrr_identity(3)), (hrr_identity(4))) AS x (v);
SELECT hrr_sequence(v) FROM (VALUES (hrr_identity(3)), (hrr_identity(4))) AS x (v);
SELECT hrr_ngrams(v, 2) FROM (VALUES (hrr_identity(3)), (hrr_identity(4))) AS x (v);
SELECT hrr_ngrams(value, 0) FROM pairs;
SELECT hrr_ngrams(value, 17) FROM pairs;
SELECT hrr_ngrams(value, i) FROM pairs WHERE i <= 2;
SELECT hrr_record(v, v) FROM (SELECT '[3e38,3e38]'::hrr) AS x (v);

-- The same for fhrr
SELECT n, near(fhrr_symbol(n, 'a')::hrr, hrr_symbol(n, 'a')) AS symbol, near(fhrr_role(n, 'a')::hrr, hrr_role(n, 'a')) AS role,
       near(fhrr_position(n, 3)::hrr, hrr_position(n, 3)) AS "position",
       near(fhrr_encode_number(n, 3, 2, 1)::hrr, hrr_encode_number(n, 3, 2, 1)) AS number,
       near(fhrr_encode_cyclic(n, 3, 24, 2, 1)::hrr, hrr_encode_cyclic(n, 3, 24, 2, 1)) AS cyclic,
       near(hrr_shuffle(fhrr_symbol(n, 'a'), -2)::hrr, hrr_shuffle(hrr_symbol(n, 'a'), -2)) AS shuffle
FROM unnest('{1,2,3,96,1024}'::integer[]) AS n;
SELECT near(hrr_record(key::fhrr, value::fhrr)::hrr, hrr_record(key, value)) AS record,
       near(hrr_sequence(value::fhrr ORDER BY i)::hrr, hrr_sequence(value ORDER BY i)) AS sequence,
       near(hrr_ngrams(value::fhrr, 3 ORDER BY i)::hrr, hrr_ngrams(value, 3 ORDER BY i)) AS trigrams
FROM pairs;
SELECT hrr_record(value::fhrr, value::fhrr) IS NULL AS record, hrr_sequence(value::fhrr) IS NULL AS sequence,
       hrr_ngrams(value::fhrr, 2) IS NULL AS ngrams
FROM pairs WHERE i > 20;
SELECT fhrr_symbol(0, 'a');
SELECT fhrr_role(16001, 'a');
SELECT fhrr_position(0, 1);
SELECT fhrr_encode_number(0, 1);
SELECT fhrr_encode_number(4, 1, 0);
SELECT fhrr_encode_cyclic(0, 1, 24);
SELECT fhrr_encode_cyclic(4, 1, 0);
SELECT hrr_record(fhrr_identity(3), fhrr_identity(4));
SELECT hrr_ngrams(fhrr_identity(3), 17);
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET max_parallel_workers_per_gather = 2;
ALTER TABLE many ALTER key TYPE fhrr, ALTER value TYPE fhrr;
ANALYZE many;
EXPLAIN (COSTS OFF) SELECT hrr_record(key, value) FROM many;
SELECT near(hrr_record(key, value)::hrr, :'serial') FROM many;
RESET ALL;

-- The states of the aggregates are anyone's to make
SELECT hrr_structure_final('{0}') IS NULL AS empty;
SELECT hrr_structure_final('{}');
SELECT hrr_structure_final('{{1,1},{1,2}}');
SELECT hrr_structure_final('{1,NULL}');
SELECT hrr_structure_final('{-1,1,2}');
SELECT hrr_structure_final('{NaN,1,2}');
SELECT hrr_structure_final('{Infinity,1,2}');
SELECT hrr_structure_final('{1}');
SELECT hrr_structure_final('{1,1}');
SELECT hrr_structure_final('{1,0,2}');
SELECT hrr_structure_final('{1,NaN,2}');
SELECT hrr_structure_final('{1,17,2}');
SELECT hrr_structure_final('{2,2,1}');
SELECT hrr_structure_final('{2,2,1,2,3}');
SELECT hrr_structure_final(array_fill(1::float8, '{16003}'));
SELECT hrr_structure_final('{1,1,1e300}');
SELECT hrr_record_step('{1,1}', hrr_identity(2), hrr_identity(2));
SELECT hrr_record_step('{NaN,1}', hrr_identity(1), hrr_identity(1));
SELECT hrr_sequence_step('{1,1,2}', hrr_identity(2));
WITH state AS MATERIALIZED (SELECT hrr_sequence_step('{0}', hrr_identity(1)) AS s)
SELECT hrr_sequence_step(s, hrr_identity(1)) AS after, s AS before, hrr_record_step('{1,1}', hrr_identity(1), hrr_identity(1)) AS record FROM state;
