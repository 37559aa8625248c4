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
-- Rights. The trigger functions switch to the owner of the model, so that a role that may insert an event needs no right on
-- the states. Where the interactions have row level security, their owner sees all rows (unless it is forced): a state is
-- made of all events of its user, whichever role may see them.

-- Templates, each with what it takes: parameters as src/postgres/live/statement_list.hpp says. They are compared with that list
-- when a session loads them.
CREATE FUNCTION holomamba_internal.event_statements(model name) RETURNS TABLE (name text, takes text, statement text)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    m CONSTANT holomamba.model_catalogue := holomamba_internal.find_model(model);
    names CONSTANT text[] := holomamba_internal.template_names(m);
    -- Parts of the statements about updated events.
    updated CONSTANT text := $$
WITH before AS (
    SELECT {event} FROM old_events {e} WHERE {e}.{user} IS NOT NULL AND {e}.{item} IS NOT NULL
), after AS (
    SELECT {event} FROM new_events {e} WHERE {e}.{user} IS NOT NULL AND {e}.{item} IS NOT NULL
), touched AS ($$;
    altered CONSTANT text := $$
    SELECT a.user_id FROM ((SELECT * FROM before EXCEPT ALL SELECT * FROM after) UNION ALL (SELECT * FROM after EXCEPT ALL SELECT * FROM before)) a
$$;
    tied CONSTANT text := $$
    SELECT t.user_id
    FROM (SELECT after.user_id, <<after.order_#>> FROM after
          INTERSECT
          SELECT h.user_id, <<h.order_#>>
          FROM (SELECT {e}.{user} AS user_id, {order_values} FROM {interactions} {e}
                WHERE {e}.{user} IN (SELECT after.user_id FROM after) AND {e}.{item} IS NOT NULL) h
          GROUP BY h.user_id, <<h.order_#>> HAVING count(*) > 1) t
$$;
    who CONSTANT text := $$)
SELECT array_agg(DISTINCT touched.user_id) FROM touched
$$;
BEGIN
    PERFORM holomamba_internal.column_of(m.interactions, c) FROM unnest(holomamba_internal.event_columns(m)) c;
    RETURN QUERY SELECT t.name, t.takes, holomamba_internal.fill_template(t.template, names, cardinality(m.order_columns)) FROM (VALUES

('active_version', 'nothing', $$
SELECT holomamba_internal.active_version({model})
$$),

-- The first event of a new user {p_user}: the state {p_state} after it, its vector {p_vector} and number of events {p_events},
-- in version {p_version}. A user without a row has no event but this.
('start', 'one', $$
INSERT INTO {users} (user_id, state, vector, events, <<last_#>>, version)
SELECT {p_user}, {p_state}, {p_vector}, {p_events}, <<$#>>, {p_version}
WHERE NOT EXISTS (SELECT FROM {users} u WHERE u.user_id = {p_user})
ON CONFLICT (user_id) DO NOTHING
$$),

-- Items of new events that the model does not know.
('unknown_arrived', 'nothing', $$
SELECT DISTINCT {e}.{item}
FROM new_events {e}
WHERE {e}.{user} IS NOT NULL AND {e}.{item} IS NOT NULL AND NOT EXISTS (SELECT FROM {items} i WHERE i.item_id = {e}.{item})
$$),

-- Many new events. New users get an empty row first, then all rows are locked, both in the order of ids: so no two
-- statements wait for each other. What is locked is seen by the next statement as its former holders left it. A row that
-- goes while it is waited for is missed, and both have to be done again. A row without a state is never committed: it is of
-- a user who has no events but these.
('place_arrived', 'nothing', $$
INSERT INTO {users} (user_id)
SELECT DISTINCT {e}.{user} FROM new_events {e}
WHERE {e}.{user} IS NOT NULL AND {e}.{item} IS NOT NULL AND NOT EXISTS (SELECT FROM {users} u WHERE u.user_id = {e}.{user})
ORDER BY {e}.{user}
ON CONFLICT (user_id) DO NOTHING
$$),
('lock_arrived', 'nothing', $$
WITH locked AS MATERIALIZED (
    SELECT u.user_id FROM {users} u
    WHERE u.user_id IN (SELECT {e}.{user} FROM new_events {e} WHERE {e}.{item} IS NOT NULL)
    ORDER BY u.user_id FOR NO KEY UPDATE OF u
)
SELECT (SELECT count(*) FROM new_events {e} WHERE {e}.{user} IS NOT NULL AND {e}.{item} IS NOT NULL
                                            AND {e}.{user} NOT IN (SELECT l.user_id FROM locked l)),
       (SELECT count(*) FROM locked)
$$),
('arrived', 'nothing', $$
SELECT {read_event}
FROM new_events {e} LEFT JOIN {items} i ON i.item_id = {e}.{item}
WHERE {e}.{user} IS NOT NULL AND {e}.{item} IS NOT NULL
ORDER BY user_id, <<order_#>>
$$),

-- Whose events came, where other triggers have changed some of them since: all of them are replayed.
('users_arrived', 'nothing', $$
SELECT array_agg(DISTINCT {e}.{user}) FROM new_events {e} WHERE {e}.{user} IS NOT NULL AND {e}.{item} IS NOT NULL
$$),

-- From which states these users go on, {p_user}, when the order values of their first new events are the arrays before: NULL
-- where there is none yet, and whether the events come after its last.
('states', 'many', $$
SELECT u.state, u.state IS NULL OR (<<c.first_#>>) > (<<u.last_#>>)
FROM unnest({p_user}, <<$#>>) WITH ORDINALITY AS c (user_id, <<first_#>>, number) LEFT JOIN {users} u ON u.user_id = c.user_id
ORDER BY c.number
$$),

-- New states {p_state}, their vectors {p_vector}, and numbers of events {p_events}, of users {p_user}, in version
-- {p_version}.
('store', 'many', $$
INSERT INTO {users} AS u (user_id, state, vector, events, <<last_#>>, version)
SELECT s.*, {p_version} FROM unnest({p_user}, {p_state}, {p_vector}, {p_events}, <<$#>>) AS s
ON CONFLICT (user_id) DO UPDATE
SET (state, vector, events, <<last_#>>, version)
  = ROW (excluded.state, excluded.vector, excluded.events, <<excluded.last_#>>, excluded.version)
$$),

-- Users {p_user} replayed. Everyone gets a row to be locked by, or another session might add one unseen. The history is read
-- after the locks, by a statement that sees what their former holders have committed.
('place_chosen', 'many', $$
INSERT INTO {users} (user_id)
SELECT DISTINCT c.user_id FROM unnest({p_user}) AS c (user_id) WHERE c.user_id IS NOT NULL ORDER BY c.user_id
ON CONFLICT (user_id) DO NOTHING
$$),
('lock_chosen', 'many', $$
WITH locked AS MATERIALIZED (
    SELECT u.user_id FROM {users} u WHERE u.user_id IN (SELECT c FROM unnest({p_user}) AS c) ORDER BY u.user_id FOR UPDATE OF u
)
SELECT (SELECT count(*) FROM unnest({p_user}) AS c WHERE c NOT IN (SELECT l.user_id FROM locked l)), (SELECT count(*) FROM locked)
$$),
('history_chosen', 'many', $$
SELECT {read_event}
FROM {interactions} {e} LEFT JOIN {items} i ON i.item_id = {e}.{item}
WHERE {e}.{user} IN (SELECT c FROM unnest({p_user}) AS c) AND {e}.{item} IS NOT NULL
ORDER BY user_id, <<order_#>>, {e}.tableoid, {e}.ctid
$$),
('remove_chosen', 'many', $$
DELETE FROM {users} u
WHERE u.user_id IN (SELECT c FROM unnest({p_user}) AS c)
  AND NOT EXISTS (SELECT FROM {interactions} {e} WHERE {e}.{user} = u.user_id AND {e}.{item} IS NOT NULL)
$$),

-- All users replayed, in the order of ids.
('history', 'nothing', $$
SELECT {read_event}
FROM {interactions} {e} LEFT JOIN {items} i ON i.item_id = {e}.{item}
WHERE {e}.{user} IS NOT NULL AND {e}.{item} IS NOT NULL
ORDER BY user_id, <<order_#>>, {e}.tableoid, {e}.ctid
$$),
('remove', 'nothing', $$
DELETE FROM {users} u
WHERE NOT EXISTS (SELECT FROM {interactions} {e} WHERE {e}.{user} = u.user_id AND {e}.{item} IS NOT NULL)
$$),

-- What differs between the stored rows and states {p_state}, vectors {p_vector} and numbers of events {p_events} of users
-- {p_user}, in version {p_version}; and who has a row but no events.
('compare', 'many', $$
SELECT c.user_id::text, u.events, c.events,
       CASE WHEN u.user_id IS NULL THEN 'no state'
            WHEN u.version IS DISTINCT FROM {p_version} THEN 'version'
            WHEN u.events IS DISTINCT FROM c.events THEN 'events'
            WHEN ROW (<<u.last_#>>) IS DISTINCT FROM ROW (<<c.last_#>>) THEN 'last event'
            WHEN {schema}.ssm_state_send(u.state) IS DISTINCT FROM {schema}.ssm_state_send(c.state) THEN 'state'
            WHEN {schema}.hrr_send(u.vector) IS DISTINCT FROM {schema}.hrr_send(c.vector) THEN 'vector' END
FROM unnest({p_user}, {p_state}, {p_vector}, {p_events}, <<$#>>) AS c (user_id, state, vector, events, <<last_#>>) LEFT JOIN {users} u ON u.user_id = c.user_id
$$),
('without_events', 'nothing', $$
SELECT u.user_id::text, u.events, 0::bigint, 'no events'
FROM {users} u
WHERE NOT EXISTS (SELECT FROM {interactions} {e} WHERE {e}.{user} = u.user_id AND {e}.{item} IS NOT NULL)
$$),

-- Those that updated events give to users who have not had them by these events before.
('unknown_altered', 'nothing', $$
SELECT DISTINCT c.item_id
FROM (SELECT {e}.{user}, {e}.{item} FROM new_events {e} EXCEPT SELECT {e}.{user}, {e}.{item} FROM old_events {e}) AS c (user_id, item_id)
WHERE c.user_id IS NOT NULL AND c.item_id IS NOT NULL AND NOT EXISTS (SELECT FROM {items} i WHERE i.item_id = c.item_id)
$$),

-- Whom deleted or updated events touch. An update of other columns changes no state, unless it moves an event past another
-- that it is tied with: so where ties are possible, users are touched who have updated events that are tied.
('touched_by_delete', 'nothing', $$
SELECT array_agg(DISTINCT {e}.{user}) FROM old_events {e} WHERE {e}.{user} IS NOT NULL AND {e}.{item} IS NOT NULL
$$),
('touched_by_update', 'nothing', updated || altered || who),
('tied_by_update', 'nothing', updated || tied || who),
-- The same for one event of user {p_user}: a row if there is another in its place.
('tied', 'one', $$
SELECT FROM {interactions} {e} WHERE {e}.{user} = {p_user} AND {e}.{item} IS NOT NULL AND {same_order} LIMIT 1 OFFSET 1
$$),
('touched_or_tied', 'nothing', updated || altered || 'UNION ALL' || tied || who),

-- Not TRUNCATE, which would wait for everyone who has read a recommendation. It sees the rows that a TRUNCATE of the events
-- takes, later ones than the transaction's snapshot shows included.
('clear', 'nothing', $$
DELETE FROM {users}
$$),

-- Items that go, $1, lose their target, and are not recommended any more. One whose key changes goes and comes.
('items_left', 'nothing', $$
SELECT o.{key}::text FROM old_items o WHERE o.{key} IS NOT NULL
$$),
('items_gone', 'items', $$
UPDATE {items} i SET target = NULL
WHERE i.target IS NOT NULL
  AND i.item_id IN (SELECT a::{item_type}{collate} FROM unnest($1) AS a WHERE {fits})
  AND NOT EXISTS (SELECT FROM {owned_items} {n} WHERE {n}.{key}{collate} = i.item_id)
$$),
-- A part of them may have gone alone.
('items_cleared', 'nothing', $$
UPDATE {items} i SET target = NULL
WHERE i.target IS NOT NULL AND NOT EXISTS (SELECT FROM {owned_items} {n} WHERE {n}.{key}{collate} = i.item_id)
$$),

-- Items that come, or whose attributes change, are described by the active version. What the encoder reads of an item, its
-- token, is fixed when the version meets the item, so that states stay what a replay gives; only its target changes.
('items_arrived', 'nothing', $$
SELECT {n}.{key}::text FROM new_items {n} WHERE {n}.{key} IS NOT NULL
$$),
('items_altered', 'nothing', $$
SELECT c.key::text
FROM (SELECT {n}.{key} AS key{attributes} FROM new_items {n} EXCEPT ALL SELECT {n}.{key} AS key{attributes} FROM old_items {n}) c
WHERE c.key IS NOT NULL
$$),
-- Of items $1 those that are new; they themselves, in version $2; and who has had events with items $1.
('items_unmet', 'items', $$
SELECT a, a::{item_type}
FROM unnest($1) AS a WHERE {fits} AND NOT EXISTS (SELECT FROM {items} i WHERE i.item_id = a::{item_type}{collate})
$$),
('items_describe', 'items', $$
INSERT INTO {items} (item_id, token, target)
SELECT d.item_id::{item_type}, d.token, d.target FROM holomamba.describe_items({model}, $2, ARRAY(SELECT DISTINCT ON (a::{item_type}{collate}) a FROM unnest($1) AS a WHERE {fits})) d
WHERE EXISTS (SELECT FROM {owned_items} {n} WHERE {n}.{key}{collate} = d.item_id::{item_type}{collate})
ON CONFLICT (item_id) DO UPDATE SET target = excluded.target
$$),
('items_awaited', 'items', $$
SELECT array_agg(DISTINCT {e}.{user})
FROM {interactions} {e}
WHERE {e}.{item} IN (SELECT a::{item_type}{collate} FROM unnest($1) AS a) AND {e}.{user} IS NOT NULL
$$)) AS t (name, takes, template);
END
$function$;

COMMENT ON FUNCTION holomamba_internal.event_statements(name) IS 'the statements that keep the states of a model, as its triggers run them';

-- Triggers

CREATE FUNCTION holomamba_internal.follow_events() RETURNS trigger
    AS 'MODULE_PATHNAME', 'holomamba_follow_events' LANGUAGE C;
COMMENT ON FUNCTION holomamba_internal.follow_events() IS
    'trigger on the events of the model that its argument names: keeps the states of the users, with the rights of the model''s owner';

CREATE FUNCTION holomamba_internal.follow_items() RETURNS trigger
    AS 'MODULE_PATHNAME', 'holomamba_follow_items' LANGUAGE C;
COMMENT ON FUNCTION holomamba_internal.follow_items() IS
    'trigger on the items of the model that its argument names: new items and new attributes count at once, items that are gone are not recommended any more';

-- Ordinary triggers, which pg_dump knows: dependent on no extension but by their function. They are known by it and by its
-- argument; a name that another trigger of the table has is left to it. Those that are there already, with a dump or with a
-- partition that was apart for a while, stay. Row triggers reach partitions by themselves.
CREATE FUNCTION holomamba_internal.create_triggers_on(model name, relation regclass, of_items boolean, applied boolean DEFAULT false) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    function CONSTANT regproc := CASE WHEN of_items THEN 'holomamba_internal.follow_items'::regproc ELSE 'holomamba_internal.follow_events'::regproc END;
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

COMMENT ON FUNCTION holomamba_internal.create_triggers_on(name, regclass, boolean, boolean) IS
    'internal: makes the triggers of a model on one table that are not there yet: the ordinary ones, or those for what logical replication applies';

CREATE FUNCTION holomamba_internal.create_triggers(model name, applied boolean DEFAULT false) RETURNS void
    AS 'MODULE_PATHNAME', 'holomamba_create_triggers' LANGUAGE C STRICT;

COMMENT ON FUNCTION holomamba_internal.create_triggers(name, boolean) IS
    'internal: makes the triggers of a model on its tables and all their parts, whichever role owns these, for the owner of the model';

CREATE FUNCTION holomamba_internal.model_triggers(model name) RETURNS TABLE (trigger_name name, relation regclass)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT t.tgname, t.tgrelid::regclass
    FROM pg_trigger t
    WHERE t.tgfoid IN ('holomamba_internal.follow_events'::regproc, 'holomamba_internal.follow_items'::regproc)
      AND t.tgargs = convert_to(model::text, 'UTF8') || decode('00', 'hex') AND t.tgparentid = 0
$$;

COMMENT ON FUNCTION holomamba_internal.model_triggers(name) IS 'the triggers of a model: by their argument, for tables may have been renamed or dropped since they were made';
