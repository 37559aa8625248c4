-- A model gets another name, with all that it has.

CREATE FUNCTION holomamba_internal.set_name(model name, new_name name) RETURNS void
    AS 'MODULE_PATHNAME', 'holomamba_set_name' LANGUAGE C STRICT;
COMMENT ON FUNCTION holomamba_internal.set_name(name, name) IS
    'internal: gives a model of the caller''s another name: its rows of the catalogue, its tables and its triggers';

-- With the rights of the extension's owner. The row of the model comes first, as where it is dropped, and then its tables.
CREATE FUNCTION holomamba_internal.move_names(model name, new_name name) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    m holomamba.model_catalogue;
    catalogue regclass;
    is_replica boolean;
    t record;
BEGIN
    SELECT c.* INTO m FROM holomamba.model_catalogue c WHERE c.model = move_names.model FOR UPDATE;
    -- What trains has the name in mind. Under the lock no other training begins.
    IF holomamba_internal.version_in_training(m.model) IS NOT NULL THEN
        RAISE object_in_use USING
            MESSAGE = format('version %s of model "%s" is being trained', holomamba_internal.version_in_training(m.model), m.model),
            HINT = (SELECT format('SELECT holomamba.cancel_training(%s); ends that.', v.training_id) FROM holomamba.version_catalogue v
                    WHERE v.model = m.model AND v.version = holomamba_internal.version_in_training(m.model));
    END IF;
    is_replica := EXISTS (SELECT FROM holomamba_internal.table_triggers(m.interactions) g WHERE g.model = m.model AND g.applied);
    FOREACH catalogue IN ARRAY '{holomamba.model_catalogue,holomamba.version_catalogue,holomamba.parameters,holomamba.vocabulary_catalogue,
                                 holomamba.training_log,holomamba.checkpoint_catalogue}'::regclass[] LOOP
        EXECUTE format('UPDATE %s SET model = $2 WHERE model = $1', catalogue) USING m.model, new_name;
    END LOOP;
    FOR t IN
        SELECT g.trigger_name, g.relation FROM holomamba_internal.model_triggers(m.model) g
        WHERE g.relation IN (SELECT holomamba_internal.descendants(m.interactions) UNION SELECT holomamba_internal.descendants(m.items))
    LOOP
        EXECUTE format('DROP TRIGGER %I ON %s', t.trigger_name, t.relation);
    END LOOP;
    FOR t IN
        SELECT o.relation, CASE WHEN c.relname = m.model || '_users' THEN '_users' ELSE '_items' END AS suffix, obj_description(c.oid, 'pg_class') AS comment
        FROM holomamba_internal.own_tables(m.model) o JOIN pg_class c ON c.oid = o.relation
    LOOP
        EXECUTE format('COMMENT ON TABLE %s IS %L', t.relation, replace(t.comment, format('model "%s"', m.model), format('model "%s"', new_name)));
        EXECUTE format('ALTER TABLE %s RENAME TO %I', t.relation, new_name || t.suffix);
    END LOOP;
    FOR t IN
        SELECT c.oid::regclass AS index, new_name || substr(c.relname, length(m.model) + 1) AS new_name
        FROM pg_index x JOIN pg_class c ON c.oid = x.indexrelid, holomamba_internal.own_tables(new_name) o
        WHERE x.indrelid = o.relation AND c.relname IN (m.model || '_users_pkey', m.model || '_items_pkey', m.model || '_items_target_idx')
    LOOP
        EXECUTE format('ALTER INDEX %s RENAME TO %I', t.index, t.new_name);
    END LOOP;
    PERFORM holomamba_internal.follow_parts(new_name, is_replica);
END
$$;
COMMENT ON FUNCTION holomamba_internal.move_names(name, name) IS 'internal: what set_name() does';

CREATE FUNCTION holomamba.rename_model(model text, new_name text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    m CONSTANT holomamba.model_catalogue := holomamba_internal.assert_may_manage(model);
BEGIN
    IF new_name IS NULL THEN
        RAISE null_value_not_allowed USING MESSAGE = 'argument "new_name" must not be null';
    ELSIF new_name !~ '^[a-z_][a-z0-9_]{0,39}$' THEN
        RAISE invalid_name USING
            MESSAGE = format('"%s" cannot be the name of a model', new_name),
            HINT = 'A name is 1 to 40 lower-case letters, digits and underscores, and does not begin with a digit.';
    END IF;
    PERFORM holomamba_internal.assert_read_committed('rename_model');
    PERFORM holomamba_internal.assert_tables_exist(m);
    PERFORM holomamba_internal.make_room(new_name::name, m.interactions);
    PERFORM holomamba_internal.set_name(m.model, new_name::name);
END
$$;
COMMENT ON FUNCTION holomamba.rename_model(text, text) IS
    'gives a model another name: its versions, states, tables, rights and triggers go with it';
