-- What becomes of a model when its tables are altered. Renamed and moved tables need nothing: the catalogue knows them by
-- their OIDs.

CREATE FUNCTION holomamba.ancestors(relation oid) RETURNS SETOF oid
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    WITH RECURSIVE above (relation) AS (
        SELECT ancestors.relation
        UNION
        SELECT i.inhparent FROM above JOIN pg_inherits i ON i.inhrelid = above.relation
    )
    SELECT above.relation FROM above
$$;
COMMENT ON FUNCTION holomamba.ancestors(oid) IS 'a table and all that it is a partition or an inheritance child of';

-- Names of attributes are part of what a version has stored.
CREATE FUNCTION holomamba.column_renamed(relation oid, old_name text, new_name text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    m holomamba.model_catalogue;
BEGIN
    UPDATE holomamba.model_catalogue c
    SET user_column = CASE WHEN c.user_column = old_name THEN new_name ELSE c.user_column END,
        item_column = CASE WHEN c.item_column = old_name THEN new_name ELSE c.item_column END,
        order_columns = array_replace(c.order_columns, old_name::name, new_name::name)
    WHERE relation IN (SELECT holomamba.ancestors(c.interactions))
      AND old_name = ANY (c.order_columns || c.user_column || c.item_column);

    FOR m IN
        SELECT c.* FROM holomamba.model_catalogue c
        WHERE relation IN (SELECT holomamba.ancestors(c.items)) AND old_name = ANY (c.attributes || c.item_key)
    LOOP
        UPDATE holomamba.model_catalogue c
        SET item_key = CASE WHEN c.item_key = old_name THEN new_name ELSE c.item_key END,
            attributes = array_replace(c.attributes, old_name::name, new_name::name)
        WHERE c.model = m.model;
        UPDATE holomamba.vocabulary_catalogue v SET field = new_name WHERE v.model = m.model AND v.field = old_name;
        UPDATE holomamba.parameters p SET name = left(p.name, length(p.name) - length(old_name)) || new_name
        WHERE p.model = m.model AND p.name IN ('embedding.values.' || old_name, 'embedding.base.' || old_name);
    END LOOP;
END
$$;
COMMENT ON FUNCTION holomamba.column_renamed(oid, text, text) IS 'internal: lets the models of a table follow when one of its columns is renamed';

-- A statement fires the triggers of the table that it names: rows written to a partition, or an inheritance child, directly
-- need triggers there. As in create_tables(), this does what the catalogue says, whoever calls.
CREATE FUNCTION holomamba.follow_parts(model name) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    m CONSTANT holomamba.model_catalogue := holomamba.find_model(model);
    part regclass;
    t record;
BEGIN
    FOR t IN
        SELECT f.* FROM holomamba.model_triggers(m.model) f
        WHERE f.relation IS DISTINCT FROM m.items AND m.interactions::oid NOT IN (SELECT holomamba.ancestors(f.relation))
    LOOP
        EXECUTE format('DROP TRIGGER %I ON %s', t.trigger_name, t.relation);
    END LOOP;
    FOR part IN
        WITH RECURSIVE below (relation) AS (
            SELECT m.interactions::oid
            UNION
            SELECT i.inhrelid FROM below JOIN pg_inherits i ON i.inhparent = below.relation
        )
        SELECT c.oid FROM below JOIN pg_class c ON c.oid = below.relation
        WHERE c.oid <> m.interactions AND c.relkind IN ('r', 'p')
          AND NOT EXISTS (SELECT FROM holomamba.model_triggers(m.model) f WHERE f.relation = c.oid)
        ORDER BY c.oid
    LOOP
        PERFORM holomamba.create_triggers_on(m.model, part, false);
    END LOOP;
END
$$;
COMMENT ON FUNCTION holomamba.follow_parts(name) IS
    'internal: gives every partition of a model''s events the triggers of the whole, and takes them from those that are none any more';

CREATE FUNCTION holomamba.follow_commands() RETURNS event_trigger
    AS 'MODULE_PATHNAME', 'holomamba_follow_commands' LANGUAGE C SECURITY DEFINER;
COMMENT ON FUNCTION holomamba.follow_commands() IS 'event trigger: lets models follow the changes of their tables';

CREATE EVENT TRIGGER holomamba_follow_commands ON ddl_command_end WHEN TAG IN ('ALTER TABLE', 'CREATE TABLE')
    EXECUTE FUNCTION holomamba.follow_commands();
COMMENT ON EVENT TRIGGER holomamba_follow_commands IS 'lets the models of holomamba follow renamed columns, new partitions and detached ones';
