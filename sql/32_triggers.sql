-- The triggers that keep the states of the users, generated for each model as ordinary, readable plpgsql.
--
-- Who waits for whom. Whatever changes a state takes ROW EXCLUSIVE on the table of users, and only then reads which
-- version is active; an activation takes SHARE ROW EXCLUSIVE, replays every event it can see, and commits. So an event is
-- either replayed by the activation, or waits for it and moves a state of the new version, never both and never neither.
-- Between themselves, events lock the rows of their users in the order of user ids.
--
-- What they do not see: rows written to a partition or an inheritance child directly, partitions attached and detached,
-- rows applied by logical replication (publish the table of users as well), and whatever is done while the triggers are
-- disabled. holomamba.rebuild_state() makes up for all of these.
--
-- Rights. The functions are SECURITY DEFINER and belong to the owner of the model, so that whoever may insert an event
-- needs no right on the states. Where the interactions have row level security, their owner sees all rows (unless it is
-- forced): a state is made of all events of its user, whoever may see them.

CREATE FUNCTION holomamba.active_version(model name) RETURNS integer
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    active integer;
BEGIN
    IF current_setting('transaction_isolation') = 'read committed' THEN
        SELECT m.active_version INTO active FROM holomamba.model_catalogue m WHERE m.model = active_version.model;
    ELSE
        -- An older snapshot may show a version that is active no more: to lock the row is to fail if so.
        SELECT m.active_version INTO active FROM holomamba.model_catalogue m WHERE m.model = active_version.model FOR SHARE;
    END IF;
    RETURN active;
END
$$;

COMMENT ON FUNCTION holomamba.active_version(name) IS
    'the version whose states are to be written, NULL before the first training; to be called under a lock on the table of users';

-- Templates. <<last_#>> stands for last_1, last_2, ..., as many as the model has order columns; {name} for a name of the
-- model. Names that users chose are quoted and enter last, so that none of them is taken for a part of the template.
CREATE FUNCTION holomamba.fill_template(template text, model name) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    m holomamba.model_catalogue := holomamba.find_model(model);
    list text[];
    slots jsonb := jsonb_build_object(
        'schema', '@extschema@',
        'model', quote_literal(m.model),
        'users', format('holomamba.%I', m.model || '_users'),
        'items', format('holomamba.%I', m.model || '_items'),
        'replay', format('holomamba.%I', m.model || '_replay'),
        'interactions', m.interactions,
        'user', quote_ident(m.user_column),
        'item', quote_ident(m.item_column),
        'order_values', (SELECT string_agg(format('e.%I AS order_%s', o.name, o.number), ', ' ORDER BY o.number)
                         FROM unnest(m.order_columns) WITH ORDINALITY AS o (name, number)),
        'user_type', m.user_type,
        'users_items', m.items,
        'key', quote_ident(m.item_key),
        'collate', holomamba.collation_clause(m.item_type, (holomamba.column_of(m.interactions, m.item_column)).attcollation));
BEGIN
    LOOP
        list := regexp_match(template, '(\n *)?<<([^<>]*)>>');
        EXIT WHEN list IS NULL;
        -- A list that begins a line goes on line by line.
        template := replace(template, coalesce(list[1], '') || '<<' || list[2] || '>>',
                            (SELECT string_agg(coalesce(list[1], CASE WHEN number > 1 THEN ' ' ELSE '' END)
                                               || replace(list[2], '#', number::text), ',' ORDER BY number)
                             FROM generate_series(1, cardinality(m.order_columns)) AS number));
    END LOOP;
    RETURN (SELECT string_agg(part[1] || CASE WHEN part[2] IS NULL THEN '' ELSE slots ->> part[2] END, '' ORDER BY number)
            FROM regexp_matches(template, '([^{]*)(?:\{(\w+)\})?', 'g') WITH ORDINALITY AS parts (part, number));
END
$$;

COMMENT ON FUNCTION holomamba.fill_template(text, name) IS 'internal: a template with the names of a model filled in';

CREATE FUNCTION holomamba.create_function(model name, name text, arguments text, returns text, template text, comment text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    signature text := format('holomamba.%I(%s)', model || '_' || name, holomamba.fill_template(arguments, model));
    owner regrole := (SELECT c.relowner FROM pg_class c WHERE c.oid = format('holomamba.%I', model || '_users')::regclass);
BEGIN
    EXECUTE format('CREATE OR REPLACE FUNCTION %s RETURNS %s LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS %L',
                   signature, returns, holomamba.fill_template(template, model));
    EXECUTE format('COMMENT ON FUNCTION %s IS %L', signature, comment);
    -- Or anyone could hang the function on a table of his own, and have it believe in events that never were.
    EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', signature);
    EXECUTE format('ALTER FUNCTION %s OWNER TO %s', signature, owner);
END
$$;

COMMENT ON FUNCTION holomamba.create_function(name, text, text, text, text, text) IS
    'internal: makes a function of a model, in the name of its owner';
REVOKE ALL ON FUNCTION holomamba.create_function(name, text, text, text, text, text) FROM PUBLIC;

CREATE FUNCTION holomamba.generated_functions(model name) RETURNS TABLE (function regprocedure)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT p.oid::regprocedure
    FROM pg_proc p
    WHERE p.pronamespace = 'holomamba'::regnamespace
      AND p.proname IN (model || '_replay', model || '_interactions_inserted', model || '_interactions_changed', model || '_items_changed',
                        model || '_event_applied', model || '_item_applied')
    ORDER BY p.proname
$$;

COMMENT ON FUNCTION holomamba.generated_functions(name) IS 'the functions that were made for a model';

-- Like create_tables(), this runs with the extension's rights and does what the catalogue says, whoever calls. Called
-- again after a table was renamed, or the extension updated, it writes the functions anew.
CREATE FUNCTION holomamba.create_trigger_functions(model name) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $create$
DECLARE
    rebuild CONSTANT text := $template$
        INSERT INTO {users} (user_id, vector, state, events, <<last_#>>, version)
        SELECT r.user_id, {schema}.ssm_vector(r.state), r.state, {schema}.ssm_events(r.state), <<r.last_#>>, active
        FROM (SELECT h.user_id,
                     {schema}.ssm_update(fresh, array_agg(h.token ORDER BY <<h.order_#>>, h.part, h.place)) AS state,
                     <<(array_agg(h.order_# ORDER BY <<h.order_#>>, h.part, h.place))[count(*)::integer] AS last_#>>
              FROM (SELECT e.{user} AS user_id, i.token, {order_values}, e.tableoid AS part, e.ctid AS place
                    FROM {interactions} e LEFT JOIN {items} i ON i.item_id = e.{item}
                    WHERE {which_events} AND e.{item} IS NOT NULL) h
              GROUP BY h.user_id) r
        ON CONFLICT (user_id) DO UPDATE
        SET (vector, state, events, <<last_#>>, version)
          = (excluded.vector, excluded.state, excluded.events, <<excluded.last_#>>, excluded.version);

        DELETE FROM {users} u
        WHERE {which_rows} NOT EXISTS (SELECT FROM {interactions} e WHERE e.{user} = u.user_id AND e.{item} IS NOT NULL);
$template$;

    replay text := $template$
DECLARE
    active integer;
    fresh {schema}.ssm_state;
BEGIN
    IF users IS NULL THEN
        LOCK TABLE {users} IN SHARE ROW EXCLUSIVE MODE;
    ELSE
        LOCK TABLE {users} IN ROW EXCLUSIVE MODE;
    END IF;
    active := holomamba.active_version({model});
    IF active IS NULL THEN
        RETURN;
    END IF;
    fresh := {schema}.ssm_initial({model}, active);

    IF users IS NULL THEN {rebuild_all}
    ELSE
        -- Everyone gets a row to be locked by, or another session might add one unseen. The history is read after the
        -- locks, by a statement that sees what their former holders have committed.
        INSERT INTO {users} (user_id)
        SELECT DISTINCT c.user_id FROM unnest(users) AS c (user_id) WHERE c.user_id IS NOT NULL ORDER BY c.user_id
        ON CONFLICT (user_id) DO NOTHING;
        PERFORM FROM {users} u WHERE u.user_id IN (SELECT unnest(users)) ORDER BY u.user_id FOR UPDATE OF u;
{rebuild_chosen}
    END IF;
END
$template$;

    inserted CONSTANT text := $template$
DECLARE
    active integer;
    behind {user_type}[];
BEGIN
    LOCK TABLE {users} IN ROW EXCLUSIVE MODE;
    active := holomamba.active_version({model});
    IF active IS NULL THEN
        RETURN NULL;  -- not trained yet: the events wait in their table
    END IF;

    -- New users get a row first, then all rows are locked, both in the order of ids: so no two statements wait for each
    -- other. What is locked is seen by the next statement as its former holders left it.
    INSERT INTO {users} (user_id)
    SELECT DISTINCT e.{user} FROM new_events e
    WHERE e.{user} IS NOT NULL AND e.{item} IS NOT NULL AND NOT EXISTS (SELECT FROM {users} u WHERE u.user_id = e.{user})
    ORDER BY e.{user}
    ON CONFLICT (user_id) DO NOTHING;
    PERFORM FROM {users} u WHERE u.user_id IN (SELECT e.{user} FROM new_events e) ORDER BY u.user_id FOR NO KEY UPDATE OF u;

    -- States move forward by events that come after the last one, with no tie that only the table could break.
    WITH arrived AS MATERIALIZED (
        SELECT n.user_id,
               array_agg(n.token ORDER BY <<n.order_#>>) AS tokens,
               <<(array_agg(n.order_# ORDER BY <<n.order_#>>))[1] AS first_#>>,
               <<(array_agg(n.order_# ORDER BY <<n.order_#>>))[count(*)::integer] AS last_#>>,
               count(DISTINCT ROW(<<n.order_#>>)) < count(*) AS tied
        FROM (SELECT e.{user} AS user_id, i.token, {order_values}
              FROM new_events e LEFT JOIN {items} i ON i.item_id = e.{item}
              WHERE e.{user} IS NOT NULL AND e.{item} IS NOT NULL) n
        GROUP BY n.user_id
    ), moved AS (
        UPDATE {users} u
        SET (vector, state, events, <<last_#>>)
          = (SELECT {schema}.ssm_vector(s.state), s.state, {schema}.ssm_events(s.state), <<a.last_#>>
             FROM (SELECT {schema}.ssm_update(u.state, a.tokens) AS state OFFSET 0) s)
        FROM arrived a
        WHERE u.user_id = a.user_id AND (<<a.first_#>>) > (<<u.last_#>>) AND NOT a.tied
        RETURNING u.user_id
    )
    SELECT array_agg(a.user_id) INTO behind
    FROM arrived a WHERE NOT EXISTS (SELECT FROM moved WHERE moved.user_id = a.user_id);

    -- New users, late events and ties: from the table. So are users whom another trigger of this very statement has
    -- replayed already, new events included: those do not come after the last one any more.
    IF behind IS NOT NULL THEN
        PERFORM {replay}(behind);
    END IF;
    RETURN NULL;
END
$template$;

    changed CONSTANT text := $template$
DECLARE
    touched {user_type}[];
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        LOCK TABLE {users} IN ROW EXCLUSIVE MODE;
        DELETE FROM {users};  -- and not TRUNCATE, which would wait for everyone who has read a recommendation
        RETURN NULL;
    ELSIF TG_OP = 'DELETE' THEN
        SELECT array_agg(DISTINCT e.{user}) INTO touched FROM old_events e;
    ELSE
        -- An update of other columns changes no state, unless it moves an event past another that it is tied with.
        WITH before AS (
            SELECT e.{user} AS user_id, e.{item} AS item_id, {order_values} FROM old_events e
        ), after AS (
            SELECT e.{user} AS user_id, e.{item} AS item_id, {order_values} FROM new_events e
        ), history AS (
            SELECT e.{user} AS user_id, {order_values} FROM {interactions} e
            WHERE e.{user} IN (SELECT after.user_id FROM after)
        ), affected AS (
            (SELECT * FROM before EXCEPT ALL SELECT * FROM after)
            UNION ALL
            (SELECT * FROM after EXCEPT ALL SELECT * FROM before)
        )
        SELECT array_agg(t.user_id) INTO touched
        FROM (SELECT affected.user_id FROM affected
              UNION
              SELECT h.user_id FROM history h GROUP BY h.user_id HAVING count(DISTINCT ROW(<<h.order_#>>)) < count(*)) t;
    END IF;
    IF touched IS NOT NULL THEN
        PERFORM {replay}(touched);
    END IF;
    RETURN NULL;
END
$template$;

    items_changed CONSTANT text := $template$
BEGIN
    LOCK TABLE {users} IN ROW EXCLUSIVE MODE;
    IF TG_OP = 'TRUNCATE' THEN
        UPDATE {items} i SET target = NULL WHERE i.target IS NOT NULL;
    ELSE
        UPDATE {items} i SET target = NULL
        WHERE i.target IS NOT NULL
          AND i.item_id IN (SELECT o.{key}{collate} FROM old_items o)
          AND NOT EXISTS (SELECT FROM {users_items} n WHERE n.{key}{collate} = i.item_id);
    END IF;
    RETURN NULL;
END
$template$;

BEGIN
    replay := replace(replay, '{rebuild_all}',
                      replace(replace(rebuild, '{which_events}', 'e.{user} IS NOT NULL'), '{which_rows} ', ''));
    replay := replace(replay, '{rebuild_chosen}',
                      replace(replace(rebuild, '{which_events}', 'e.{user} IN (SELECT unnest(users))'),
                              '{which_rows}', 'u.user_id IN (SELECT unnest(users)) AND'));
    PERFORM holomamba.create_function(model, 'replay', 'users {user_type}[]', 'void', replay,
        'computes the states of these users, or with NULL of all, from their events: by the order columns, ties by physical order');
    PERFORM holomamba.create_function(model, 'interactions_inserted', '', 'trigger', inserted,
        'moves the states of the users who have new events');
    PERFORM holomamba.create_function(model, 'interactions_changed', '', 'trigger', changed,
        'replays the users whose events were updated, deleted or truncated');
    IF (holomamba.find_model(model)).items IS NOT NULL THEN
        PERFORM holomamba.create_function(model, 'items_changed', '', 'trigger', items_changed,
            'stops recommending items that are gone; new items and new attributes wait for the next training');
    END IF;
END
$create$;

COMMENT ON FUNCTION holomamba.create_trigger_functions(name) IS
    'makes the functions that keep the states of a model; makes them anew after a table was renamed';

-- Ordinary triggers, which pg_dump knows: made by the caller, who owns the tables, and dependent on no extension.
CREATE FUNCTION holomamba.create_triggers(model name) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    m holomamba.model_catalogue := holomamba.find_model(model);
    t record;
    trigger_name text;
BEGIN
    FOR t IN
        SELECT * FROM (VALUES
            ('insert', m.interactions, 'interactions_inserted', 'REFERENCING NEW TABLE AS new_events'),
            ('update', m.interactions, 'interactions_changed', 'REFERENCING OLD TABLE AS old_events NEW TABLE AS new_events'),
            ('delete', m.interactions, 'interactions_changed', 'REFERENCING OLD TABLE AS old_events'),
            ('truncate', m.interactions, 'interactions_changed', ''),
            ('update', m.items, 'items_changed', 'REFERENCING OLD TABLE AS old_items'),
            ('delete', m.items, 'items_changed', 'REFERENCING OLD TABLE AS old_items'),
            ('truncate', m.items, 'items_changed', '')) AS v (event, relation, function, referencing)
        WHERE v.relation IS NOT NULL
    LOOP
        trigger_name := format('holomamba_%s_%s', m.model, t.event);
        EXECUTE format('CREATE TRIGGER %I AFTER %s ON %s %s FOR EACH STATEMENT EXECUTE FUNCTION holomamba.%I()',
                       trigger_name, t.event, t.relation, t.referencing, m.model || '_' || t.function);
        EXECUTE format('COMMENT ON TRIGGER %I ON %s IS %L', trigger_name, t.relation, format('keeps model "%s" up to date', m.model));
    END LOOP;
END
$$;

COMMENT ON FUNCTION holomamba.create_triggers(name) IS 'internal: makes the triggers of a model on the tables of its owner';
