-- Whoever calls check_index() or refit_index(): the functions in an index run with the rights of its owner, and cannot take others
\pset format unaligned
SET client_min_messages = warning;
CREATE ROLE regress_mallory;
CREATE ROLE regress_reader;
CREATE SCHEMA mallory AUTHORIZATION regress_mallory;
GRANT USAGE ON SCHEMA mallory TO regress_reader;

SET ROLE regress_mallory;
CREATE FUNCTION mallory.vector_of(id integer) RETURNS hrr IMMUTABLE LANGUAGE sql AS 'SELECT public.hrr_random(4, id)';
CREATE FUNCTION mallory.is_wanted(id integer) RETURNS boolean IMMUTABLE LANGUAGE sql AS 'SELECT id < 3';
CREATE TABLE mallory.things (id integer);
INSERT INTO mallory.things VALUES (1), (2), (3);
CREATE INDEX things_vector ON mallory.things USING holomamba (mallory.vector_of(id), (id::bigint)) WHERE mallory.is_wanted(id);
-- What she hides in them says who runs it, and under which path it would look for an operator.
CREATE FUNCTION mallory.tell(what text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    RAISE WARNING '% as %, path %', what, current_user, current_setting('search_path');
    BEGIN
        SET LOCAL ROLE NONE;
        RAISE WARNING 'and is % now', current_user;
    EXCEPTION WHEN OTHERS THEN
        RAISE WARNING '%', SQLERRM;
    END;
END $$;
CREATE OR REPLACE FUNCTION mallory.vector_of(id integer) RETURNS hrr IMMUTABLE LANGUAGE plpgsql AS $$
BEGIN
    PERFORM mallory.tell('vector');
    RETURN public.hrr_random(4, id);
END $$;
CREATE OR REPLACE FUNCTION mallory.is_wanted(id integer) RETURNS boolean IMMUTABLE LANGUAGE plpgsql AS $$
BEGIN
    PERFORM mallory.tell('condition');
    RETURN id < 2;
END $$;
-- Evaluated as soon as the index's columns are asked for, as its argument is a constant.
CREATE TABLE mallory.constants (id integer, x hrr);
INSERT INTO mallory.constants VALUES (1, '[1,2]');
CREATE FUNCTION mallory.constant(id integer) RETURNS boolean IMMUTABLE LANGUAGE sql AS 'SELECT id = 1';
CREATE INDEX constants_x ON mallory.constants USING holomamba (x) WHERE mallory.constant(1);
CREATE OR REPLACE FUNCTION mallory.constant(id integer) RETURNS boolean IMMUTABLE LANGUAGE plpgsql AS $$
BEGIN
    PERFORM mallory.tell('constant');
    RETURN id = 1;
END $$;
RESET ROLE;

-- By a superuser, in a session that has not seen the index yet
\c -
\pset format unaligned
SET search_path = mallory, public;
SELECT holomamba.check_index('mallory.things_vector');
SELECT holomamba.refit_index('mallory.things_vector');
SELECT current_user = session_user AS as_before, current_setting('search_path') AS path;
\c -
\pset format unaligned
SELECT holomamba.refit_index('mallory.constants_x');
\c -
\pset format unaligned
SELECT holomamba.check_index('mallory.constants_x');
-- An error in it leaves the caller who he was
SET ROLE regress_mallory;
CREATE OR REPLACE FUNCTION mallory.vector_of(id integer) RETURNS hrr IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN RAISE 'no vector for %', current_user; END $$;
RESET ROLE;
CREATE FUNCTION caught(call text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE call;
    RETURN 'done';
EXCEPTION WHEN OTHERS THEN
    RETURN format('%s: %s, and I am %s with path %s', SQLSTATE, SQLERRM, CASE WHEN current_user = session_user THEN 'myself' ELSE current_user END, current_setting('search_path'));
END $$;
SELECT caught($$SELECT holomamba.check_index('mallory.things_vector')$$);
SELECT caught($$SELECT holomamba.refit_index('mallory.things_vector')$$);

-- Who may: the owner refits, whoever may read the table checks
SET ROLE regress_reader;
SELECT holomamba.check_index('mallory.constants_x');
SELECT holomamba.refit_index('mallory.constants_x');
RESET ROLE;
GRANT SELECT ON mallory.constants TO regress_reader;
SET ROLE regress_reader;
SELECT holomamba.check_index('mallory.constants_x');
SELECT holomamba.refit_index('mallory.constants_x');
RESET ROLE;

-- What is no index of ours, or has no pages
CREATE TABLE mallory.parts (id integer, x hrr) PARTITION BY RANGE (id);
CREATE INDEX parts_x ON mallory.parts USING holomamba (x);
SELECT holomamba.check_index('mallory.parts_x');
SELECT holomamba.refit_index('mallory.parts_x');
SELECT holomamba.check_index('mallory.parts');
SELECT holomamba.refit_index('pg_class_oid_index');

-- Not from within a statement that writes to it: a function in the index could ask for that. One that reads by it goes on
CREATE FUNCTION refits(x hrr) RETURNS hrr LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    IF current_setting('regress.refit', true) = 'on' THEN
        PERFORM set_config('regress.refit', 'off', false);
        PERFORM holomamba.refit_index('public.refitted_x');
    END IF;
    RETURN x;
END $$;
CREATE TABLE refitted (id integer PRIMARY KEY, x hrr);
INSERT INTO refitted SELECT i, hrr_random(16, i) FROM generate_series(1, 100) i;
CREATE INDEX refitted_x ON refitted USING holomamba (refits(x));
SET regress.refit = on;
INSERT INTO refitted VALUES (101, hrr_random(16, 101));
SET regress.refit = on;
UPDATE refitted SET x = hrr_random(16, 102) WHERE id = 1;
RESET regress.refit;
INSERT INTO refitted VALUES (101, hrr_random(16, 101));
SELECT count(*) FROM refitted;
SELECT * FROM holomamba.check_index('refitted_x');
BEGIN;
DECLARE c CURSOR FOR SELECT id FROM refitted ORDER BY refits(x) <#> hrr_random(16, 7) LIMIT 50;
SET LOCAL enable_seqscan = off;
FETCH 1 FROM c;
SELECT holomamba.refit_index('refitted_x');
MOVE ALL c;
ROLLBACK;
BEGIN;
INSERT INTO refitted VALUES (102, hrr_random(16, 102));
SELECT holomamba.refit_index('refitted_x');
COMMIT;
SELECT * FROM holomamba.check_index('refitted_x');
DROP TABLE refitted;
DROP FUNCTION refits, caught;
SET client_min_messages = error;
DROP SCHEMA mallory CASCADE;
DROP ROLE regress_mallory, regress_reader;
