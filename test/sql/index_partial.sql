-- Queries that need no column of an index: its condition is theirs, or there is none
\pset format unaligned
SET client_min_messages = warning;
\getenv helpers PG_ABS_SRCDIR
\set plan :helpers '/helpers/plan.sql'
\i :plan
CREATE TABLE partial (id integer, x hrr);
INSERT INTO partial SELECT i, hrr_random(6, i) FROM generate_series(1, 3000) i;
INSERT INTO partial VALUES (2995, NULL), (2, NULL);
CREATE INDEX partial_last ON partial USING holomamba (x, (id::bigint)) WHERE id > 2990;
VACUUM ANALYZE partial;
SET enable_seqscan = off;
SET enable_bitmapscan = off;
SELECT pg_temp.plan('SELECT count(*) FROM partial WHERE id > 2990') AS "QUERY PLAN";
SELECT count(*) FROM partial WHERE id > 2990;
SELECT count(*), count(x), sum(id) FROM partial WHERE id > 2990;
SELECT count(*) FROM partial WHERE id > 2990 AND id::bigint OPERATOR(holomamba.<@) '{2991,2995,5}';
SELECT count(*) FROM (SELECT FROM partial WHERE id > 2990 ORDER BY x <#> hrr_random(6, -1) LIMIT 5) t;
SELECT n, count FROM generate_series(1, 2) n, LATERAL (SELECT count(*) FROM partial WHERE id > 2990 + n * 0) c;
SELECT EXISTS (SELECT FROM partial WHERE id > 2990);
-- Rows that the visibility map does not vouch for
DELETE FROM partial WHERE id = 2991;
INSERT INTO partial SELECT i, hrr_random(6, i) FROM generate_series(3001, 3005) i;
SELECT count(*) FROM partial WHERE id > 2990;
BEGIN;
DECLARE c SCROLL CURSOR FOR SELECT FROM partial WHERE id > 2990;
MOVE ALL c;
MOVE BACKWARD 5 c;
ROLLBACK;
DROP INDEX partial_last;
CREATE INDEX partial_all ON partial USING holomamba (x);
VACUUM partial;
SET enable_indexscan = off;
SELECT count(*) FROM partial;
DROP TABLE partial;
