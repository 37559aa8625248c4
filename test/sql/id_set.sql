-- The sets of ids behind is_among() and <@: id = ANY (ids), whatever becomes of the array between two calls
\pset format unaligned
SET client_min_messages = warning;

-- Variables of PL/pgSQL that change: each expression below is one to the server, with another array every time
CREATE FUNCTION changing_arrays() RETURNS TABLE (numbers integer, texts integer, operator integer, fields integer, of_records integer) LANGUAGE plpgsql AS $$
DECLARE
    ids bigint[]; names text[]; pair RECORD; field RECORD;
BEGIN
    numbers := 0; texts := 0; operator := 0; fields := 0; of_records := 0;
    FOR i IN 1 .. 1000 LOOP
        -- Twice, so that the second array comes to lie where that of the round before was.
        ids := ARRAY[i, i + 1];
        ids := ARRAY[i, i + 1];
        names := ARRAY['item ' || i, repeat('x', i % 50)];
        names := ARRAY['item ' || i, repeat('x', i % 50)];
        field := ROW(i, ARRAY['item ' || i, 'x'], ARRAY[i]::bigint[]);
        field := ROW(i, ARRAY['item ' || i, 'x'], ARRAY[i]::bigint[]);
        numbers := numbers + (holomamba_internal.is_among(i::bigint, ids) AND NOT holomamba_internal.is_among(i - 1::bigint, ids))::integer;
        texts := texts + (holomamba_internal.is_among('item ' || i, names) AND NOT holomamba_internal.is_among('item ' || i - 1, names))::integer;
        operator := operator + (i::bigint OPERATOR(holomamba.<@) ids AND NOT i + 2::bigint OPERATOR(holomamba.<@) ids)::integer;
        fields := fields + holomamba_internal.is_among('item ' || i, field.f2)::integer + holomamba_internal.is_among(i::bigint, field.f3)::integer;
        SELECT i AS n, array_agg('item ' || n) AS names INTO pair FROM generate_series(i, i + 40) n;
        of_records := of_records + (holomamba_internal.is_among('item ' || i + 7, pair.names) AND NOT holomamba_internal.is_among('item ' || i - 1, pair.names))::integer;
    END LOOP;
    RETURN NEXT;
END $$;
SELECT * FROM changing_arrays();
DROP FUNCTION changing_arrays;

-- Against = ANY, for every shape of array
CREATE TABLE sets (kind text, ids bigint[], names text[], marks uuid[]);
INSERT INTO sets
SELECT kind, ids, (SELECT array_agg('name ' || n) FROM unnest(ids) n), (SELECT array_agg(md5(n::text)::uuid) FROM unnest(ids) n)
FROM (VALUES ('few', '{5,1,5}'::bigint[]), ('two dimensions', '{{1,2},{5,6}}'), ('from 0', '[0:2]={7,5,3}'), ('none', '{}'), ('NULL', NULL), ('NULLs', '{NULL,5,NULL,9}'),
             ('only NULLs', '{NULL,NULL}'), ('ends of the range', '{-9223372036854775808,9223372036854775807,0}'),
             ('dense', ARRAY(SELECT generate_series(-100, 900, 3)::bigint)), ('sparse', ARRAY(SELECT g * 1000003::bigint FROM generate_series(-900, 900) g))) s (kind, ids);
INSERT INTO sets SELECT 'stored apart', array_agg(hashint8extended(g, 1)), array_agg(md5(g::text)), array_agg(md5(g::text)::uuid) FROM generate_series(1, 3000) g;
SELECT pg_column_size(ids) BETWEEN 24000 AND 24100 AS stored_apart FROM sets WHERE kind = 'stored apart';
CREATE TABLE asked AS
SELECT id, 'name ' || id AS name, md5(id::text)::uuid AS mark
FROM (SELECT unnest('{-9223372036854775808,9223372036854775807,-1000003,2000006,NULL}'::bigint[]) UNION SELECT generate_series(-120, 1000)
      UNION SELECT hashint8extended(g, 1) FROM generate_series(1, 4000, 7) g) a (id);
-- The array as a column, which has another value in each row
SELECT s.kind, count(*) FILTER (WHERE a.id = ANY (s.ids)) AS found,
       count(*) FILTER (WHERE holomamba_internal.is_among(a.id, s.ids) IS TRUE <> (a.id = ANY (s.ids)) IS TRUE OR holomamba_internal.is_among(a.name, s.names) IS TRUE <> (a.name = ANY (s.names)) IS TRUE
                           OR holomamba_internal.is_among(a.mark, s.marks) IS TRUE <> (a.mark = ANY (s.marks)) IS TRUE) AS wrong
FROM sets s, asked a GROUP BY 1 ORDER BY 1;
-- As a parameter and as a constant of one statement, of a cursor that is read in pieces, and of a function
PREPARE among (bigint[], text[], uuid[]) AS
SELECT count(*) FILTER (WHERE holomamba_internal.is_among(id, $1)) AS ids, count(*) FILTER (WHERE name OPERATOR(holomamba.<@) $2) AS names, count(*) FILTER (WHERE holomamba_internal.is_among(mark, $3)) AS marks,
       count(*) FILTER (WHERE id = ANY ($1)) AS right_ids, count(*) FILTER (WHERE name = ANY ($2)) AS right_names, count(*) FILTER (WHERE mark = ANY ($3)) AS right_marks FROM asked;
CREATE FUNCTION cursor_among(ids bigint[]) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    c CURSOR (those bigint[]) FOR SELECT id FROM asked WHERE holomamba_internal.is_among(id, those) ORDER BY id;
    found integer := 0;
BEGIN
    FOR row IN c (ids) LOOP
        ids := ARRAY[row.id];
        found := found + 1;
    END LOOP;
    RETURN found;
END $$;
CREATE FUNCTION function_among(ids bigint[]) RETURNS SETOF bigint LANGUAGE sql STABLE ROWS 10 AS 'SELECT id FROM asked WHERE id OPERATOR(holomamba.<@) ids';
CREATE FUNCTION differences_among() RETURNS TABLE (kind text, problem text) LANGUAGE plpgsql AS $$
DECLARE
    s sets; row RECORD;
BEGIN
    FOR s IN SELECT * FROM sets LOOP
        kind := s.kind;
        FOR generic IN 0 .. 1 LOOP
            PERFORM set_config('plan_cache_mode', CASE generic WHEN 0 THEN 'force_custom_plan' ELSE 'force_generic_plan' END, true);
            EXECUTE format('EXECUTE among (%L, %L, %L)', s.ids, s.names, s.marks) INTO row;
            problem := row;
            IF (row.ids, row.names, row.marks) IS DISTINCT FROM (row.right_ids, row.right_names, row.right_marks) THEN RETURN NEXT; END IF;
        END LOOP;
        IF cursor_among(s.ids) <> row.right_ids THEN problem := 'by a cursor'; RETURN NEXT; END IF;
        IF (SELECT count(*) FROM function_among(s.ids)) <> row.right_ids THEN problem := 'by a function'; RETURN NEXT; END IF;
    END LOOP;
END $$;
SELECT * FROM differences_among();
SELECT kind, f.count FROM sets s, LATERAL (SELECT count(*) FROM function_among(s.ids)) f ORDER BY 1;

-- Elements of an array of arrays, each an argument of its own
CREATE DOMAIN some_ids AS bigint[];
SELECT n, n OPERATOR(holomamba.<@) ANY ('{"{1,2}","{3}","{}"}'::some_ids[]) AS in_any, n OPERATOR(holomamba.<@) ALL ('{"{1,2}","{2,3}"}'::some_ids[]) AS in_all FROM generate_series(1, 4::bigint) n;

-- Equality is that of the column's collation
CREATE COLLATION no_case (PROVIDER = icu, LOCALE = 'und-u-ks-level2', DETERMINISTIC = false);
SELECT name, holomamba_internal.is_among(name COLLATE no_case, '{Anna,BERTA}') AS among, holomamba_internal.is_among(name, '{Anna,BERTA}') AS exactly FROM unnest('{ANNA,Anna,berta,cora}'::text[]) name;
DO $$ BEGIN ASSERT holomamba_internal.is_among('ANNA' COLLATE no_case, ARRAY['berta', 'anna']); ASSERT NOT holomamba_internal.is_among('ANNA'::text, ARRAY['berta', 'anna']); END $$;

-- A type without a hash, in a statement and in an expression
\set VERBOSITY sqlstate
SELECT holomamba_internal.is_among('(1,2)'::point, '{}'::point[]);
DO $$ BEGIN PERFORM 1 WHERE holomamba_internal.is_among('(1,2)'::point, '{}'::point[]); END $$;
DO $$ DECLARE found boolean; BEGIN found := holomamba_internal.is_among('(1,2)'::point, '{}'::point[]); END $$;
\set VERBOSITY default

DROP TABLE sets, asked CASCADE;
DROP FUNCTION differences_among, cursor_among, function_among;
DROP DOMAIN some_ids;
DROP COLLATION no_case;
