-- Text form, binary form, typmod, storage and casts of fhrr; what it shares with hrr is tested there
\pset format unaligned

-- What a statement comes to: its value, or its error in full.
\getenv helpers PG_ABS_SRCDIR
\set outcome :helpers '/helpers/outcome.sql'
\i :outcome

SELECT literal, pg_temp.outcome(format('SELECT %L::fhrr', literal)) FROM (VALUES
    ('[1,2,3]'), ('[1]'), ('  [ 1 ,  -2.5,3e0 ]  '), ('[0.1,16777217,3.4028235e38,1e-45]'), ('[]'), ('[1,x]'), ('[NaN]'), ('[1e39]'),
    ('1')) AS t (literal);
SELECT bool_and(fhrr_random(n, n)::text::fhrr = fhrr_random(n, n)) FROM generate_series(1, 300) AS n;
SELECT fhrr_dims('[1,2,3]'), fhrr_dims(('[0' || repeat(',0', 15999) || ']')::fhrr);

-- Typmod
SELECT value, pg_temp.outcome('SELECT ' || value) FROM (VALUES
    ($$'[1,2,3]'::fhrr(3)$$), ($$'[1,2]'::fhrr(3)$$), ($$'[1,2]'::fhrr::fhrr(3)$$), ($$'[1]'::fhrr(0)$$), ($$'[1]'::fhrr(16001)$$),
    ($$'[1]'::fhrr(1,2)$$), ($$ARRAY[1,2]::fhrr(3)$$), ($$'[1,2]'::hrr::fhrr(3)$$), ($$'[1,2]'::fhrr::hrr(3)$$),
    ($$'[1,2]'::hrr::fhrr(2)$$)) AS t (value);
CREATE TABLE typed (id integer PRIMARY KEY, v fhrr(3));
SELECT format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = 'typed'::regclass AND attname = 'v';
INSERT INTO typed VALUES (1, '[1,2,3]'), (2, NULL), (3, ARRAY[7,8,9]), (4, '[1,0,0]'::hrr);
SELECT statement, pg_temp.outcome(statement) FROM (VALUES
    ($$INSERT INTO typed VALUES (5, '[1,2]')$$), ($$INSERT INTO typed VALUES (5, '[1,2]'::hrr)$$),
    ($$INSERT INTO typed VALUES (5, ARRAY[1,2])$$)) AS t (statement);
SELECT * FROM typed ORDER BY id;

-- Arrays hold the numbers of the layout
SELECT value, pg_temp.outcome('SELECT ' || value) FROM (VALUES
    ('ARRAY[1,2]::fhrr'), ('ARRAY[1,0.5]::real[]::fhrr'), ('ARRAY[1,0.5]::double precision[]::fhrr'), ('ARRAY[1,0.5]::numeric[]::fhrr'),
    ($$'[1,2.5]'::fhrr::real[]$$), ('ARRAY[NULL,1]::fhrr'), ('ARRAY[]::real[]::fhrr'), ('ARRAY[[1]]::fhrr'), ('ARRAY[1e39]::numeric[]::fhrr'),
    ($$'{NaN}'::real[]::fhrr$$), ($$ARRAY[1e39]::double precision[]::fhrr$$)) AS t (value);

-- To hrr and back: coefficients in the order re 0, re 1, im 1, ... and n/2 last where n is even
SELECT n, pg_temp.outcome(format('SELECT %L::hrr::fhrr', v)), pg_temp.outcome(format('SELECT %L::hrr::fhrr::hrr', v))
FROM (VALUES (1, '[5]'), (2, '[5,3]'), (4, '[1,2,4,8]')) AS t (n, v);
SELECT max((a::fhrr::hrr <-> a) / l2_norm(a)) < 1e-6 AS back, max((a::fhrr::hrr::fhrr <-> a::fhrr) / l2_norm(a)) < 1e-6 AS there, count(*)
FROM (SELECT hrr_random(n, n) FROM generate_series(1, 300) AS n) AS t (a);
SELECT pg_temp.outcome($$SELECT '[3e38,3e38]'::hrr::fhrr$$);
-- The definition, term by term
SELECT max(abs(c - expected)) < 1e-5 AS definition, count(*)
FROM unnest('{1,2,3,4,5,7,8,96,127,128,129}'::integer[]) AS n, LATERAL unnest(hrr_random(n, n)::fhrr::real[]) WITH ORDINALITY AS s (c, i),
     LATERAL (SELECT sum(x * CASE WHEN i % 2 = 0 OR i = 1 THEN cos(angle) ELSE -sin(angle) END)
              FROM unnest(hrr_random(n, n)::real[]) WITH ORDINALITY AS t (x, j),
                   LATERAL (SELECT 2 * pi() * (j - 1) * (i / 2) / n) AS a (angle)) AS e (expected);

-- Storage
SELECT typstorage, typalign, typlen, typcategory FROM pg_type WHERE typname = 'fhrr';
CREATE TABLE stored (id integer PRIMARY KEY, v fhrr);
INSERT INTO stored SELECT n, fhrr_random(n, n) FROM unnest('{1,29,30,400,16000}'::integer[]) AS n;
SELECT id, fhrr_dims(v), pg_column_size(v), v = fhrr_random(id, id) AS intact FROM stored ORDER BY id;

-- COPY
CREATE TABLE returned (LIKE typed);
COPY typed TO PROGRAM 'cat > holomamba_fhrr.bin' WITH (FORMAT binary);
COPY returned FROM PROGRAM 'cat holomamba_fhrr.bin' WITH (FORMAT binary);
COPY (SELECT) TO PROGRAM 'rm holomamba_fhrr.bin && cat > /dev/null';
SELECT count(*) FROM typed JOIN returned USING (id) WHERE typed.v IS NOT DISTINCT FROM returned.v;
COPY returned TO stdout;
SELECT fhrr_send('[1,-2,0.5]');
DROP TABLE typed, stored, returned;

-- A literal that could be either is an hrr
SELECT pg_typeof(bind('[1,2]', '[3,4]')), pg_typeof('[1]' * fhrr '[2]'), pg_typeof('[1]' * hrr '[2]');
