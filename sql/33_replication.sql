-- States on a subscriber of logical replication, computed there from the events that arrive.
--
-- What applies them fires row triggers, no statement triggers, and of the row triggers those enabled for REPLICA. The
-- ordinary triggers of a model are the opposite, so that each change is seen once: by these if it was applied, by those
-- if it was made here. TRUNCATE is applied with its statement triggers.

CREATE FUNCTION holomamba.enable_logical_replica(model text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    m CONSTANT holomamba.model_catalogue := holomamba.assert_may_manage(model);
    t record;
    trigger_name text;
BEGIN
    PERFORM holomamba.assert_tables_exist(m);
    PERFORM holomamba.assert_read_committed('enable_logical_replica');
    FOR t IN
        SELECT * FROM (VALUES
            ('applied', 'INSERT OR UPDATE OR DELETE', m.interactions, 'ROW', 'follow_events'),
            ('emptied', 'TRUNCATE', m.interactions, 'STATEMENT', 'follow_events'),
            ('applied', 'INSERT OR UPDATE OR DELETE', m.items, 'ROW', 'follow_items'),
            ('emptied', 'TRUNCATE', m.items, 'STATEMENT', 'follow_items')) AS v (name, events, relation, level, function)
        WHERE v.relation IS NOT NULL
    LOOP
        trigger_name := format('holomamba_%s_%s', m.model, t.name);
        EXECUTE format('CREATE OR REPLACE TRIGGER %I AFTER %s ON %s FOR EACH %s EXECUTE FUNCTION holomamba.%I(%L)',
                       trigger_name, t.events, t.relation, t.level, t.function, m.model);
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
