-- The two schemas of the extension.
--
-- What is typed every day lives in the schema that CREATE EXTENSION was given, written @extschema@ here: the types hrr
-- and ssm_state with their operators, functions and aggregates, recommend() and its like. Everything else lives in schema
-- holomamba, which belongs to the extension: the catalogue, the administration of models, what is internal.

DO $$
BEGIN
    IF pg_catalog.to_regnamespace('holomamba') IS NOT NULL THEN
        RAISE EXCEPTION USING
            ERRCODE = 'duplicate_schema',
            MESSAGE = 'schema "holomamba" already exists',
            DETAIL = 'The extension makes a schema of this name, for what is its own, beside the one that it is installed into.',
            HINT = 'Drop it, or give it another name; then CREATE EXTENSION holomamba, with the SCHEMA public or another one.';
    END IF;
END
$$;

CREATE SCHEMA holomamba;
COMMENT ON SCHEMA holomamba IS 'holomamba: models, their administration and their catalogue';

-- No name below may depend on what other users have created: ours are qualified, the others are PostgreSQL's.
SET LOCAL search_path = pg_catalog, pg_temp;

