-- States on a subscriber of logical replication, computed there from the events that arrive.
--
-- What applies them fires row triggers, no statement triggers, and of the row triggers those enabled for REPLICA. The
-- ordinary triggers of a model are the opposite, so that each change is seen once: by these if it was applied, by those
-- if it was made here. TRUNCATE is applied with its statement triggers.

-- Like create_trigger_functions(), this runs with the extension's rights and does what the catalogue says.
CREATE FUNCTION holomamba.create_replica_functions(model name) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $create$
DECLARE
    event_applied CONSTANT text := $template$
DECLARE
    users {user_type}[];
BEGIN
    LOCK TABLE {users} IN ROW EXCLUSIVE MODE;
    IF holomamba.active_version({model}) IS NULL THEN
        RETURN NULL;
    END IF;
    IF TG_OP = 'INSERT' THEN
        UPDATE {users} u
        SET (vector, state, events, <<last_#>>)
          = (SELECT {schema}.ssm_vector(s.state), s.state, {schema}.ssm_events(s.state), <<a.order_#>>
             FROM (SELECT {schema}.ssm_update(u.state, ARRAY[a.token]) AS state OFFSET 0) s)
        FROM (SELECT e.{user} AS user_id, e.{item} AS item_id, i.token, {order_values}
              FROM (SELECT NEW.*) e LEFT JOIN {items} i ON i.item_id = e.{item}) a
        WHERE u.user_id = a.user_id AND a.item_id IS NOT NULL AND (<<a.order_#>>) > (<<u.last_#>>);
        IF FOUND THEN
            RETURN NULL;
        END IF;
    ELSE
        users := ARRAY[OLD.{user}];
    END IF;
    IF TG_OP <> 'DELETE' THEN
        users := users || NEW.{user};
    END IF;
    PERFORM {replay}(array_remove(users, NULL));
    RETURN NULL;
END
$template$;

    item_applied CONSTANT text := $template$
BEGIN
    LOCK TABLE {users} IN ROW EXCLUSIVE MODE;
    UPDATE {items} i SET target = NULL
    WHERE i.target IS NOT NULL AND i.item_id = OLD.{key}{collate}
      AND NOT EXISTS (SELECT FROM {users_items} n WHERE n.{key}{collate} = i.item_id);
    RETURN NULL;
END
$template$;

BEGIN
    PERFORM holomamba.create_function(model, 'event_applied', '', 'trigger', event_applied,
        'moves the state of the user of an event that was replicated');
    IF (holomamba.find_model(model)).items IS NOT NULL THEN
        PERFORM holomamba.create_function(model, 'item_applied', '', 'trigger', item_applied,
            'stops recommending an item whose deletion was replicated');
    END IF;
END
$create$;

COMMENT ON FUNCTION holomamba.create_replica_functions(name) IS 'internal: makes the functions of enable_logical_replica()';

CREATE FUNCTION holomamba.enable_logical_replica(model text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    m holomamba.model_catalogue := holomamba.assert_may_manage(model);
    t record;
    trigger_name text;
BEGIN
    PERFORM holomamba.assert_tables_exist(m);
    PERFORM holomamba.assert_read_committed('enable_logical_replica');
    PERFORM holomamba.create_replica_functions(m.model);
    FOR t IN
        SELECT * FROM (VALUES
            ('applied', 'INSERT OR UPDATE OR DELETE', m.interactions, 'ROW', 'event_applied'),
            ('emptied', 'TRUNCATE', m.interactions, 'STATEMENT', 'interactions_changed'),
            ('applied', 'UPDATE OR DELETE', m.items, 'ROW', 'item_applied'),
            ('emptied', 'TRUNCATE', m.items, 'STATEMENT', 'items_changed')) AS v (name, events, relation, level, function)
        WHERE v.relation IS NOT NULL
    LOOP
        trigger_name := format('holomamba_%s_%s', m.model, t.name);
        EXECUTE format('CREATE OR REPLACE TRIGGER %I AFTER %s ON %s FOR EACH %s EXECUTE FUNCTION holomamba.%I()',
                       trigger_name, t.events, t.relation, t.level, m.model || '_' || t.function);
        EXECUTE format('ALTER TABLE %s ENABLE REPLICA TRIGGER %I', t.relation, trigger_name);
        EXECUTE format('COMMENT ON TRIGGER %I ON %s IS %L', trigger_name, t.relation,
                       format('keeps model "%s" up to date with what logical replication applies', m.model));
    END LOOP;
    -- What was applied before is replayed now, and what comes next waits for the locks of the new triggers.
    PERFORM holomamba.rebuild_state(m.model);
END
$$;

COMMENT ON FUNCTION holomamba.enable_logical_replica(text) IS
    'on a subscriber: from now on events that logical replication applies move the states of a model, as events of one''s own do';
