-- What becomes of a model when the columns that it reads get other types, or are dropped.
--
-- User ids and order columns may become what they may be in create_model(). Where all values are what they were and lie in the
-- order in which they lay (wider integers, text without a limit), the model's own columns are altered and that is all. Anything
-- else may have merged users, or moved events past each other: it is followed as an UPDATE of all events is, by a replay. Item
-- ids are known to the weights by their text, so they stay in their family of types, and get no narrower.
--
-- Which columns of its own a model has and of which types is the business of holomamba_internal.create_tables().

CREATE FUNCTION holomamba_internal.base_modifier(type oid, modifier integer) RETURNS integer
LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
    WITH RECURSIVE layer (type, modifier) AS (
        SELECT base_modifier.type, base_modifier.modifier
        UNION ALL
        SELECT t.typbasetype, greatest(layer.modifier, t.typtypmod) FROM layer JOIN pg_type t ON t.oid = layer.type WHERE t.typtype = 'd'
    )
    SELECT max(layer.modifier) FROM layer
$$;
COMMENT ON FUNCTION holomamba_internal.base_modifier(oid, integer) IS 'the length or precision of a column, a domain''s included; -1 for none';

CREATE FUNCTION holomamba_internal.is_widening(old_type regtype, new_type regtype) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce(array_position('{smallint,integer,bigint}'::regtype[], old_type)
                    < array_position('{smallint,integer,bigint}'::regtype[], new_type), false)
$$;
COMMENT ON FUNCTION holomamba_internal.is_widening(regtype, regtype) IS 'whether the second type holds all values of the first and more, as it holds them';

CREATE FUNCTION holomamba_internal.is_written_anew(relation oid) RETURNS boolean
    AS 'MODULE_PATHNAME', 'holomamba_is_written_anew' LANGUAGE C STRICT;
COMMENT ON FUNCTION holomamba_internal.is_written_anew(oid) IS 'whether this transaction has given a table new files, as a command does that changes values';

-- The columns of a model's own tables, and what they should be by the events as they are.
CREATE FUNCTION holomamba_internal.own_columns(m holomamba.model_catalogue)
RETURNS TABLE (source name, own_table regclass, own_owner oid, own_column name, old_type regtype, old_collation oid,
               new_type regtype, new_collation oid, modifier integer, role text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT e.attname, c.oid::regclass, c.relowner, o.attname, o.atttypid::regtype, o.attcollation,
           holomamba_internal.base_type(e.atttypid), e.attcollation, holomamba_internal.base_modifier(e.atttypid, e.atttypmod), v.role
    FROM (SELECT '_users', 'user_id', m.user_column, 'user'
          UNION ALL SELECT '_items', 'item_id', m.item_column, 'item'
          UNION ALL SELECT '_users', 'last_' || u.number, u.name, 'order'
                    FROM unnest(m.order_columns) WITH ORDINALITY AS u (name, number)) AS v (suffix, own_column, source, role)
    JOIN pg_attribute e ON e.attrelid = m.interactions AND e.attname = v.source AND NOT e.attisdropped
    JOIN pg_class c ON c.relnamespace = 'holomamba'::regnamespace AND c.relkind = 'r' AND c.relname = m.model || v.suffix
    JOIN pg_attribute o ON o.attrelid = c.oid AND o.attname = v.own_column AND NOT o.attisdropped
    ORDER BY c.relname DESC, o.attnum
$$;
COMMENT ON FUNCTION holomamba_internal.own_columns(holomamba.model_catalogue) IS
    'internal: the columns of a model''s tables that hold values of the events, with the types that they have and should have';

-- Raises where the events have become what no model can be made of, or this one cannot follow.
CREATE FUNCTION holomamba_internal.check_own_columns(m holomamba.model_catalogue) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    c record;
    names CONSTANT jsonb := '{"user": "the user ids", "item": "the item ids", "order": "the order of the events"}';
BEGIN
    FOR c IN
        SELECT o.*,
               CASE o.role
                   WHEN 'user' THEN holomamba_internal.id_family(o.new_type) IS NOT NULL
                   WHEN 'order' THEN holomamba_internal.is_orderable(o.new_type)
                   ELSE holomamba_internal.id_family(o.new_type) IS NOT DISTINCT FROM holomamba_internal.id_family(o.old_type)
                        AND NOT holomamba_internal.is_widening(o.new_type, o.old_type)
                        AND (o.new_collation = o.old_collation
                             OR (SELECT bool_and(l.collisdeterministic) FROM pg_collation l WHERE l.oid IN (o.old_collation, o.new_collation)))
               END AS is_fit
        FROM holomamba_internal.own_columns(m) o
    LOOP
        IF c.is_fit IS NOT TRUE THEN
            RAISE feature_not_supported USING
                MESSAGE = format('column "%s" of table %s holds %s of model "%s": it cannot be of type %s%s', c.source, m.interactions,
                                 names ->> c.role, m.model, c.new_type,
                                 CASE WHEN c.new_type = c.old_type THEN format(' with collation %s', c.new_collation::regcollation)
                                      ELSE format(' instead of %s', c.old_type) END),
                HINT = CASE c.role
                           WHEN 'user' THEN 'Ids are of type smallint, integer, bigint, text, varchar or uuid. To do without the model: '
                           WHEN 'order' THEN 'Order columns are of a built-in scalar type, such as timestamptz or bigint, or of an enum type. To do without the model: '
                           ELSE 'What the model has learned of its items goes by their ids. To begin anew: ' END
                       || format('SELECT holomamba.drop_model(%L); then alter the table, holomamba.create_model() and holomamba.train().', m.model);
        END IF;
    END LOOP;
    PERFORM holomamba_internal.check_event_types(m);
END
$$;
COMMENT ON FUNCTION holomamba_internal.check_own_columns(holomamba.model_catalogue) IS
    'internal: refuses types of the columns of a model''s events that it cannot follow';

-- Statements on the own tables run in the name of their owner, who may have made expressions and triggers of them.
CREATE FUNCTION holomamba_internal.fit_statements(model name, same_values boolean) RETURNS TABLE (run_as oid, statement text)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    m CONSTANT holomamba.model_catalogue := holomamba_internal.find_model(model);
    t record;
BEGIN
    PERFORM holomamba_internal.check_own_columns(m);
    PERFORM holomamba_internal.warn_of_other_kinds(m);
    FOR t IN
        SELECT o.own_table, o.own_owner, bool_or(o.role = 'item') AS of_items,
               string_agg(format('ALTER %I TYPE %s%s%s', o.own_column, o.new_type,
                                 coalesce((SELECT format(' COLLATE %s', l.oid::regcollation) FROM pg_collation l WHERE l.oid = o.new_collation), ''),
                                 CASE WHEN NOT same_values AND o.role <> 'item' THEN ' USING NULL' ELSE '' END), ', ') AS changes
        FROM holomamba_internal.own_columns(m) o
        WHERE o.old_type <> o.new_type OR o.old_collation <> o.new_collation
        GROUP BY o.own_table, o.own_owner
        ORDER BY o.own_table
    LOOP
        -- Its rows are replayed below.
        IF NOT same_values AND NOT t.of_items THEN
            RETURN QUERY SELECT t.own_owner, format('DELETE FROM %s', t.own_table);
        END IF;
        RETURN QUERY SELECT t.own_owner, format('ALTER TABLE %s %s', t.own_table, t.changes);
    END LOOP;
    RETURN QUERY
        SELECT NULL::oid, format('UPDATE holomamba.model_catalogue SET user_type = %L, item_type = %L WHERE model = %L', u.new_type, i.new_type, m.model)
        FROM holomamba_internal.own_columns(m) u, holomamba_internal.own_columns(m) i
        WHERE u.role = 'user' AND i.role = 'item' AND (u.new_type <> m.user_type OR i.new_type <> m.item_type);
    IF NOT same_values AND m.active_version IS NOT NULL THEN
        RAISE NOTICE 'all events of model "%" are replayed', m.model;
        RETURN QUERY
            SELECT c.relowner, format('SELECT holomamba.rebuild_state(%L)', m.model) FROM pg_class c
            WHERE c.relnamespace = 'holomamba'::regnamespace AND c.relname = m.model || '_users';
    END IF;
END
$$;
COMMENT ON FUNCTION holomamba_internal.fit_statements(name, boolean) IS
    'internal: what gives the tables of a model the types that its events have now, and in whose name; unless no value has changed, it replays all events';

-- A table can come to a role that cannot do away with the model: then it is the model that has to cope.
CREATE FUNCTION holomamba_internal.refuse_to(actor oid, model name, condition text, message text, hint text, warning text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF EXISTS (SELECT FROM pg_class c
               WHERE c.relnamespace = 'holomamba'::regnamespace AND c.relname IN (model || '_users', model || '_items')
                 AND pg_has_role(actor, c.relowner, 'USAGE')) THEN
        RAISE EXCEPTION USING ERRCODE = condition, MESSAGE = message, HINT = hint;
    END IF;
    RAISE WARNING USING ERRCODE = condition, MESSAGE = coalesce(warning, message);
END
$$;
COMMENT ON FUNCTION holomamba_internal.refuse_to(oid, name, text, text, text, text) IS
    'internal: an error for a role that may manage the model, and a warning for one that may not';

CREATE FUNCTION holomamba_internal.columns_retyped(relation oid, columns name[], converted boolean[], actor oid) RETURNS TABLE (run_as oid, statement text)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    altered CONSTANT oid[] := ARRAY(SELECT holomamba_internal.altered_with(relation));
    m holomamba.model_catalogue;
    same_values boolean;
BEGIN
    FOR m IN SELECT c.* FROM holomamba_internal.models_of(altered) c LOOP
        IF m.interactions = ANY (altered) AND holomamba_internal.event_columns(m) || holomamba_internal.training_columns(m) && columns THEN
            -- Of what an event is beside its place, its user and its item, the model has no column that would tell what type it had.
            same_values := NOT EXISTS (
                SELECT FROM unnest(columns, converted) AS u (name, converted)
                WHERE (u.name = m.time_column OR u.name = ANY (m.event_attributes))
                  AND (u.converted OR EXISTS (SELECT FROM holomamba_internal.descendants(m.interactions) d WHERE holomamba_internal.is_written_anew(d)))
            ) AND coalesce(
                (SELECT bool_and(NOT u.converted AND o.old_collation = o.new_collation
                                 AND (holomamba_internal.is_widening(o.old_type, o.new_type)
                                      OR o.old_type = o.new_type AND (o.modifier < 0 OR NOT w.anew)
                                      OR o.old_type IN ('text', 'varchar') AND o.new_type IN ('text', 'varchar') AND NOT w.anew))
                 FROM unnest(columns, converted) AS u (name, converted) JOIN holomamba_internal.own_columns(m) o ON o.source = u.name,
                      (SELECT bool_or(holomamba_internal.is_written_anew(d)) FROM holomamba_internal.descendants(m.interactions) d) AS w (anew)), true);
            RETURN QUERY SELECT f.* FROM holomamba_internal.fit_statements(m.model, same_values) f;
        END IF;
        IF m.items = ANY (altered) AND holomamba_internal.item_attributes(m) || m.item_key && columns THEN
            RETURN QUERY SELECT f.* FROM holomamba_internal.items_retyped(m, columns, converted, actor) f;
        END IF;
    END LOOP;
END
$$;
COMMENT ON FUNCTION holomamba_internal.columns_retyped(oid, name[], boolean[], oid) IS
    'internal: what lets the models of a table follow when these columns have got other types, with a conversion of the user''s own or without';

-- Keys of other values are items that go and come.
CREATE FUNCTION holomamba_internal.items_retyped(m holomamba.model_catalogue, columns name[], converted boolean[], actor oid)
RETURNS TABLE (run_as oid, statement text)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    anew CONSTANT boolean := (SELECT bool_or(holomamba_internal.is_written_anew(d)) FROM holomamba_internal.descendants(m.items) d);
    c record;
BEGIN
    FOR c IN
        SELECT u.name, a.atttypid::regtype AS type, u.name = m.item_key AS is_key,
               u.converted OR anew AND holomamba_internal.id_family(holomamba_internal.base_type(a.atttypid)) IS DISTINCT FROM 'bigint'::regtype AS other_values
        FROM unnest(columns, converted) AS u (name, converted)
        JOIN pg_attribute a ON a.attrelid = m.items AND a.attname = u.name
        WHERE u.name = ANY (holomamba_internal.item_attributes(m) || m.item_key)
    LOOP
        IF c.is_key AND holomamba_internal.id_family(holomamba_internal.base_type(c.type)) IS DISTINCT FROM holomamba_internal.id_family(m.item_type) THEN
            PERFORM holomamba_internal.refuse_to(actor, m.model, 'feature_not_supported',
                format('column "%s" of table %s is the key of the items of model "%s": it cannot be of type %s, for the item ids are of type %s',
                       c.name, m.items, m.model, c.type, m.item_type),
                format('SELECT holomamba.drop_model(%L); then alter both tables, holomamba.create_model() and holomamba.train().', m.model));
        ELSIF NOT c.is_key AND holomamba_internal.attribute_kind(c.type) IS NULL THEN
            PERFORM holomamba_internal.refuse_to(actor, m.model, 'feature_not_supported',
                format('column "%s" of table %s is an attribute of model "%s": it cannot be of type %s', c.name, m.items, m.model, c.type),
                'Attributes are text, integers, booleans or enums, arrays of those, numbers (real, double precision, numeric, date or '
                || format('timestamp), or vectors (real[], double precision[], hrr, or pgvector''s vector). To do without the model: SELECT holomamba.drop_model(%L);', m.model));
        ELSIF c.other_values AND m.active_version IS NOT NULL AND c.is_key THEN
            RETURN QUERY
                SELECT u.relowner, format('SELECT holomamba.activate(%L, %s)', m.model, m.active_version) FROM pg_class u
                WHERE u.relnamespace = 'holomamba'::regnamespace AND u.relname = m.model || '_users';
        ELSIF c.other_values AND m.active_version IS NOT NULL THEN
            RAISE WARNING USING
                MESSAGE = format('model "%s" scores its items by the values that column "%s" had before', m.model, c.name),
                HINT = format('SELECT holomamba.activate(%L, %s); or, where it is an attribute of another kind now, CALL holomamba.train(%1$L);',
                              m.model, m.active_version);
        END IF;
    END LOOP;
END
$$;
COMMENT ON FUNCTION holomamba_internal.items_retyped(holomamba.model_catalogue, name[], boolean[], oid) IS
    'internal: the same for the columns of a table of items';
