-- The two schemas of the extension.
--
-- What is typed every day lives in the schema that CREATE EXTENSION was given, written @extschema@ here: the types hrr
-- and ssm_state with their operators, functions and aggregates, recommend() and its like. Everything else lives in schema
-- holomamba, which belongs to the extension: the catalogue, the administration of models, what is internal.

CREATE SCHEMA holomamba;
COMMENT ON SCHEMA holomamba IS 'holomamba: models, their administration and their catalogue';

-- No name below may depend on what other users have created: ours are qualified, the others are PostgreSQL's.
SET LOCAL search_path = pg_catalog, pg_temp;

