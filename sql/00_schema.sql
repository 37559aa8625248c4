-- The schemas of the extension.
--
-- What is typed every day lives in the schema that CREATE EXTENSION was given, written @extschema@ here: the types hrr
-- and ssm_state with their operators, functions and aggregates, recommend() and its like. The other two belong to the
-- extension: holomamba has the catalogue and the administration of models, holomamba_internal the functions that these call.

DO $$
DECLARE
    taken text := (SELECT pg_catalog.min(n.nspname::text) FROM pg_catalog.pg_namespace n
                   WHERE n.nspname OPERATOR(pg_catalog.=) ANY (ARRAY['holomamba'::name, 'holomamba_internal']));
BEGIN
    IF taken IS NOT NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = 'duplicate_schema',
            MESSAGE = pg_catalog.format('schema "%s" already exists', taken),
            DETAIL = 'The extension makes a schema of this name, for what is its own, beside the one that it is installed into.',
            HINT = 'Drop it, or give it another name; then CREATE EXTENSION holomamba, with the SCHEMA public or another one.';
    END IF;
END
$$;

CREATE SCHEMA holomamba;
COMMENT ON SCHEMA holomamba IS 'holomamba: models, their administration and their catalogue';
CREATE SCHEMA holomamba_internal;
COMMENT ON SCHEMA holomamba_internal IS 'holomamba: what its functions, triggers and views call';

-- No name below may depend on what other users have created: ours are qualified, the others are PostgreSQL's.
SET LOCAL search_path = pg_catalog, pg_temp;

