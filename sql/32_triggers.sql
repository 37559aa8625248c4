-- What keeps the states of the users: the statements, and the triggers that run them.
--
-- The statements below are the whole of what happens to a model's rows, as templates in which the names of a model are
-- filled in. src/postgres/live/event_trigger.cpp runs them in the order that is told there, with the rights of the model's
-- owner; a session keeps their plans, and asks for the text again when one of the tables has changed, so that nothing
-- breaks when a table or a column is renamed.
--
-- Who waits for whom. Whatever changes a state takes ROW EXCLUSIVE on the table of users, and only then reads which
-- version is active; an activation takes SHARE ROW EXCLUSIVE, replays every event it can see, and commits. So an event is
-- either replayed by the activation, or waits for it and moves a state of the new version, never both and never neither.
-- Between themselves, events lock the rows of their users in the order of user ids. Before that, events with items that are
-- not known yet wait for those who insert these items, and the other way round (src/postgres/live/unknown_items.hpp).
--
-- Rights. The trigger functions switch to the owner of the model, so that whoever may insert an event needs no right on
-- the states. Where the interactions have row level security, their owner sees all rows (unless it is forced): a state is
-- made of all events of its user, whoever may see them.

-- Templates. <<last_#>> stands for last_1, last_2, ..., as many as the model has order columns; {name} for a name of the
-- model; {p1} for the first parameter after as many, $# for each of those. Names that users chose are quoted and enter
-- last, so that none of them is taken for a part of the template. What a statement returns has names of ours alone: a bare one,
-- as in ORDER BY, is never that of a column of theirs.
CREATE FUNCTION holomamba.fill_template(template text, m holomamba.model_catalogue) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    list text[];
    orders CONSTANT integer := cardinality(m.order_columns);
    slots CONSTANT jsonb := jsonb_build_object(
        'schema', '@extschema@',
        'model', quote_literal(m.model),
        'users', format('holomamba.%I', m.model || '_users'),
        'items', format('holomamba.%I', m.model || '_items'),
        'interactions', m.interactions,
        'user', quote_ident(m.user_column),
        'item', quote_ident(m.item_column),
        'owned_items', m.items,
        'key', quote_ident(m.item_key),
        'item_type', m.item_type,
        'fits', holomamba.fits_item_type(m.item_type, 'a::bigint'),
        'attributes', (SELECT coalesce(string_agg(format(', n.%I AS attribute_%s', a.name, a.number), '' ORDER BY a.number), '')
                       FROM unnest(m.attributes) WITH ORDINALITY AS a (name, number)),
        -- Always explicit: keys of the items that have another collation are compared as ids of items are.
        'collate', (SELECT coalesce(format(' COLLATE %s', a.attcollation::regcollation), '')
                    FROM pg_attribute a
                    WHERE a.attrelid = format('holomamba.%I', m.model || '_items')::regclass AND a.attname = 'item_id' AND a.attcollation <> 0),
        'order_values', (SELECT string_agg(format('e.%I AS order_%s', o.name, o.number), ', ' ORDER BY o.number)
                         FROM unnest(m.order_columns) WITH ORDINALITY AS o (name, number)),
        -- Only where it need not look for NULL does an index help.
        'same_order', (SELECT string_agg(format(CASE WHEN (holomamba.column_of(m.interactions, o.name)).attnotnull THEN '%s = $%s'
                                                     ELSE '%s IS NOT DISTINCT FROM $%s' END, holomamba.comparable(m.interactions, o.name), o.number),
                                          ' AND ' ORDER BY o.number)
                       FROM unnest(m.order_columns) WITH ORDINALITY AS o (name, number)),
        'p1', '$' || orders + 1, 'p2', '$' || orders + 2, 'p3', '$' || orders + 3, 'p4', '$' || orders + 4, 'p5', '$' || orders + 5);
BEGIN
    LOOP
        list := regexp_match(template, E'(\n *)?<<([^<>]*)>>');
        EXIT WHEN list IS NULL;
        -- A list that begins a line goes on line by line.
        template := replace(template, coalesce(list[1], '') || '<<' || list[2] || '>>',
                            (SELECT string_agg(coalesce(list[1], CASE WHEN number > 1 THEN ' ' ELSE '' END)
                                               || replace(list[2], '#', number::text), ',' ORDER BY number)
                             FROM generate_series(1, orders) AS number));
    END LOOP;
    RETURN (SELECT string_agg(part[1] || CASE WHEN part[2] IS NULL THEN '' ELSE slots ->> part[2] END, '' ORDER BY number)
            FROM regexp_matches(template, '([^{]*)(?:[{]([a-z0-9_]+)[}])?', 'g') WITH ORDINALITY AS parts (part, number));
END
$$;

COMMENT ON FUNCTION holomamba.fill_template(text, holomamba.model_catalogue) IS 'internal: a template with the names of a model filled in';

CREATE FUNCTION holomamba.event_statements(model name) RETURNS TABLE (name text, statement text)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    m CONSTANT holomamba.model_catalogue := holomamba.find_model(model);
    -- Parts of the statements about updated events.
    updated CONSTANT text := $$
WITH before AS (
    SELECT e.{user} AS user_id, e.{item} AS item_id, {order_values} FROM old_events e WHERE e.{user} IS NOT NULL AND e.{item} IS NOT NULL
), after AS (
    SELECT e.{user} AS user_id, e.{item} AS item_id, {order_values} FROM new_events e WHERE e.{user} IS NOT NULL AND e.{item} IS NOT NULL
), touched AS ($$;
    altered CONSTANT text := $$
    SELECT a.user_id FROM ((SELECT * FROM before EXCEPT ALL SELECT * FROM after) UNION ALL (SELECT * FROM after EXCEPT ALL SELECT * FROM before)) a
$$;
    tied CONSTANT text := $$
    SELECT t.user_id
    FROM (SELECT after.user_id, <<after.order_#>> FROM after
          INTERSECT
          SELECT h.user_id, <<h.order_#>>
          FROM (SELECT e.{user} AS user_id, {order_values} FROM {interactions} e
                WHERE e.{user} IN (SELECT after.user_id FROM after) AND e.{item} IS NOT NULL) h
          GROUP BY h.user_id, <<h.order_#>> HAVING count(*) > 1) t
$$;
    who CONSTANT text := $$)
SELECT array_agg(DISTINCT touched.user_id) FROM touched
$$;
BEGIN
    PERFORM holomamba.column_of(m.interactions, c) FROM unnest(m.order_columns || m.user_column || m.item_column) c;
    RETURN QUERY SELECT t.name, holomamba.fill_template(t.template, m) FROM (VALUES

('active_version', $$
SELECT holomamba.active_version({model})
$$),

-- The first event of a new user {p1}: its order values, its item {p2}; {p3} is the active version. Whoever has no row has no events but this.
('start', $$
INSERT INTO {users} (user_id, vector, state, events, <<last_#>>, version)
SELECT {p1}, {schema}.ssm_vector(s.state), s.state, {schema}.ssm_events(s.state), <<$#>>, {p3}
FROM (SELECT {schema}.ssm_update({schema}.ssm_initial({model}, {p3}),
                                 (SELECT i.token FROM {items} i WHERE i.item_id = {p2})) AS state OFFSET 0) s
WHERE NOT EXISTS (SELECT FROM {users} u WHERE u.user_id = {p1})
ON CONFLICT (user_id) DO NOTHING
$$),

-- Items of new events that the model does not know.
('unknown_arrived', $$
SELECT DISTINCT e.{item}
FROM new_events e
WHERE e.{user} IS NOT NULL AND e.{item} IS NOT NULL AND NOT EXISTS (SELECT FROM {items} i WHERE i.item_id = e.{item})
$$),

-- Many new events. New users get an empty row first, then all rows are locked, both in the order of ids: so no two
-- statements wait for each other. What is locked is seen by the next statement as its former holders left it. A row that
-- goes while it is waited for is missed, and both have to be done again. A row without a state is never committed: it is of
-- a user who has no events but these.
('place_arrived', $$
INSERT INTO {users} (user_id)
SELECT DISTINCT e.{user} FROM new_events e
WHERE e.{user} IS NOT NULL AND e.{item} IS NOT NULL AND NOT EXISTS (SELECT FROM {users} u WHERE u.user_id = e.{user})
ORDER BY e.{user}
ON CONFLICT (user_id) DO NOTHING
$$),
('lock_arrived', $$
WITH locked AS MATERIALIZED (
    SELECT u.user_id FROM {users} u
    WHERE u.user_id IN (SELECT e.{user} FROM new_events e WHERE e.{item} IS NOT NULL)
    ORDER BY u.user_id FOR NO KEY UPDATE OF u
)
SELECT (SELECT count(*) FROM new_events e WHERE e.{user} IS NOT NULL AND e.{item} IS NOT NULL
                                            AND e.{user} NOT IN (SELECT l.user_id FROM locked l)),
       (SELECT count(*) FROM locked)
$$),
('arrived', $$
SELECT e.{user} AS user_id, i.token, {order_values}
FROM new_events e LEFT JOIN {items} i ON i.item_id = e.{item}
WHERE e.{user} IS NOT NULL AND e.{item} IS NOT NULL
ORDER BY user_id, <<order_#>>
$$),

-- Whose events came, where other triggers have changed some of them since: all of them are replayed.
('users_arrived', $$
SELECT array_agg(DISTINCT e.{user}) FROM new_events e WHERE e.{user} IS NOT NULL AND e.{item} IS NOT NULL
$$),

-- From which states these users go on, {p1}, when the order values of their first new events are the arrays before: NULL
-- where there is none yet, and whether the events come after its last.
('states', $$
SELECT u.state, u.state IS NULL OR (<<c.first_#>>) > (<<u.last_#>>)
FROM unnest({p1}, <<$#>>) WITH ORDINALITY AS c (user_id, <<first_#>>, number) LEFT JOIN {users} u ON u.user_id = c.user_id
ORDER BY c.number
$$),

-- New states {p2}, their vectors {p3}, and numbers of events {p4}, of users {p1}, in version {p5}.
('store', $$
INSERT INTO {users} AS u (user_id, state, vector, events, <<last_#>>, version)
SELECT s.*, {p5} FROM unnest({p1}, {p2}, {p3}, {p4}, <<$#>>) AS s
ON CONFLICT (user_id) DO UPDATE
SET (state, vector, events, <<last_#>>, version)
  = ROW (excluded.state, excluded.vector, excluded.events, <<excluded.last_#>>, excluded.version)
$$),

-- Users {p1} replayed. Everyone gets a row to be locked by, or another session might add one unseen. The history is read
-- after the locks, by a statement that sees what their former holders have committed.
('place_chosen', $$
INSERT INTO {users} (user_id)
SELECT DISTINCT c.user_id FROM unnest({p1}) AS c (user_id) WHERE c.user_id IS NOT NULL ORDER BY c.user_id
ON CONFLICT (user_id) DO NOTHING
$$),
('lock_chosen', $$
WITH locked AS MATERIALIZED (
    SELECT u.user_id FROM {users} u WHERE u.user_id IN (SELECT c FROM unnest({p1}) AS c) ORDER BY u.user_id FOR UPDATE OF u
)
SELECT (SELECT count(*) FROM unnest({p1}) AS c WHERE c NOT IN (SELECT l.user_id FROM locked l)), (SELECT count(*) FROM locked)
$$),
('history_chosen', $$
SELECT e.{user} AS user_id, i.token, {order_values}
FROM {interactions} e LEFT JOIN {items} i ON i.item_id = e.{item}
WHERE e.{user} IN (SELECT c FROM unnest({p1}) AS c) AND e.{item} IS NOT NULL
ORDER BY user_id, <<order_#>>, e.tableoid, e.ctid
$$),
('remove_chosen', $$
DELETE FROM {users} u
WHERE u.user_id IN (SELECT c FROM unnest({p1}) AS c)
  AND NOT EXISTS (SELECT FROM {interactions} e WHERE e.{user} = u.user_id AND e.{item} IS NOT NULL)
$$),

-- All users replayed, in the order of ids.
('history', $$
SELECT e.{user} AS user_id, i.token, {order_values}
FROM {interactions} e LEFT JOIN {items} i ON i.item_id = e.{item}
WHERE e.{user} IS NOT NULL AND e.{item} IS NOT NULL
ORDER BY user_id, <<order_#>>, e.tableoid, e.ctid
$$),
('remove', $$
DELETE FROM {users} u
WHERE NOT EXISTS (SELECT FROM {interactions} e WHERE e.{user} = u.user_id AND e.{item} IS NOT NULL)
$$),

-- What differs between the stored rows and states {p2}, vectors {p3} and numbers of events {p4} of users {p1}, in version
-- {p5}; and who has a row but no events.
('compare', $$
SELECT c.user_id::text, u.events, c.events,
       CASE WHEN u.user_id IS NULL THEN 'no state'
            WHEN u.version IS DISTINCT FROM {p5} THEN 'version'
            WHEN u.events IS DISTINCT FROM c.events THEN 'events'
            WHEN ROW (<<u.last_#>>) IS DISTINCT FROM ROW (<<c.last_#>>) THEN 'last event'
            WHEN {schema}.ssm_state_send(u.state) IS DISTINCT FROM {schema}.ssm_state_send(c.state) THEN 'state'
            WHEN {schema}.hrr_send(u.vector) IS DISTINCT FROM {schema}.hrr_send(c.vector) THEN 'vector' END
FROM unnest({p1}, {p2}, {p3}, {p4}, <<$#>>) AS c (user_id, state, vector, events, <<last_#>>) LEFT JOIN {users} u ON u.user_id = c.user_id
$$),
('without_events', $$
SELECT u.user_id::text, u.events, 0::bigint, 'no events'
FROM {users} u
WHERE NOT EXISTS (SELECT FROM {interactions} e WHERE e.{user} = u.user_id AND e.{item} IS NOT NULL)
$$),

-- Those that updated events give to users who have not had them by these events before.
('unknown_altered', $$
SELECT DISTINCT c.item_id
FROM (SELECT e.{user}, e.{item} FROM new_events e EXCEPT SELECT e.{user}, e.{item} FROM old_events e) AS c (user_id, item_id)
WHERE c.user_id IS NOT NULL AND c.item_id IS NOT NULL AND NOT EXISTS (SELECT FROM {items} i WHERE i.item_id = c.item_id)
$$),

-- Whom deleted or updated events touch. An update of other columns changes no state, unless it moves an event past another
-- that it is tied with: so where ties are possible, users are touched who have updated events that are tied.
('touched_by_delete', $$
SELECT array_agg(DISTINCT e.{user}) FROM old_events e WHERE e.{user} IS NOT NULL AND e.{item} IS NOT NULL
$$),
('touched_by_update', updated || altered || who),
('tied_by_update', updated || tied || who),
-- The same for one event of user {p1}: a row if there is another in its place.
('tied', $$
SELECT FROM {interactions} e WHERE e.{user} = {p1} AND e.{item} IS NOT NULL AND {same_order} LIMIT 1 OFFSET 1
$$),
('touched_or_tied', updated || altered || 'UNION ALL' || tied || who),

-- Not TRUNCATE, which would wait for everyone who has read a recommendation. It sees the rows that a TRUNCATE of the events
-- takes, later ones than the transaction's snapshot shows included.
('clear', $$
DELETE FROM {users}
$$),

-- Items that go, $1, lose their target, and are not recommended any more. One whose key changes goes and comes.
('items_left', $$
SELECT o.{key}::text FROM old_items o WHERE o.{key} IS NOT NULL
$$),
('items_gone', $$
UPDATE {items} i SET target = NULL
WHERE i.target IS NOT NULL
  AND i.item_id IN (SELECT a::{item_type}{collate} FROM unnest($1) AS a WHERE {fits})
  AND NOT EXISTS (SELECT FROM {owned_items} n WHERE n.{key}{collate} = i.item_id)
$$),
-- A part of them may have gone alone.
('items_cleared', $$
UPDATE {items} i SET target = NULL
WHERE i.target IS NOT NULL AND NOT EXISTS (SELECT FROM {owned_items} n WHERE n.{key}{collate} = i.item_id)
$$),

-- Items that come, or whose attributes change, are described by the active version. What the encoder reads of an item, its
-- token, is fixed when the version meets the item, so that states stay what a replay gives; only its target changes.
('items_arrived', $$
SELECT n.{key}::text FROM new_items n WHERE n.{key} IS NOT NULL
$$),
('items_altered', $$
SELECT c.key::text
FROM (SELECT n.{key} AS key{attributes} FROM new_items n EXCEPT ALL SELECT n.{key} AS key{attributes} FROM old_items n) c
WHERE c.key IS NOT NULL
$$),
-- Of items $1 those that are new; they themselves, in version $2; and who has had events with items $1.
('items_unmet', $$
SELECT a, a::{item_type}
FROM unnest($1) AS a WHERE {fits} AND NOT EXISTS (SELECT FROM {items} i WHERE i.item_id = a::{item_type}{collate})
$$),
('items_describe', $$
INSERT INTO {items} (item_id, token, target)
SELECT d.item_id::{item_type}, d.token, d.target FROM holomamba.describe_items({model}, $2, ARRAY(SELECT DISTINCT ON (a::{item_type}{collate}) a FROM unnest($1) AS a WHERE {fits})) d
WHERE EXISTS (SELECT FROM {owned_items} n WHERE n.{key}{collate} = d.item_id::{item_type}{collate})
ON CONFLICT (item_id) DO UPDATE SET target = excluded.target
$$),
('items_awaited', $$
SELECT array_agg(DISTINCT e.{user})
FROM {interactions} e
WHERE e.{item} IN (SELECT a::{item_type}{collate} FROM unnest($1) AS a) AND e.{user} IS NOT NULL
$$)) AS t (name, template)
    WHERE m.items IS NOT NULL OR t.name NOT LIKE 'items%';
END
$function$;

COMMENT ON FUNCTION holomamba.event_statements(name) IS 'the statements that keep the states of a model, as its triggers run them';

-- Triggers

CREATE FUNCTION holomamba.follow_events() RETURNS trigger
    AS 'MODULE_PATHNAME', 'holomamba_follow_events' LANGUAGE C;
COMMENT ON FUNCTION holomamba.follow_events() IS
    'trigger on the events of the model that its argument names: keeps the states of the users, with the rights of the model''s owner';

CREATE FUNCTION holomamba.follow_items() RETURNS trigger
    AS 'MODULE_PATHNAME', 'holomamba_follow_items' LANGUAGE C;
COMMENT ON FUNCTION holomamba.follow_items() IS
    'trigger on the items of the model that its argument names: new items and new attributes count at once, items that are gone are not recommended any more';

-- Ordinary triggers, which pg_dump knows: dependent on no extension but by their function. They are known by it and by its
-- argument; a name that another trigger of the table has is left to it. Those that are there already, with a dump or with a
-- partition that was apart for a while, stay. Row triggers reach partitions by themselves.
CREATE FUNCTION holomamba.create_triggers_on(model name, relation regclass, of_items boolean, applied boolean DEFAULT false) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    function CONSTANT regproc := CASE WHEN of_items THEN 'holomamba.follow_items'::regproc ELSE 'holomamba.follow_events'::regproc END;
    rows CONSTANT text := CASE WHEN of_items THEN 'items' ELSE 'events' END;
    is_partition CONSTANT boolean := (SELECT c.relispartition FROM pg_class c WHERE c.oid = relation);
    t record;
    trigger_name text;
    number integer;
BEGIN
    FOR t IN
        SELECT v.name, v.event, v.level, CASE WHEN v.has_old THEN ' OLD TABLE AS old_' || rows END AS old_table,
               CASE WHEN v.has_new THEN ' NEW TABLE AS new_' || rows END AS new_table
        FROM (VALUES
            ('insert', false, 'INSERT', 'STATEMENT', 4, false, true),
            ('update', false, 'UPDATE', 'STATEMENT', 16, true, true),
            ('delete', false, 'DELETE', 'STATEMENT', 8, true, false),
            ('truncate', false, 'TRUNCATE', 'STATEMENT', 32, false, false),
            ('applied', true, 'INSERT OR UPDATE OR DELETE', 'ROW', 29, false, false),
            ('emptied', true, 'TRUNCATE', 'STATEMENT', 32, false, false)) AS v (name, applied, event, level, type, has_old, has_new)
        WHERE v.applied = create_triggers_on.applied AND NOT (v.level = 'ROW' AND is_partition)
          AND NOT EXISTS (SELECT FROM pg_trigger g
                          WHERE g.tgrelid = relation AND g.tgfoid = function AND g.tgtype = v.type AND (g.tgenabled = 'R') = v.applied
                            AND g.tgargs = convert_to(model::text, 'UTF8') || decode('00', 'hex') AND g.tgqual IS NULL AND g.tgattr = ''::int2vector
                            AND g.tgoldtable IS NOT DISTINCT FROM CASE WHEN v.has_old THEN 'old_' || rows END
                            AND g.tgnewtable IS NOT DISTINCT FROM CASE WHEN v.has_new THEN 'new_' || rows END)
    LOOP
        trigger_name := format('holomamba_%s_%s', model, t.name);
        number := 0;
        WHILE EXISTS (SELECT FROM pg_trigger g WHERE g.tgrelid = relation AND g.tgname = trigger_name) LOOP
            number := number + 1;
            trigger_name := format('holomamba_%s_%s_%s', model, t.name, number);
        END LOOP;
        EXECUTE format('CREATE TRIGGER %I AFTER %s ON %s %s FOR EACH %s EXECUTE FUNCTION %s(%L)', trigger_name, t.event, relation,
                       'REFERENCING' || nullif(concat(t.old_table, t.new_table), ''),
                       t.level, function, model);
        IF applied THEN
            EXECUTE format('ALTER TABLE %s ENABLE REPLICA TRIGGER %I', relation, trigger_name);
        END IF;
        EXECUTE format('COMMENT ON TRIGGER %I ON %s IS %L', trigger_name, relation,
                       format('keeps model "%s" up to date', model) || CASE WHEN applied THEN ' with what logical replication applies' ELSE '' END);
    END LOOP;
END
$$;

COMMENT ON FUNCTION holomamba.create_triggers_on(name, regclass, boolean, boolean) IS
    'internal: makes the triggers of a model on one table that are not there yet: the ordinary ones, or those for what logical replication applies';

CREATE FUNCTION holomamba.create_triggers(model name, applied boolean DEFAULT false) RETURNS void
    AS 'MODULE_PATHNAME', 'holomamba_create_triggers' LANGUAGE C STRICT;

COMMENT ON FUNCTION holomamba.create_triggers(name, boolean) IS
    'internal: makes the triggers of a model on its tables and all their parts, whoever owns these, for the owner of the model';

CREATE FUNCTION holomamba.model_triggers(model name) RETURNS TABLE (trigger_name name, relation regclass)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT t.tgname, t.tgrelid::regclass
    FROM pg_trigger t
    WHERE t.tgfoid IN ('holomamba.follow_events'::regproc, 'holomamba.follow_items'::regproc)
      AND t.tgargs = convert_to(model::text, 'UTF8') || decode('00', 'hex') AND t.tgparentid = 0
$$;

COMMENT ON FUNCTION holomamba.model_triggers(name) IS 'the triggers of a model: by their argument, for tables may have been renamed or dropped since they were made';
