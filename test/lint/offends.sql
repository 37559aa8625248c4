-- What test/check_sql.pl has to find, and what it must not take for it; test/lint/offends.out is what it says. None of it is ever run.

CREATE TYPE @extschema@.hrr;
CREATE FUNCTION @extschema@.hrr_in(cstring) RETURNS @extschema@.hrr AS 'MODULE_PATHNAME' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE TABLE holomamba.thing (item integer);
CREATE OPERATOR @extschema@.<#> (LEFTARG = @extschema@.hrr, RIGHTARG = @extschema@.hrr, FUNCTION = @extschema@.hrr_less);

-- definer
CREATE FUNCTION holomamba.c_definer() RETURNS void AS 'MODULE_PATHNAME' LANGUAGE C SECURITY DEFINER;
CREATE FUNCTION holomamba.definer() RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS 'SELECT 1';
CREATE FUNCTION holomamba.pinned_definer() RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS 'SELECT 1';

-- loose
CREATE FUNCTION holomamba.loose() RETURNS void LANGUAGE plpgsql AS $$ BEGIN SET search_path = pg_catalog, pg_temp; END $$;
CREATE PROCEDURE holomamba.loose_procedure() LANGUAGE sql AS $$ SELECT 1 $$;
CREATE FUNCTION holomamba.standard() RETURNS integer LANGUAGE sql BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END;
CREATE FUNCTION holomamba.standard_return() RETURNS integer LANGUAGE sql RETURN 1;

-- replace
CREATE OR REPLACE FUNCTION holomamba.replaced() RETURNS integer LANGUAGE sql RETURN 1;
CREATE TABLE IF NOT EXISTS holomamba.there (x integer);
DO $do$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_class) THEN
        EXECUTE format('CREATE SCHEMA IF NOT EXISTS %I', 'mine');
    END IF;
END
$do$;
CREATE FUNCTION holomamba.makes_triggers() RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    EXECUTE format('CREATE OR REPLACE TRIGGER %I ON %s', 'a', 'b');
END
$$;

-- unqualified, words
CREATE FUNCTION holomamba.names(thing holomamba.thing) RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    x hrr := '[1]'::hrr;
    y text := hrr_in('[1]');
BEGIN
    SELECT thing.item INTO y FROM thing;
    EXECUTE format('SELECT x <#> y, unheard_of(1), count(*) FROM holomamba.%I thing, unheard_too, unnest(ARRAY[1]) u (x)', 'm');
    PERFORM holomamba.hrr_in(1), @extschema@.hrr_in(2) FROM holomamba.thing, pg_class, unheard_of;
    EXECUTE format('ALTER TABLE ONLY %s ENABLE TRIGGER ALL', 'pg_class');
    WITH thing_too AS (SELECT 1) INSERT INTO nowhere SELECT coalesce(1, 2) FROM thing_too JOIN new_events USING (x);
    RAISE EXCEPTION USING MESSAGE = format('thing %s: SELECT hrr_in(1) FROM thing', 1), HINT = 'SELECT hrr_in(1)';
END
$$;
COMMENT ON FUNCTION holomamba.names(holomamba.thing) IS 'SELECT FROM thing';

-- backslash
CREATE FUNCTION holomamba.backslash() RETURNS text LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM E'\n', '[.]', $x$ \w $x$;
    EXECUTE format('SELECT ''\d''');
    RETURN regexp_replace('x', '\w', '');
END
$$;

-- volatility
CREATE FUNCTION holomamba.stable_writer() RETURNS void LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    EXECUTE format('DELETE FROM %I', 'x');
    UPDATE holomamba.thing t SET item = 1;
    PERFORM nextval('s');
END
$$;
CREATE FUNCTION holomamba.stable_template() RETURNS text LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN 'DELETE FROM thing_of_others';
END
$$;
CREATE FUNCTION holomamba.safe_writer() RETURNS void LANGUAGE sql PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS 'SELECT 1';
