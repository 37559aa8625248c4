-- Every function in C that is called with NULL takes NULL for each of its arguments, whatever comes of it: an answer or an error
SET client_min_messages = error;
CREATE TEMPORARY TABLE calls AS
SELECT p.oid AS function, p.prokind, p.proname, p.pronamespace::regnamespace::text AS schema, p.proargtypes::oid[] AS types
FROM pg_proc p JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
JOIN pg_extension e ON e.oid = d.refobjid AND e.extname = 'holomamba'
WHERE p.prolang = (SELECT l.oid FROM pg_language l WHERE l.lanname = 'c') AND NOT p.proisstrict
  AND NOT EXISTS (SELECT FROM unnest(p.proargtypes) a (type) WHERE a.type IN ('internal'::regtype))
  AND p.prorettype NOT IN ('trigger'::regtype, 'event_trigger'::regtype, 'internal'::regtype);
DO $$
DECLARE
    c record;
    arguments text;
    nulls integer;
    tried integer := 0;
BEGIN
    FOR c IN SELECT * FROM calls LOOP
        -- All at once, then each beside others that are given.
        FOR nulls IN 0 .. cardinality(c.types) LOOP
            SELECT string_agg(format('%s::%s', CASE WHEN nulls IN (0, a.n) THEN 'NULL'
                                                    ELSE coalesce((SELECT v.value FROM (VALUES ('text', '''x'''), ('name', '''x'''), ('integer', '1'), ('bigint', '1'), ('boolean', 'true'),
                                                                   ('real', '1'), ('jsonb', '''{}''')) v (type, value) WHERE v.type::regtype = t.type), 'NULL') END,
                                     t.type), ', ' ORDER BY a.n)
            INTO arguments
            FROM unnest(c.types) WITH ORDINALITY a (type, n),
                 LATERAL (SELECT CASE a.type WHEN 'anyelement'::regtype THEN 'integer'::regtype WHEN 'anyarray'::regtype THEN 'integer[]'::regtype ELSE a.type::regtype END) t (type);
            BEGIN
                EXECUTE format('%s %s.%I(%s)', CASE c.prokind WHEN 'p' THEN 'CALL' ELSE 'SELECT count(*) FROM' END, c.schema, c.proname, arguments);
            EXCEPTION WHEN OTHERS THEN
                NULL;
            END;
            tried := tried + 1;
        END LOOP;
    END LOOP;
    IF tried < 100 THEN
        RAISE EXCEPTION 'only % calls were tried', tried;
    END IF;
END $$;
SELECT count(*) > 10 AS many FROM calls;
DROP TABLE calls;
