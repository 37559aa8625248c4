-- Casts between hrr and arrays of numbers
\pset format unaligned

-- What a statement comes to: its value, or its error in full.
\getenv helpers PG_ABS_SRCDIR
\set outcome :helpers '/helpers/outcome.sql'
\i :outcome

SELECT value, pg_temp.outcome('SELECT ' || value) FROM (VALUES
    ($$'{1,-2,3}'::integer[]::hrr$$), ($$'{1.5,-2,3}'::real[]::hrr$$), ($$'{1.5,-2,3}'::double precision[]::hrr$$),
    ($$'{1.5,-2,3}'::numeric[]::hrr$$), ($$'{0.1}'::numeric[]::hrr$$), ($$'{0.1}'::double precision[]::hrr$$),
    ($$'{16777217}'::integer[]::hrr$$), ($$'{1e-50}'::double precision[]::hrr$$), ($$'{1e-50}'::numeric[]::hrr$$),
    -- 1 if it were rounded to double first
    ($$'{1.00000005960464477540}'::numeric[]::hrr$$),
    ($$'[5:6]={1,2}'::integer[]::hrr$$),
    ($$NULL::real[]::hrr$$),
    ($$'{1,2,3}'::integer[]::hrr(3)$$), ($$'{1,2}'::integer[]::hrr(3)$$), ($$'{1,2}'::real[]::hrr(3)$$),
    ($$'{1,2}'::double precision[]::hrr(3)$$), ($$'{1,2}'::numeric[]::hrr(3)$$),
    ($$'{}'::integer[]::hrr$$), ($$'{}'::real[]::hrr$$), ($$'{{1,2},{3,4}}'::real[]::hrr$$),
    ($$'{1,NULL}'::integer[]::hrr$$), ($$'{NULL}'::real[]::hrr$$),
    ($$'{1,NaN}'::real[]::hrr$$), ($$'{1,NaN}'::double precision[]::hrr$$), ($$'{1,NaN}'::numeric[]::hrr$$),
    ($$'{Infinity}'::real[]::hrr$$), ($$'{-Infinity}'::double precision[]::hrr$$),
    ($$'{1e39}'::double precision[]::hrr$$), ($$'{1,-1e39}'::numeric[]::hrr$$),
    ($$array_fill(1, '{16001}')::hrr$$), ($$hrr_dims(array_fill(1, '{16000}')::hrr)$$),
    ($$'{a}'::text[]::hrr$$)) AS t (value);

-- To real[], without saying so
SELECT '[1,2.5,-3]'::hrr::real[];
CREATE FUNCTION pg_temp.first(x real[]) RETURNS real LANGUAGE sql AS 'SELECT x[1]';
SELECT pg_temp.first('[1,2.5,-3]'::hrr);
CREATE TABLE arrays (x real[]);
INSERT INTO arrays VALUES ('[1,2]'::hrr);
SELECT * FROM arrays;
DROP TABLE arrays;
SELECT hrr_random(300, 1)::real[]::hrr = hrr_random(300, 1);

-- On assignment
CREATE TABLE assigned (v hrr(2));
INSERT INTO assigned VALUES (ARRAY[1,2]), (ARRAY[1.5,2.5]), (ARRAY[3,4]::real[]), (ARRAY[5,6]::double precision[]);
INSERT INTO assigned VALUES (ARRAY[1,2,3]);
SELECT * FROM assigned;
DROP TABLE assigned;

-- The function behind the casts knows its types
CREATE FUNCTION pg_temp.from_text(text[], integer, boolean) RETURNS hrr AS '$libdir/holomamba', 'array_to_hrr' LANGUAGE C;
SELECT pg_temp.outcome($$SELECT pg_temp.from_text('{1}', -1, false)$$);
