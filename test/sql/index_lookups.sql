-- What the server looks up while an index is at work, it may forget at once: on a server with assertions it does, in this file
\pset format unaligned
SET client_min_messages = warning;

-- Vectors that are stored apart, so that reading one looks things up; keys whose hash does.
CREATE COLLATION lookups_case (PROVIDER = icu, LOCALE = 'und-u-ks-level2', DETERMINISTIC = false);
CREATE TABLE lookups (id integer PRIMARY KEY, name text COLLATE lookups_case, x hrr);
CREATE TABLE lookups_queries AS SELECT i AS id, hrr_random(1000, -i) AS x, ARRAY(SELECT 'NAME ' || g FROM generate_series(i, 16, 3) g) COLLATE lookups_case AS names FROM generate_series(1, 2) i;
INSERT INTO lookups SELECT i, 'name ' || i, CASE WHEN i % 10 <> 7 THEN hrr_random(1000, i) END FROM generate_series(1, 12) i;
CREATE FUNCTION lookups_vector(id integer) RETURNS hrr IMMUTABLE LANGUAGE plpgsql SET search_path FROM CURRENT AS 'BEGIN RETURN hrr_random(8, id); END';
SELECT pg_relation_size(reltoastrelid) > 40000 AS stored_apart FROM pg_class WHERE relname = 'lookups';
SELECT set_config('debug_discard_caches', least(max_val::integer, 1)::text, false) <> max_val AS forgets FROM pg_settings WHERE name = 'debug_discard_caches' \gset
CREATE INDEX lookups_x ON lookups USING holomamba (x);
CREATE INDEX lookups_named ON lookups USING holomamba (x, name);
CREATE INDEX lookups_expression ON lookups USING holomamba (lookups_vector(id), (id::bigint)) WHERE lookups_vector(id) IS NOT NULL;
CREATE TABLE lookups_empty (id integer, x hrr);
CREATE INDEX lookups_empty_x ON lookups_empty USING holomamba (x);

-- Inserts, updates and scans, of new, toasted and NULL vectors
INSERT INTO lookups SELECT i, 'name ' || i, hrr_random(1000, i) FROM generate_series(13, 16) i;
UPDATE lookups SET x = -x WHERE id < 3;
UPDATE lookups SET name = upper(name) WHERE id BETWEEN 10 AND 11;
INSERT INTO lookups_empty SELECT id, x FROM lookups WHERE id IN (7, 8, 9);
SET enable_seqscan = off;
SET enable_sort = off;
CREATE FUNCTION lookups_differences(sql text) RETURNS TABLE (rows integer, by_index text, by_sort text) LANGUAGE plpgsql AS $$
BEGIN
    SET LOCAL enable_indexscan = on;
    EXECUTE sql INTO rows, by_index;
    SET LOCAL debug_discard_caches = 0;
    SET LOCAL enable_indexscan = off; SET LOCAL enable_sort = on; SET LOCAL enable_seqscan = on;
    EXECUTE sql INTO rows, by_sort;
    IF by_index IS NOT DISTINCT FROM by_sort THEN by_index := 'the same'; by_sort := NULL; END IF;
    RETURN NEXT;
END $$;
SELECT * FROM lookups_differences($$SELECT count(*), string_agg(concat(q.id, ' ', i.id), ',' ORDER BY q.id, i.d)
    FROM lookups_queries q, LATERAL (SELECT id, x <#> q.x AS d FROM lookups ORDER BY x <#> q.x LIMIT 5) i$$);
SELECT * FROM lookups_differences($$SELECT count(*), string_agg(concat(q.id, ' ', i.id), ',' ORDER BY q.id, i.d)
    FROM lookups_queries q, LATERAL (SELECT id, x <#> q.x AS d FROM lookups WHERE name OPERATOR(holomamba.<@) q.names ORDER BY x <#> q.x LIMIT 4) i$$);
SELECT * FROM lookups_differences($$SELECT count(*), string_agg(concat(i.id), ',' ORDER BY i.d)
    FROM (SELECT id, lookups_vector(id) <#> lookups_vector(-1) AS d FROM lookups WHERE lookups_vector(id) IS NOT NULL AND id::bigint OPERATOR(holomamba.<@) '{1,2,7,12,16}'
          ORDER BY lookups_vector(id) <#> lookups_vector(-1) LIMIT 4) i$$);
SELECT * FROM lookups_differences($$SELECT count(*), string_agg(id::text, ',' ORDER BY d) FROM (SELECT id, x <#> hrr_random(1000, -9) AS d FROM lookups_empty ORDER BY x <#> hrr_random(1000, -9)) i$$);

-- Everything else that reads or writes one
SELECT holomamba.refit_index('lookups_named');
DELETE FROM lookups WHERE id % 3 = 0;
VACUUM ANALYZE lookups;
REINDEX INDEX CONCURRENTLY lookups_x;
SELECT name, c.* FROM unnest('{lookups_x,lookups_named,lookups_expression,lookups_empty_x}'::regclass[]) name, holomamba.check_index(name) c;
RESET debug_discard_caches;
DROP TABLE lookups, lookups_queries, lookups_empty CASCADE;
DROP FUNCTION lookups_differences, lookups_vector;
DROP COLLATION lookups_case;
