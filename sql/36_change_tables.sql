-- A model is pointed at another table: what it has learned stays, the states are those of the other table's events.

CREATE FUNCTION holomamba_internal.set_tables(model name, interactions regclass, items regclass, other_events boolean) RETURNS void
    AS 'MODULE_PATHNAME', 'holomamba_set_tables' LANGUAGE C;
COMMENT ON FUNCTION holomamba_internal.set_tables(name, regclass, regclass, boolean) IS
    'internal: points a model of the caller''s at tables of his, with its triggers, fits its own tables to them, and replays their events';

-- The work of set_tables(), with the rights of the extension's owner. Old triggers go from tables of the giver's.
CREATE FUNCTION holomamba_internal.move_triggers(model name, interactions regclass, items regclass, other_events boolean, giver oid) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    m CONSTANT holomamba.model_catalogue := holomamba_internal.find_model(model);
    owner CONSTANT name := (SELECT pg_get_userbyid(c.relowner) FROM pg_class c WHERE c.oid = interactions);
    own regclass;
    t record;
BEGIN
    UPDATE holomamba.model_catalogue c SET interactions = move_triggers.interactions, items = move_triggers.items WHERE c.model = m.model;
    FOR own IN
        SELECT c.oid FROM pg_class c
        WHERE (other_events OR interactions <> m.interactions)
          AND c.relnamespace = 'holomamba'::regnamespace AND c.relname IN (m.model || '_users', m.model || '_items')
          AND pg_get_userbyid(c.relowner) <> owner
    LOOP
        EXECUTE format('ALTER TABLE %s OWNER TO %I', own, owner);
    END LOOP;
    -- Writers of the new tables wait from here on.
    PERFORM holomamba_internal.follow_parts(m.model);
    FOR t IN
        SELECT d.relation::regclass, g.trigger_name
        FROM (VALUES (m.interactions), (m.items)) AS v (root), holomamba_internal.descendants(v.root) d (relation),
             holomamba_internal.table_triggers(d.relation) g, pg_class c
        WHERE g.model = m.model AND c.oid = d.relation AND pg_has_role(giver, c.relowner, 'USAGE')
          AND coalesce(CASE WHEN g.of_items THEN move_triggers.items ELSE move_triggers.interactions END
                       NOT IN (SELECT holomamba_internal.ancestors(d.relation)), true)
    LOOP
        EXECUTE format('DROP TRIGGER %I ON %s', t.trigger_name, t.relation);
    END LOOP;
END
$$;
COMMENT ON FUNCTION holomamba_internal.move_triggers(name, regclass, regclass, boolean, oid) IS
    'internal: points a model at other tables: its row of the catalogue, its triggers and its owner';

CREATE FUNCTION holomamba.change_interactions(model text, interactions regclass) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    m holomamba.model_catalogue := holomamba_internal.assert_may_manage(model);
BEGIN
    IF interactions IS NULL THEN
        RAISE null_value_not_allowed USING MESSAGE = 'argument "interactions" must not be null';
    END IF;
    PERFORM holomamba_internal.assert_read_committed('change_interactions');
    PERFORM holomamba_internal.check_interactions(interactions, m.user_column, m.item_column, m.order_columns);
    PERFORM holomamba_internal.check_event_columns(m, interactions);
    IF m.items IS NOT NULL THEN
        PERFORM holomamba_internal.check_items(m.items, m.item_key, interactions, m.item_column);
    END IF;
    PERFORM holomamba_internal.warn_without_index(interactions, m.user_column, m.order_columns);
    PERFORM holomamba_internal.set_tables(m.model, interactions, m.items, true);
END
$$;
COMMENT ON FUNCTION holomamba.change_interactions(text, regclass) IS
    'points a model at another table of events, with columns of the same names: its triggers move there, and all states are replayed';

CREATE FUNCTION holomamba.change_items(model text, items regclass) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    m holomamba.model_catalogue := holomamba_internal.assert_may_manage(model);
BEGIN
    IF items IS NULL THEN
        RAISE null_value_not_allowed USING MESSAGE = 'argument "items" must not be null';
    ELSIF m.items IS NULL THEN
        RAISE object_not_in_prerequisite_state USING
            MESSAGE = format('model "%s" has no table of items', model),
            HINT = format('To declare it anew with one: SELECT holomamba.drop_model(%L);', model);
    END IF;
    PERFORM holomamba_internal.assert_read_committed('change_items');
    PERFORM holomamba_internal.check_table(items);
    PERFORM holomamba_internal.check_items(items, m.item_key, m.interactions, m.item_column);
    PERFORM holomamba_internal.check_attributes(items, holomamba_internal.item_attributes(m));
    PERFORM holomamba_internal.set_tables(m.model, m.interactions, items, false);
    IF m.active_version IS NOT NULL THEN
        PERFORM holomamba.activate(m.model, m.active_version);
    END IF;
END
$$;
COMMENT ON FUNCTION holomamba.change_items(text, regclass) IS
    'points a model at another table of items, with columns of the same names: its triggers move there, and the active version is activated anew';

CREATE FUNCTION holomamba.change_attributes(model text, attributes name[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    m CONSTANT holomamba.model_catalogue := holomamba_internal.assert_may_manage(model);
BEGIN
    IF attributes IS NULL OR array_position(attributes, NULL) IS NOT NULL THEN
        RAISE null_value_not_allowed USING MESSAGE = 'argument "attributes" must not be null';
    ELSIF m.items IS NULL THEN
        RAISE object_not_in_prerequisite_state USING
            MESSAGE = format('model "%s" has no table of items', model),
            HINT = format('To declare it anew with one: SELECT holomamba.drop_model(%L);', model);
    END IF;
    PERFORM holomamba_internal.assert_tables_exist(m);
    PERFORM holomamba_internal.set_attributes(m.model, attributes);
    IF m.active_version IS NOT NULL AND holomamba_internal.attributes_of(m, m.active_version) <> attributes THEN
        RAISE NOTICE USING
            MESSAGE = format('version %s of model "%s" goes on with the attributes that it was trained with', m.active_version, model),
            HINT = format('CALL holomamba.train(%L);', model);
    END IF;
END
$$;
COMMENT ON FUNCTION holomamba.change_attributes(text, name[]) IS
    'says which attributes of items the next version of a model is trained with; those that are there go on with theirs';
