-- An index with keys: ORDER BY column <#> query with WHERE key <@ array beside it
\pset format unaligned
SET client_min_messages = warning;

CREATE TABLE keyed (id integer PRIMARY KEY, number bigint, name varchar, mark uuid, x hrr(24));
CREATE FUNCTION keyed_row(i integer) RETURNS keyed LANGUAGE sql AS $$
    SELECT ROW(i, CASE WHEN i % 50 <> 7 THEN i % 2000 * 1000003::bigint END, 'name ' || i % 1000, md5(i::text)::uuid,
               CASE WHEN i % 500 <> 3 THEN hrr_random(24, i) * exp(sin(i)) END)::keyed
$$;
INSERT INTO keyed SELECT (keyed_row(i)).* FROM generate_series(1, 6000) i;
CREATE INDEX keyed_id ON keyed USING holomamba (x, (id::bigint));
CREATE INDEX keyed_number ON keyed USING holomamba (x, number);
CREATE INDEX keyed_name ON keyed USING holomamba (x, name);
CREATE INDEX keyed_mark ON keyed USING holomamba (x, mark);
ANALYZE keyed;

-- The planner's own way
SET plan_cache_mode = force_generic_plan;
PREPARE top (hrr, bigint[]) AS SELECT id FROM keyed WHERE id::bigint OPERATOR(holomamba.<@) $2 ORDER BY x <#> $1 LIMIT 3;
EXPLAIN (COSTS OFF) EXECUTE top (NULL, NULL);
EXECUTE top (hrr_random(24, -1), '{5,900,2000,1,5,17}');
SELECT id FROM keyed WHERE id IN (5, 900, 2000, 1, 17) ORDER BY (x <#> hrr_random(24, -1)) + 0 LIMIT 3;
EXECUTE top (hrr_random(24, -1), NULL);
EXECUTE top (hrr_random(24, -1), '{}');
EXECUTE top (hrr_random(24, -1), '{NULL}');
EXECUTE top (hrr_random(24, -1), '{NULL,2}');
RESET plan_cache_mode;

-- Exact: the same rows as by a sort, by every type of key
CREATE FUNCTION keyed_differences() RETURNS TABLE (problem text) LANGUAGE plpgsql AS $$
DECLARE
    condition text; query text;
    by_index text; by_sort text;
BEGIN
    FOREACH condition IN ARRAY ARRAY[
        'id::bigint <@ ARRAY(SELECT g * 61::bigint FROM generate_series(0, 100) g)', 'id::bigint <@ ARRAY(SELECT g::bigint FROM generate_series(-5000, 40000) g)',
        'number <@ ARRAY(SELECT g * 1000003::bigint FROM generate_series(1, 2000, 9) g)', 'number <@ ''{1000003,NULL,3}''::bigint[]',
        'name::text <@ ARRAY[''name 1'', ''name 77'', ''no name'']', 'mark <@ ARRAY(SELECT md5(g::text)::uuid FROM generate_series(1, 9000, 71) g)',
        'id::bigint <@ ARRAY(SELECT g::bigint FROM generate_series(1, 3000, 7) g) AND id::bigint <@ ARRAY(SELECT g::bigint FROM generate_series(1, 3000, 11) g)',
        'id::bigint <@ ARRAY(SELECT g::bigint FROM generate_series(1, 3000, 7) g) AND id % 3 = 1']
    LOOP
        query := format('SELECT string_agg(concat(d, '' '', id), '','' ORDER BY d, id) FROM (SELECT id, x <#> hrr_random(24, -7) AS d FROM keyed WHERE %s ORDER BY d LIMIT 400) t',
                        replace(condition, '<@', 'OPERATOR(holomamba.<@)'));
        SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off; SET LOCAL enable_indexscan = on; SET LOCAL enable_bitmapscan = off;
        EXECUTE query INTO by_index;
        SET LOCAL enable_seqscan = on; SET LOCAL enable_sort = on; SET LOCAL enable_indexscan = off;
        EXECUTE query INTO by_sort;
        IF by_index IS DISTINCT FROM by_sort OR by_sort IS NULL THEN
            problem := format('%s: %s and %s', condition, left(by_index, 100), left(by_sort, 100));
            RETURN NEXT;
        END IF;
    END LOOP;
    RETURN QUERY SELECT format('%s: %s', i.name, c.problem)
        FROM unnest('{keyed_id,keyed_number,keyed_name,keyed_mark}'::regclass[]) i (name), holomamba.check_index(i.name) c;
END
$$;
SELECT * FROM keyed_differences();
-- Scanned again with other keys, and without an order
SET enable_seqscan = off;
SET enable_bitmapscan = off;
SELECT k.keys, i.id FROM (VALUES ('{1,2,3,4}'::bigint[]), (NULL), ('{5}'), ('{}'), ('{6,7,8}')) k (keys),
    LATERAL (SELECT id FROM keyed WHERE id::bigint OPERATOR(holomamba.<@) k.keys ORDER BY x <#> hrr_random(24, -2) LIMIT 2) i;
SET enable_indexscan = on;
SELECT count(*) FROM keyed WHERE mark OPERATOR(holomamba.<@) ARRAY[md5('1')::uuid, md5('2')::uuid];
-- A scan that begins again and again keeps nothing of the keys and the queries before
CREATE FUNCTION memory() RETURNS bigint LANGUAGE sql AS 'SELECT sum(used_bytes) FROM pg_backend_memory_contexts';
BEGIN;
DECLARE c CURSOR FOR SELECT g, i.id FROM (SELECT array_agg('other ' || n) AS others FROM generate_series(1, 100) n) o, generate_series(1, 3000) g,
    LATERAL (SELECT id FROM keyed WHERE name::text OPERATOR(holomamba.<@) (ARRAY['name ' || g % 7, NULL] || o.others) ORDER BY x <#> hrr_random(24, g) LIMIT 1) i;
MOVE 500 c;
SELECT memory() AS before \gset
MOVE 2000 c;
SELECT CASE WHEN memory() - :before < 200000 THEN 'no more' ELSE format('%s bytes more', memory() - :before) END AS after_2000_scans;
ROLLBACK;
DROP FUNCTION memory;
RESET enable_seqscan;
RESET enable_bitmapscan;

-- Rows that come, change and go
DELETE FROM keyed WHERE id % 4 = 0;
UPDATE keyed SET number = number + 1000003, name = name || '1' WHERE id % 5 = 0;
INSERT INTO keyed SELECT (keyed_row(i)).* FROM generate_series(7000, 8000) i;
SELECT * FROM keyed_differences();
VACUUM keyed;
INSERT INTO keyed SELECT (keyed_row(i)).* FROM generate_series(8001, 9500) i;
SELECT * FROM keyed_differences();
SELECT holomamba.refit_index('keyed_name');
REINDEX TABLE keyed;
SELECT * FROM keyed_differences();
TRUNCATE keyed;
INSERT INTO keyed SELECT (keyed_row(i)).* FROM generate_series(1, 3000) i;
SELECT * FROM keyed_differences();
DROP TABLE keyed CASCADE;
DROP FUNCTION keyed_differences;

-- What cannot be
CREATE TABLE keyed_wrong (id bigint, other bigint, small smallint, x hrr(4), y hrr(4));
CREATE INDEX ON keyed_wrong USING holomamba (id);
CREATE INDEX ON keyed_wrong USING holomamba (id, x);
CREATE INDEX ON keyed_wrong USING holomamba (x, y);
CREATE INDEX ON keyed_wrong USING holomamba (x, id, other);
CREATE INDEX ON keyed_wrong USING holomamba (x, small);
DROP TABLE keyed_wrong;
SELECT opcname, amvalidate(oid) FROM pg_opclass WHERE opcname IN ('bigint_key_ops', 'uuid_key_ops', 'text_key_ops') ORDER BY 1;
BEGIN;
CREATE OPERATOR CLASS keyed_ops FOR TYPE date USING holomamba AS OPERATOR 2 holomamba.<@ (anyelement, anyarray);
SELECT amvalidate(oid) FROM pg_opclass WHERE opcname = 'keyed_ops';
ROLLBACK;
