-- States on a subscriber of logical replication, computed there from the events that arrive.
--
-- What applies them fires row triggers, no statement triggers, and of the row triggers those enabled for REPLICA. The
-- ordinary triggers of a model are the opposite, so that each change is seen once: by these if it was applied, by those
-- if it was made here. TRUNCATE is applied with its statement triggers.

CREATE FUNCTION holomamba.enable_logical_replica(model text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    m CONSTANT holomamba.model_catalogue := holomamba_internal.assert_may_manage(model);
BEGIN
    PERFORM holomamba_internal.assert_tables_exist(m);
    PERFORM holomamba_internal.assert_read_committed('enable_logical_replica');
    PERFORM holomamba_internal.create_triggers(m.model, applied => true);
    -- What was applied before is replayed now, and what comes next waits for the locks of the new triggers.
    PERFORM holomamba.rebuild_state(m.model);
END
$$;

COMMENT ON FUNCTION holomamba.enable_logical_replica(text) IS
    'on a subscriber: from now on events that logical replication applies move the states of a model, as events of one''s own do';
