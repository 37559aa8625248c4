-- The access method holomamba: what an ordered scan returns is what a sort returns, whatever happened to the table
\pset format unaligned
SET client_min_messages = warning;
SET extra_float_digits = 3;
\getenv helpers PG_ABS_SRCDIR
\set plan :helpers '/helpers/plan.sql'
\i :plan

-- Runs a query through the index, then by sorting: the distances must be the same numbers in the same order, and every row there
-- once. $V in the query is the vector; returns how many rows there were, or what differs.
CREATE FUNCTION by_index_and_sort(query text, vector hrr) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    sql text := format('SELECT array_agg(d), array_agg(id) FROM (%s) t', replace(query, '$V', '$1'));
    by_index float8[]; by_sort float8[]; index_ids integer[]; sort_ids integer[];
BEGIN
    SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off; SET LOCAL enable_indexscan = on;
    EXECUTE sql INTO by_index, index_ids USING vector;
    SET LOCAL enable_seqscan = on; SET LOCAL enable_sort = on; SET LOCAL enable_indexscan = off;
    EXECUTE sql INTO by_sort, sort_ids USING vector;
    RETURN CASE WHEN by_index IS DISTINCT FROM by_sort THEN format('%s and %s', left(by_index::text, 200), left(by_sort::text, 200))
                WHEN (SELECT count(DISTINCT i) FROM unnest(index_ids) i) <> coalesce(cardinality(index_ids), 0) THEN 'a row twice'
                ELSE coalesce(cardinality(by_index), 0)::text END;
END $$;
CREATE FUNCTION differences(relation regclass, vectors hrr[]) RETURNS TABLE (wrong text) LANGUAGE sql AS $$
    SELECT DISTINCT outcome FROM (
        SELECT by_index_and_sort(format('SELECT id, x <#> $V AS d FROM %s %s ORDER BY x <#> $V LIMIT %s', relation, w, l), v) AS outcome, l, w
        FROM unnest(vectors) v, unnest('{1,10,1000}'::integer[]) l, unnest('{"","WHERE id % 10 = 3","WHERE id % 97 = 5","WHERE x IS NOT NULL"}'::text[]) w) t
    WHERE outcome !~ '^\d+$'
    UNION ALL SELECT format('%s: %s', c.extent, c.problem)
    FROM (SELECT i.indexrelid FROM pg_index i, pg_class c, pg_am a WHERE i.indrelid = relation AND c.oid = i.indexrelid AND a.oid = c.relam AND a.amname = 'holomamba' OFFSET 0) i,
         holomamba.check_index(i.indexrelid) c
$$;
CREATE FUNCTION queries(dims integer, count integer) RETURNS hrr[] LANGUAGE sql AS $$
    SELECT array_agg(hrr_random(dims, -i) * 10.0::float8 ^ (i % 5 - 2)) FROM generate_series(1, count) i
$$;

-- The planner's own way
CREATE TABLE index_items (id integer PRIMARY KEY, x hrr(33));
INSERT INTO index_items SELECT i, hrr_random(33, i) * exp(sin(i)) FROM generate_series(1, 4000) i;
INSERT INTO index_items SELECT i, NULL FROM generate_series(4001, 4010) i;
CREATE INDEX index_items_x ON index_items USING holomamba (x);
ANALYZE index_items;
PREPARE top (hrr) AS SELECT id FROM index_items ORDER BY x <#> $1 LIMIT 3;
SET plan_cache_mode = force_generic_plan;
EXPLAIN (COSTS OFF) EXECUTE top (NULL);
EXECUTE top (hrr_random(33, -1));
EXECUTE top (hrr_random(33, -2));
SELECT pg_temp.plan('SELECT id FROM index_items ORDER BY (SELECT x FROM index_items WHERE id = 1) <#> x LIMIT 3') AS "QUERY PLAN";
EXPLAIN (COSTS OFF) SELECT q.id, i.id FROM index_items q, LATERAL (SELECT id FROM index_items ORDER BY x <#> q.x LIMIT 3) i WHERE q.id < 3;
SELECT q.id, i.id FROM index_items q, LATERAL (SELECT id FROM index_items ORDER BY x <#> q.x LIMIT 3) i WHERE q.id < 3;
EXPLAIN (COSTS OFF) SELECT id FROM index_items WHERE id % 7 = 1 ORDER BY x <#> '[1,2]' LIMIT 3;
-- Not for what it cannot serve, or does not serve well
EXPLAIN (COSTS OFF) SELECT id FROM index_items ORDER BY x <#> '[1,2]';
EXPLAIN (COSTS OFF) SELECT id FROM index_items ORDER BY x <#> '[1,2]' DESC LIMIT 3;
EXPLAIN (COSTS OFF) SELECT id FROM index_items ORDER BY x <-> '[1,2]' LIMIT 3;
EXPLAIN (COSTS OFF) SELECT count(*) FROM index_items;
RESET plan_cache_mode;

-- Exact
SELECT * FROM differences('index_items', queries(33, 25));
SELECT by_index_and_sort('SELECT id, x <#> $V AS d FROM index_items ORDER BY x <#> $V', hrr_random(33, -1));
SELECT by_index_and_sort('SELECT id, x <#> $V AS d FROM index_items ORDER BY x <#> $V, x <#> $V + $V, id', hrr_random(33, -1));
SELECT by_index_and_sort('SELECT id, x <#> $V AS d FROM index_items ORDER BY x <#> $V LIMIT 3500', hrr_random(33, -1));
SET work_mem = '64kB';
SELECT by_index_and_sort('SELECT id, x <#> $V AS d FROM index_items ORDER BY x <#> $V', hrr_random(33, -2));
RESET work_mem;
-- A query that is NULL, zero, or of other dimensions
SELECT by_index_and_sort('SELECT id, x <#> $V AS d FROM index_items ORDER BY x <#> $V', NULL);
SELECT by_index_and_sort('SELECT id, x <#> $V AS d FROM index_items ORDER BY x <#> $V', 0 * hrr_random(33, 1));
SET enable_seqscan = off;
SELECT id FROM index_items ORDER BY x <#> '[1,2]' LIMIT 3;
RESET enable_seqscan;

-- Changes
DELETE FROM index_items WHERE id % 3 = 0;
SELECT * FROM differences('index_items', queries(33, 5));
VACUUM index_items;
SELECT * FROM differences('index_items', queries(33, 5));
INSERT INTO index_items SELECT i, hrr_random(33, i) * exp(sin(i)) FROM generate_series(5001, 7000) i;
UPDATE index_items SET x = hrr_random(33, id + 10000) WHERE id % 5 = 1;
UPDATE index_items SET x = NULL WHERE id % 100 = 1;
UPDATE index_items SET id = -id WHERE id % 100 = 2;
SELECT * FROM differences('index_items', queries(33, 5));
BEGIN;
INSERT INTO index_items SELECT i, 10 * hrr_random(33, i) FROM generate_series(8001, 9000) i;
SELECT * FROM differences('index_items', queries(33, 3));
ROLLBACK;
SELECT * FROM differences('index_items', queries(33, 3));
VACUUM index_items;
REINDEX INDEX index_items_x;
SELECT * FROM differences('index_items', queries(33, 5));
REINDEX INDEX CONCURRENTLY index_items_x;
SELECT * FROM differences('index_items', queries(33, 5));
-- Built anew where it lies, behind and before the blocks of the build before, and with a scan open. What the file holds of
-- builds before costs no scan anything
CREATE FUNCTION pg_temp.scan_cost() RETURNS numeric LANGUAGE plpgsql AS $$
DECLARE
    plan json;
BEGIN
    EXECUTE 'EXPLAIN (FORMAT JSON) SELECT id FROM index_items ORDER BY x <#> hrr_random(33, -1)' INTO plan;
    RETURN CASE WHEN plan #>> '{0,Plan,Node Type}' = 'Index Scan' THEN (plan #>> '{0,Plan,Total Cost}')::numeric END;
END $$;
SET enable_seqscan = off;
SET enable_sort = off;
SELECT pg_temp.scan_cost() AS cost, pg_relation_size('index_items_x') AS size \gset
SELECT holomamba.refit_index('index_items_x');
SELECT holomamba.refit_index('index_items_x');
SELECT holomamba.refit_index('index_items_x');
SELECT pg_relation_size('index_items_x') > 1.5 * :size AS larger, pg_temp.scan_cost() BETWEEN 0.9 * :cost AND 1.1 * :cost AS the_same_cost;
RESET enable_seqscan;
RESET enable_sort;
SELECT * FROM differences('index_items', queries(33, 5));
INSERT INTO index_items SELECT i, hrr_random(33, i) FROM generate_series(10001, 11000) i;
SELECT * FROM differences('index_items', queries(33, 5));
BEGIN;
SET LOCAL enable_seqscan = off;
SET LOCAL enable_sort = off;
DECLARE c CURSOR FOR SELECT id FROM index_items ORDER BY x <#> hrr_random(33, -1);
FETCH 2 c;
SELECT holomamba.refit_index('index_items_x');
MOVE 2000 c;
SELECT holomamba.refit_index('index_items_x');
MOVE ALL c;
ROLLBACK;
SELECT * FROM differences('index_items', queries(33, 5));
DELETE FROM index_items;
VACUUM index_items;
SELECT * FROM differences('index_items', queries(33, 1));
SELECT holomamba.refit_index('index_items_x');
INSERT INTO index_items SELECT i, hrr_random(33, i) FROM generate_series(1, 500) i;
SELECT * FROM differences('index_items', queries(33, 2));
TRUNCATE index_items;
INSERT INTO index_items SELECT i, hrr_random(33, i) FROM generate_series(1, 500) i;
SELECT * FROM differences('index_items', queries(33, 2));
-- Deleted rows are remembered as dead by the scans that met them
DELETE FROM index_items WHERE id <= 400;
SELECT * FROM differences('index_items', queries(33, 2));
SELECT * FROM differences('index_items', queries(33, 2));
DROP TABLE index_items;

-- Vectors that make it hard: huge, tiny, zero, equal, denormal, and those with one large element, and with few dimensions
CREATE TABLE index_hard (id integer, x hrr);
CREATE INDEX index_hard_empty ON index_hard USING holomamba (x);
INSERT INTO index_hard
SELECT i, CASE i % 8 WHEN 0 THEN hrr_random(20, i) * 1e37::float8 WHEN 1 THEN hrr_random(20, i) * 1e-37::float8
                     WHEN 2 THEN 0 * hrr_random(20, i) WHEN 3 THEN hrr_random(20, 1) WHEN 4 THEN hrr_random(20, i) * 1e-44::float8
                     WHEN 5 THEN hrr_random(20, i) + 1000 * hrr_identity(20) WHEN 6 THEN hrr_random(20, 1) * 1.0000001::float8 END
FROM generate_series(1, 3000) i;
CREATE FUNCTION hard_queries() RETURNS hrr[] LANGUAGE sql AS $$
    SELECT queries(20, 3) || ARRAY[hrr_random(20, 1), hrr_identity(20), -hrr_identity(20), hrr_random(20, 2) * 1e37::float8, hrr_random(20, 3) * 1e-37::float8,
                                   hrr_random(20, 4) * 1e-44::float8, 0 * hrr_identity(20)]
$$;
SELECT * FROM differences('index_hard', hard_queries());
DROP INDEX index_hard_empty;
CREATE INDEX ON index_hard USING holomamba (x);
SELECT * FROM differences('index_hard', hard_queries());
DROP TABLE index_hard;
CREATE TABLE index_small (id integer, x hrr);
CREATE INDEX index_small_x ON index_small USING holomamba (x);
SELECT by_index_and_sort('SELECT id, x <#> $V AS d FROM index_small ORDER BY x <#> $V', '[1]');
INSERT INTO index_small VALUES (1, '[2]'), (2, '[-1]'), (3, NULL), (4, '[0]'), (5, '[2]');
SELECT * FROM differences('index_small', '{"[1]","[-1]","[0]"}');
TRUNCATE index_small;
INSERT INTO index_small VALUES (1, NULL), (2, '[1,2,3]'), (3, '[3,2,1]');
SELECT * FROM differences('index_small', '{"[1,0,0]","[0,0,1]"}');
TRUNCATE index_small;
-- Rows of more than one length: an error where a row that is there differs, as without an index
INSERT INTO index_small SELECT i, hrr_random(5 + i % 2, i) FROM generate_series(1, 100) i;
SET enable_seqscan = off;
SELECT id FROM index_small ORDER BY x <#> hrr_random(5, -1) LIMIT 1;
SELECT id FROM index_small ORDER BY x <#> hrr_random(6, -1) LIMIT 1;
RESET enable_seqscan;
DELETE FROM index_small WHERE hrr_dims(x) = 6;
SELECT * FROM differences('index_small', queries(5, 5));
UPDATE index_small SET x = hrr_random(7, id);
SELECT * FROM differences('index_small', queries(7, 5));
REINDEX TABLE index_small;
SELECT * FROM differences('index_small', queries(7, 5));
DROP TABLE index_small;
CREATE TABLE index_large (id integer, x hrr);
INSERT INTO index_large SELECT i, hrr_random(1000, i) FROM generate_series(1, 100) i;
CREATE INDEX ON index_large USING holomamba (x);
SELECT * FROM differences('index_large', queries(1000, 3));
INSERT INTO index_large VALUES (101, hrr_random(1001, 1));
DROP INDEX index_large_x_idx;
DELETE FROM index_large WHERE id <= 100;
CREATE INDEX ON index_large USING holomamba (x);
TRUNCATE index_large;
CREATE INDEX ON index_large USING holomamba (x);
INSERT INTO index_large VALUES (101, hrr_random(1001, 1));
DROP TABLE index_large;

-- Where most of the length lies in few directions, as with trained vectors, and rows come late or in other directions
CREATE TABLE index_trained (id integer, x hrr);
INSERT INTO index_trained
SELECT i, hrr_random(65, i) * 0.2::float8 + hrr_random(65, 1000000 + i % 5) * sin(i) + hrr_random(65, 2000000 + i % 7) * cos(i) FROM generate_series(1, 6000) i;
CREATE INDEX ON index_trained USING holomamba (x);
ANALYZE index_trained;
SELECT * FROM differences('index_trained', queries(65, 5) || ARRAY[hrr_random(65, 1000001), -hrr_random(65, 2000003)]);
INSERT INTO index_trained SELECT i, hrr_random(65, i) FROM generate_series(6001, 7000) i;
SELECT * FROM differences('index_trained', queries(65, 5) || ARRAY[hrr_random(65, 1000001), -hrr_random(65, 2000003)]);
SELECT pg_relation_size('index_trained_x_idx') < 1.4 * 65 * 8000 AS small;
DROP TABLE index_trained;

-- Tables of other kinds, partial indexes, expressions, cursors
CREATE TEMPORARY TABLE index_temporary (id integer, x hrr);
CREATE INDEX ON index_temporary USING holomamba (x) WHERE id > 100;
CREATE INDEX ON index_temporary USING holomamba ((-x));
INSERT INTO index_temporary SELECT i, hrr_random(10, i) FROM generate_series(1, 600) i;
SELECT by_index_and_sort('SELECT id, x <#> $V AS d FROM index_temporary WHERE id > 100 ORDER BY x <#> $V', hrr_random(10, -1));
SELECT by_index_and_sort('SELECT id, (-x) <#> $V AS d FROM index_temporary ORDER BY (-x) <#> $V', hrr_random(10, -1));
SET enable_seqscan = off;
SELECT count(*) FROM index_temporary WHERE id > 100;
RESET enable_seqscan;
CREATE UNLOGGED TABLE index_unlogged (id integer, x hrr);
CREATE INDEX ON index_unlogged USING holomamba (x);
INSERT INTO index_unlogged SELECT i, hrr_random(10, i) FROM generate_series(1, 600) i;
SELECT * FROM differences('index_unlogged', queries(10, 2));
ALTER TABLE index_unlogged SET LOGGED;
SELECT * FROM differences('index_unlogged', queries(10, 2));
DELETE FROM index_unlogged WHERE id % 2 = 0;
SET enable_seqscan = off;
BEGIN;
DECLARE c CURSOR FOR SELECT id FROM index_unlogged ORDER BY x <#> hrr_random(10, -1);
FETCH 2 c;
DELETE FROM index_unlogged;
INSERT INTO index_unlogged SELECT i, 100 * hrr_random(10, -1) FROM generate_series(1, 10) i;
FETCH 2 c;
MOVE ALL c;
SELECT count(*) FROM (SELECT id FROM index_unlogged ORDER BY x <#> hrr_random(10, -1)) t;
ROLLBACK;
DROP TABLE index_unlogged;
RESET enable_seqscan;

-- What cannot be
CREATE TABLE index_wrong (id integer, x hrr(4), y hrr(4));
CREATE INDEX ON index_wrong USING holomamba (id);
CREATE INDEX ON index_wrong USING holomamba (x, y);
CREATE UNIQUE INDEX ON index_wrong USING holomamba (x);
CREATE INDEX ON index_wrong USING holomamba (x) INCLUDE (id);
CREATE INDEX ON index_wrong USING holomamba (x) WITH (fillfactor = 50);
CREATE INDEX index_wrong_tree ON index_wrong (id);
SELECT * FROM holomamba.check_index('index_wrong_tree');
SELECT * FROM holomamba.check_index('index_wrong');
SELECT * FROM holomamba.check_index(1);
SELECT amvalidate(oid) FROM pg_opclass WHERE opcname = 'hrr_inner_product_ops';
CREATE INDEX index_wrong_x ON index_wrong USING holomamba (x);
CREATE ROLE index_stranger;
SET ROLE index_stranger;
SELECT * FROM holomamba.check_index('index_wrong_x');
SELECT holomamba.refit_index('index_wrong_x');
RESET ROLE;
DROP ROLE index_stranger;
DROP TABLE index_wrong;
DROP FUNCTION by_index_and_sort, differences, queries, hard_queries;
