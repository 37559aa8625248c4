-- What becomes of a model when its tables are altered, renamed or given away, or get parts and parents. Moved tables need
-- nothing: the catalogue knows them by their OIDs.
--
-- The functions below are called by the event trigger (src/postgres/live/ddl_trigger.cpp) with the rights of the extension's owner, for
-- a table may have parts that belong to others. They look at the models whose tables the command concerns, and at no others:
-- what is wrong with the model of one role stops no command of another. Tables are known by what the server reports of the
-- command, never by a name, which would be looked up under the caller's search_path.

CREATE INDEX model_catalogue_interactions ON holomamba.model_catalogue (interactions);
CREATE INDEX model_catalogue_items ON holomamba.model_catalogue (items);

-- Relatives

CREATE FUNCTION holomamba_internal.ancestors(relation oid) RETURNS SETOF oid
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    WITH RECURSIVE above (relation) AS (
        SELECT ancestors.relation
        UNION
        SELECT i.inhparent FROM above JOIN pg_inherits i ON i.inhrelid = above.relation
    )
    SELECT above.relation FROM above
$$;
COMMENT ON FUNCTION holomamba_internal.ancestors(oid) IS 'a table and all that it is a partition or an inheritance child of';

CREATE FUNCTION holomamba_internal.descendants(relation oid) RETURNS SETOF oid
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    WITH RECURSIVE below (relation) AS (
        SELECT descendants.relation
        UNION
        SELECT i.inhrelid FROM below JOIN pg_inherits i ON i.inhparent = below.relation
    )
    SELECT below.relation FROM below
$$;
COMMENT ON FUNCTION holomamba_internal.descendants(oid) IS 'a table and all its partitions and inheritance children';

-- Columns of a table of a composite type are altered with the type's.
CREATE FUNCTION holomamba_internal.altered_with(relation oid) RETURNS SETOF oid
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT holomamba_internal.descendants(altered_with.relation)
    UNION
    SELECT holomamba_internal.descendants(c.oid)
    FROM pg_class t
    JOIN pg_depend d ON d.refclassid = 'pg_type'::regclass AND d.refobjid = t.reltype AND d.classid = 'pg_class'::regclass AND d.objsubid = 0
    JOIN pg_class c ON c.oid = d.objid AND c.reloftype = t.reltype
    WHERE t.oid = altered_with.relation AND t.relkind = 'c'
$$;
COMMENT ON FUNCTION holomamba_internal.altered_with(oid) IS 'the tables whose columns a command alters with those of a table or of a composite type';

CREATE FUNCTION holomamba_internal.models_of(relations oid[]) RETURNS SETOF holomamba.model_catalogue
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT m.* FROM holomamba.model_catalogue m WHERE m.interactions = ANY (relations) OR m.items = ANY (relations) ORDER BY m.model
$$;
COMMENT ON FUNCTION holomamba_internal.models_of(oid[]) IS 'the models that have their events or their items in one of these tables';

CREATE FUNCTION holomamba_internal.table_triggers(relation oid) RETURNS TABLE (trigger_name name, model name, of_items boolean, applied boolean)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT t.tgname, left(encode(t.tgargs, 'escape'), -4)::name, t.tgfoid = 'holomamba_internal.follow_items'::regproc, t.tgenabled = 'R'
    FROM pg_trigger t
    WHERE t.tgrelid = relation AND t.tgfoid IN ('holomamba_internal.follow_events'::regproc, 'holomamba_internal.follow_items'::regproc)
      AND t.tgnargs = 1 AND t.tgparentid = 0
$$;
COMMENT ON FUNCTION holomamba_internal.table_triggers(oid) IS 'the triggers on a table that keep models up to date';

-- Renamed columns

-- Names of attributes are part of what a version has stored.
CREATE FUNCTION holomamba_internal.column_renamed(relation oid, number integer, old_name name) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    new_name CONSTANT name := (SELECT a.attname FROM pg_attribute a WHERE a.attrelid = relation AND a.attnum = number);
    altered CONSTANT oid[] := ARRAY(SELECT holomamba_internal.altered_with(relation));
    m holomamba.model_catalogue;
BEGIN
    FOR m IN SELECT c.* FROM holomamba_internal.models_of(altered) c LOOP
        IF m.interactions = ANY (altered) AND old_name = ANY (holomamba_internal.event_columns(m) || holomamba_internal.training_columns(m)) THEN
            UPDATE holomamba.model_catalogue c
            SET user_column = CASE WHEN c.user_column = old_name THEN new_name ELSE c.user_column END,
                item_column = CASE WHEN c.item_column = old_name THEN new_name ELSE c.item_column END,
                order_columns = array_replace(c.order_columns, old_name, new_name),
                time_column = CASE WHEN c.time_column = old_name THEN new_name ELSE c.time_column END,
                event_attributes = array_replace(c.event_attributes, old_name, new_name),
                target_column = CASE WHEN c.target_column = old_name THEN new_name ELSE c.target_column END,
                weight_column = CASE WHEN c.weight_column = old_name THEN new_name ELSE c.weight_column END
            WHERE c.model = m.model;
            IF old_name = ANY (m.event_attributes) THEN
                PERFORM holomamba_internal.check_fields(m.attributes, array_replace(m.event_attributes, old_name, new_name));
                UPDATE holomamba.version_catalogue v SET event_attributes = array_replace(v.event_attributes, old_name, new_name) WHERE v.model = m.model;
                UPDATE holomamba.vocabulary_catalogue v SET field = holomamba_internal.event_field(new_name)
                WHERE v.model = m.model AND v.field = holomamba_internal.event_field(old_name);
                UPDATE holomamba.parameters p SET name = left(p.name, length(p.name) - length(old_name)) || new_name
                WHERE p.model = m.model AND p.name IN ('events.values.' || old_name, 'events.base.' || old_name);
            END IF;
        END IF;
        IF m.items = ANY (altered) AND old_name = ANY (holomamba_internal.item_attributes(m) || m.item_key) THEN
            UPDATE holomamba.model_catalogue c
            SET item_key = CASE WHEN c.item_key = old_name THEN new_name ELSE c.item_key END,
                attributes = array_replace(c.attributes, old_name, new_name)
            WHERE c.model = m.model;
            PERFORM holomamba_internal.check_fields(array_replace(m.attributes, old_name, new_name), m.event_attributes);
            UPDATE holomamba.version_catalogue v SET attributes = array_replace(v.attributes, old_name, new_name) WHERE v.model = m.model;
            UPDATE holomamba.vocabulary_catalogue v SET field = new_name WHERE v.model = m.model AND v.field = old_name;
            UPDATE holomamba.parameters p SET name = left(p.name, length(p.name) - length(old_name)) || new_name
            WHERE p.model = m.model AND p.name IN ('embedding.values.' || old_name, 'embedding.base.' || old_name, 'embedding.projection.' || old_name);
        END IF;
    END LOOP;
END
$$;
COMMENT ON FUNCTION holomamba_internal.column_renamed(oid, integer, name) IS
    'internal: lets the models of a table follow when one of its columns, which had the name before, is renamed';

-- Partitions and inheritance children

-- A statement fires the triggers of the table that it names: rows written to a part directly need triggers there. A part that
-- comes meanwhile is seen in the next round, since the session that adds one waits for the triggers made here, or has committed.
CREATE FUNCTION holomamba_internal.follow_parts(model name, applied boolean DEFAULT false, chosen oid[] DEFAULT NULL) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    m CONSTANT holomamba.model_catalogue := holomamba_internal.find_model(model);
    is_replica CONSTANT boolean := applied OR EXISTS (SELECT FROM holomamba_internal.table_triggers(m.interactions) t WHERE t.model = m.model AND t.applied);
    seen oid[] := '{}';
    part record;
    found_part boolean;
BEGIN
    LOOP
        found_part := false;
        FOR part IN
            SELECT v.of_items, c.oid AS relation
            FROM (VALUES (m.interactions, false), (m.items, true)) AS v (root, of_items), holomamba_internal.descendants(v.root) d (relation),
                 pg_class c
            WHERE c.oid = d.relation AND c.relkind IN ('r', 'p') AND c.oid <> ALL (seen) AND (chosen IS NULL OR c.oid = ANY (chosen))
            ORDER BY c.oid
        LOOP
            PERFORM holomamba_internal.create_triggers_on(m.model, part.relation, part.of_items);
            IF is_replica THEN
                PERFORM holomamba_internal.create_triggers_on(m.model, part.relation, part.of_items, true);
            END IF;
            seen := seen || part.relation;
            found_part := true;
        END LOOP;
        EXIT WHEN NOT found_part;
    END LOOP;
END
$$;
COMMENT ON FUNCTION holomamba_internal.follow_parts(name, boolean, oid[]) IS
    'internal: gives the tables of a model, and each of their partitions and inheritance children, the triggers that are not there yet: all of them, or those chosen';

-- By size, for to read a table is to run what its owner has made of it.
CREATE FUNCTION holomamba_internal.has_rows(relation oid) RETURNS boolean
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce(bool_or(pg_relation_size(c.oid) > 0), false)
    FROM holomamba_internal.descendants(has_rows.relation) d (relation) JOIN pg_class c ON c.oid = d.relation AND c.relkind = 'r'
$$;
COMMENT ON FUNCTION holomamba_internal.has_rows(oid) IS 'whether a table or one of its parts has pages, with rows in them as far as one can tell without a look';

CREATE FUNCTION holomamba_internal.warn_of_rows(m holomamba.model_catalogue, relation regclass, of_items boolean, joined boolean) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF m.active_version IS NOT NULL AND holomamba_internal.has_rows(relation) THEN
        RAISE WARNING USING
            MESSAGE = format(CASE WHEN of_items AND joined THEN 'model "%s" does not know the items of table %s yet'
                                  WHEN of_items THEN 'model "%s" still recommends the items of table %s'
                                  WHEN joined THEN 'states of model "%s" do not count the events of table %s yet'
                                  ELSE 'states of model "%s" still count the events of table %s' END, m.model, relation),
            HINT = CASE WHEN of_items THEN format('SELECT holomamba.activate(%L, %s);', m.model, m.active_version)
                        ELSE format('SELECT holomamba.rebuild_state(%L);', m.model) END;
    END IF;
END
$$;
COMMENT ON FUNCTION holomamba_internal.warn_of_rows(holomamba.model_catalogue, regclass, boolean, boolean) IS
    'internal: says that rows which came or went with a part of a table are a matter for a repair';

-- A command that attaches or detaches a partition names it, and the server reports the whole alone. Of all partitions, it is
-- that which the transaction has for itself.
CREATE FUNCTION holomamba_internal.is_held(relation oid) RETURNS boolean
    AS 'MODULE_PATHNAME', 'holomamba_is_held' LANGUAGE C STRICT;
COMMENT ON FUNCTION holomamba_internal.is_held(oid) IS 'whether this session holds an ACCESS EXCLUSIVE lock on a table';

CREATE FUNCTION holomamba_internal.parts_joined(named oid[], wholes oid[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    joined CONSTANT oid[] := named || ARRAY(SELECT i.inhrelid FROM pg_inherits i WHERE i.inhparent = ANY (wholes) AND holomamba_internal.is_held(i.inhrelid));
    parts CONSTANT oid[] := ARRAY(SELECT DISTINCT d FROM unnest(joined) j, holomamba_internal.descendants(j) d);
    far regclass := (SELECT c.oid FROM pg_class c WHERE c.oid = ANY (parts) AND c.relkind = 'f' ORDER BY c.oid LIMIT 1);
    passing regclass := (SELECT c.oid FROM pg_class c WHERE c.oid = ANY (parts) AND c.relpersistence = 't' ORDER BY c.oid LIMIT 1);
    unlogged regclass := (SELECT c.oid FROM pg_class c WHERE c.oid = ANY (parts) AND c.relpersistence = 'u' ORDER BY c.oid LIMIT 1);
    m holomamba.model_catalogue;
    part record;
    parent regclass;
BEGIN
    FOR m IN SELECT c.* FROM holomamba_internal.models_of(ARRAY(SELECT DISTINCT a FROM unnest(joined) j, holomamba_internal.ancestors(j) a)) c LOOP
        FOR part IN
            SELECT j.relation::regclass, v.root, v.of_items
            FROM unnest(joined) j (relation), (VALUES (m.interactions, false), (m.items, true)) AS v (root, of_items)
            WHERE v.root IN (SELECT holomamba_internal.ancestors(j.relation))
            ORDER BY j.relation
        LOOP
            IF part.relation <> part.root THEN
                IF far IS NOT NULL THEN
                    RAISE wrong_object_type USING
                        MESSAGE = format('foreign table %s cannot be a part of table %s, whose rows model "%s" follows', far, part.root, m.model),
                        DETAIL = 'Triggers with transition tables cannot see the rows of foreign tables.',
                        HINT = format('Keep it apart, or do without the model: SELECT holomamba.drop_model(%L);', m.model);
                ELSIF passing IS NOT NULL THEN
                    RAISE wrong_object_type USING
                        MESSAGE = format('temporary table %s cannot be a part of table %s, whose rows model "%s" follows', passing, part.root, m.model),
                        DETAIL = 'Other sessions do not see its rows, and they go without a word when this one ends.',
                        HINT = format('Keep it apart, or do without the model: SELECT holomamba.drop_model(%L);', m.model);
                ELSIF m.interactions IN (SELECT holomamba_internal.ancestors(part.relation)) AND m.items IN (SELECT holomamba_internal.ancestors(part.relation)) THEN
                    RAISE wrong_object_type USING
                        MESSAGE = format('table %s cannot be a part of both tables of model "%s"', part.relation, m.model),
                        DETAIL = format('Its rows would be events of table %s and items of table %s.', m.interactions, m.items);
                END IF;
                PERFORM holomamba_internal.assert_trusted_owners(part.relation, o.owner) FROM holomamba_internal.own_tables(m.model) o;
                IF unlogged IS NOT NULL THEN
                    RAISE WARNING USING
                        MESSAGE = format('a crash will empty table %s, and model "%s" will not know', unlogged, m.model),
                        HINT = format('ALTER TABLE %s SET LOGGED;', unlogged);
                END IF;
                PERFORM holomamba_internal.warn_of_rows(m, part.relation, part.of_items, true);
            ELSE
                SELECT i.inhparent INTO parent FROM pg_inherits i WHERE i.inhrelid = part.root ORDER BY i.inhseqno DESC LIMIT 1;
                IF FOUND THEN
                    RAISE WARNING USING
                        MESSAGE = format('model "%s" does not see the rows that are written through table %s', m.model, parent),
                        DETAIL = format('It follows table %s, and what statements do that name this table.', part.root),
                        HINT = format('SELECT holomamba.%s(%L, %L);', CASE WHEN part.of_items THEN 'change_items' ELSE 'change_interactions' END,
                                      m.model, (SELECT a FROM holomamba_internal.ancestors(part.root) a
                                                WHERE NOT EXISTS (SELECT FROM pg_inherits i WHERE i.inhrelid = a) LIMIT 1)::regclass);
                END IF;
            END IF;
        END LOOP;
        PERFORM holomamba_internal.follow_parts(m.model, chosen => parts);
    END LOOP;
END
$$;
COMMENT ON FUNCTION holomamba_internal.parts_joined(oid[], oid[]) IS
    'internal: lets the models of a table follow when it has got partitions or inheritance children, and warns where it has become one';

-- A trigger of a model on a table that is none of its tables any more.
CREATE FUNCTION holomamba_internal.parts_left(named oid[], wholes oid[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    departed CONSTANT oid[] := named || ARRAY(
        SELECT DISTINCT f.relation::oid
        FROM holomamba_internal.models_of(ARRAY(SELECT holomamba_internal.ancestors(w) FROM unnest(wholes) w)) m, holomamba_internal.model_triggers(m.model) f
        WHERE holomamba_internal.is_held(f.relation));
    part record;
    t record;
BEGIN
    FOR part IN
        SELECT p.*, c AS model_row
        FROM (SELECT DISTINCT d.relation::regclass AS relation, g.model, g.of_items
              FROM unnest(departed) l (relation), holomamba_internal.descendants(l.relation) d (relation), holomamba_internal.table_triggers(d.relation) g) p
        JOIN holomamba.model_catalogue c ON c.model = p.model
        WHERE coalesce(CASE WHEN p.of_items THEN c.items ELSE c.interactions END NOT IN (SELECT holomamba_internal.ancestors(p.relation)), true)
        ORDER BY p.model, p.relation::oid
    LOOP
        FOR t IN SELECT g.* FROM holomamba_internal.table_triggers(part.relation) g WHERE g.model = part.model AND g.of_items = part.of_items LOOP
            EXECUTE format('DROP TRIGGER %I ON %s', t.trigger_name, part.relation);
        END LOOP;
        IF NOT EXISTS (SELECT FROM pg_inherits i WHERE i.inhrelid = part.relation) THEN
            PERFORM holomamba_internal.warn_of_rows(part.model_row, part.relation, part.of_items, false);
        END IF;
    END LOOP;
END
$$;
COMMENT ON FUNCTION holomamba_internal.parts_left(oid[], oid[]) IS
    'internal: takes the triggers of models from tables that are no partitions or inheritance children of theirs any more';

-- Renamed and given away

CREATE FUNCTION holomamba_internal.label_renamed(enum oid, old_label text, new_label text) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp
AS $$
    UPDATE holomamba.vocabulary_catalogue v SET labels = array_replace(v.labels, old_label, new_label)
    FROM holomamba.model_catalogue m,
         LATERAL (SELECT m.items, a, a::text FROM unnest(holomamba_internal.item_attributes(m)) a
                  UNION ALL SELECT m.interactions, a, holomamba_internal.event_field(a) FROM unnest(m.event_attributes) a) s (relation, name, field),
         pg_attribute c, pg_type t
    WHERE c.attrelid = s.relation AND c.attname = s.name AND t.oid = holomamba_internal.base_type(c.atttypid)
      AND enum IN (t.oid, CASE WHEN t.typelem <> 0 THEN holomamba_internal.base_type(t.typelem) END)
      AND v.model = m.model AND v.field = s.field;
    UPDATE holomamba.model_catalogue m SET target_values = array_replace(m.target_values, old_label, new_label)
    FROM pg_attribute c
    WHERE c.attrelid = m.interactions AND c.attname = m.target_column AND holomamba_internal.base_type(c.atttypid) = enum
$$;
COMMENT ON FUNCTION holomamba_internal.label_renamed(oid, text, text) IS
    'internal: the values of an enum go by their new label in the vocabularies of the models that have an attribute of it, and where they say what is predicted';

CREATE FUNCTION holomamba_internal.table_renamed(relation oid) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    m holomamba.model_catalogue;
BEGIN
    FOR m IN SELECT c.* FROM holomamba_internal.models_of(ARRAY[relation]) c LOOP
        RAISE WARNING USING
            MESSAGE = format('model "%s" goes with its table to the new name, %s', m.model, relation::regclass),
            HINT = format('If another table takes its place: SELECT holomamba.%s(%L, ...);',
                          CASE WHEN m.items = relation THEN 'change_items' ELSE 'change_interactions' END, m.model);
    END LOOP;
END
$$;
COMMENT ON FUNCTION holomamba_internal.table_renamed(oid) IS 'internal: says that the models of a table go with it';

-- Who gives the events away gives the model with them, if it is his to give.
CREATE FUNCTION holomamba_internal.owner_changed(relation oid, giver oid) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    new_owner CONSTANT name := (SELECT pg_get_userbyid(c.relowner) FROM pg_class c WHERE c.oid = relation);
    m holomamba.model_catalogue;
    own record;
    part record;
    model_owner oid;
BEGIN
    FOR m IN SELECT c.* FROM holomamba_internal.models_of(ARRAY(SELECT holomamba_internal.ancestors(relation))) c LOOP
        FOR own IN
            SELECT c.oid::regclass AS relation, pg_get_userbyid(c.relowner) AS owner, pg_has_role(giver, c.relowner, 'USAGE') AS is_his
            FROM pg_class c
            WHERE m.interactions = owner_changed.relation AND c.relnamespace = 'holomamba'::regnamespace AND c.relkind = 'r'
              AND c.relname IN (m.model || '_users', m.model || '_items') AND pg_get_userbyid(c.relowner) <> new_owner
            ORDER BY c.relname
        LOOP
            IF own.is_his THEN
                EXECUTE format('ALTER TABLE %s OWNER TO %I', own.relation, new_owner);
            ELSE
                RAISE WARNING USING
                    MESSAGE = format('table %s of model "%s" stays with role "%s"', own.relation, m.model, own.owner),
                    HINT = format('ALTER TABLE %s OWNER TO %I;', own.relation, new_owner);
            END IF;
        END LOOP;
        SELECT c.relowner INTO model_owner FROM pg_class c WHERE c.relnamespace = 'holomamba'::regnamespace AND c.relname = m.model || '_users';
        CONTINUE WHEN NOT FOUND;
        IF m.items IS NOT NULL AND NOT has_table_privilege(model_owner, m.items, 'SELECT') THEN
            RAISE WARNING USING
                MESSAGE = format('role "%s", the owner of model "%s", may not read table %s', pg_get_userbyid(model_owner), m.model, m.items),
                HINT = format('GRANT SELECT ON %s TO %s;', m.items, model_owner::regrole);
        END IF;
        FOR part IN
            SELECT c.oid::regclass AS relation, c.relowner::regrole AS owner
            FROM (SELECT holomamba_internal.descendants(m.interactions) UNION SELECT holomamba_internal.descendants(m.items)) d (id)
            JOIN pg_class c ON c.oid = d.id
            WHERE NOT pg_has_role(c.relowner, model_owner, 'USAGE')
            ORDER BY c.oid
        LOOP
            RAISE WARNING USING
                MESSAGE = format('table %s belongs to role %s, and model "%s" to role %s', part.relation, part.owner, m.model, model_owner::regrole),
                DETAIL = 'Statements that move the model will be refused, for functions of the one role would run with the rights of the other.',
                HINT = format('ALTER TABLE %s OWNER TO %s;', part.relation, model_owner::regrole);
        END LOOP;
    END LOOP;
END
$$;
COMMENT ON FUNCTION holomamba_internal.owner_changed(oid, oid) IS 'internal: gives the models of a table to its new owner, for the role that gave it away; warns of what their owner cannot trust then';

-- What makes a table one that create_model() refuses, or advises against
CREATE FUNCTION holomamba_internal.table_weakened(relation oid, is_unlogged boolean) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    m holomamba.model_catalogue;
BEGIN
    FOR m IN SELECT c.* FROM holomamba_internal.models_of(ARRAY(SELECT holomamba_internal.ancestors(relation))) c LOOP
        IF is_unlogged THEN
            RAISE WARNING USING
                MESSAGE = format('a crash will empty table %s, and model "%s" will not know', relation::regclass, m.model),
                HINT = format('ALTER TABLE %s SET LOGGED;', relation::regclass);
        ELSE
            RAISE WARNING USING
                MESSAGE = format('model "%s" is made of those rows of table %s that policies show to its owner', m.model, relation::regclass),
                HINT = format('ALTER TABLE %s NO FORCE ROW LEVEL SECURITY;', relation::regclass);
        END IF;
    END LOOP;
END
$$;
COMMENT ON FUNCTION holomamba_internal.table_weakened(oid, boolean) IS 'internal: warns where a model cannot rely on its table any more';

-- Dropped

-- As for a column that a view reads; but there is no CASCADE, for a model takes long to learn.
CREATE FUNCTION holomamba_internal.column_dropped(relation oid, column_name name, actor oid) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    m holomamba.model_catalogue;
BEGIN
    FOR m IN SELECT c.* FROM holomamba_internal.models_of(ARRAY[relation]) c LOOP
        IF m.interactions = relation AND column_name = ANY (holomamba_internal.event_columns(m) || holomamba_internal.training_columns(m))
           OR m.items = relation AND column_name = ANY (holomamba_internal.item_attributes(m) || m.item_key) THEN
            PERFORM holomamba_internal.refuse_to(actor, m.model, 'dependent_objects_still_exist',
                format('cannot drop column "%s" of table %s because model "%s" reads it', column_name, relation::regclass, m.model),
                CASE WHEN m.items = relation AND column_name <> ALL (m.attributes || m.item_key)
                     THEN (SELECT format('Versions that were trained with it have to go first: %s',
                                         string_agg(format('SELECT holomamba.forget_version(%L, %s);', m.model, v.version), ' ' ORDER BY v.version))
                           FROM holomamba.version_catalogue v WHERE v.model = m.model AND column_name = ANY (v.attributes))
                     WHEN m.items = relation AND column_name <> m.item_key
                     THEN format('Do without it: SELECT holomamba.change_attributes(%L, %L); or without the model: SELECT holomamba.drop_model(%1$L);',
                                 m.model, array_remove(m.attributes, column_name))
                     ELSE format('Drop the model first: SELECT holomamba.drop_model(%L);', m.model) END,
                format('column "%s" of table %s is dropped, which model "%s" reads', column_name, relation::regclass, m.model));
        END IF;
    END LOOP;
END
$$;
COMMENT ON FUNCTION holomamba_internal.column_dropped(oid, name, oid) IS 'internal: refuses to drop a column that a model reads';

-- That a table was a part of a model's, and which model's, its triggers alone can tell now, by the names that they had.
CREATE FUNCTION holomamba_internal.part_dropped(relation text, trigger_name name) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    m holomamba.model_catalogue;
BEGIN
    SELECT c.* INTO m FROM holomamba.model_catalogue c WHERE c.model = substring(trigger_name FROM '^holomamba_(.*)_delete(?:_[0-9]+)?$');
    IF m.active_version IS NOT NULL AND EXISTS (SELECT FROM pg_class c WHERE c.oid = m.interactions)
       AND (m.items IS NULL OR EXISTS (SELECT FROM pg_class c WHERE c.oid = m.items)) THEN
        RAISE WARNING USING
            MESSAGE = format('model "%s" still counts what was in table %s', m.model, relation),
            HINT = format(CASE WHEN m.items IS NULL THEN 'SELECT holomamba.rebuild_state(%L);'
                               ELSE 'SELECT holomamba.rebuild_state(%L); or where it held items, SELECT holomamba.activate(%1$L, %s);' END,
                          m.model, m.active_version);
    END IF;
END
$$;
COMMENT ON FUNCTION holomamba_internal.part_dropped(text, name) IS
    'internal: says that rows which went with a part of a table are a matter for a repair';

CREATE FUNCTION holomamba_internal.objects_dropped(actor oid) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    d record;
BEGIN
    FOR d IN
        SELECT o.* FROM pg_event_trigger_dropped_objects() o
        WHERE o.object_type = 'table column' OR o.object_type = 'trigger' AND NOT o.original AND o.address_names[3] ~ '^holomamba_.*_delete'
    LOOP
        IF d.object_type = 'table column' THEN
            PERFORM holomamba_internal.column_dropped(d.objid, d.address_names[3], actor);
        ELSE
            PERFORM holomamba_internal.part_dropped(format('%I.%I', d.address_names[1], d.address_names[2]), d.address_names[3]);
        END IF;
    END LOOP;
END
$$;
COMMENT ON FUNCTION holomamba_internal.objects_dropped(oid) IS 'internal: what a command has dropped that a model reads';

-- The commands that can do one of these things to a table. A column of a table can be renamed by commands for views, too, and
-- those of a table of a composite type by commands for types.
CREATE FUNCTION holomamba_internal.follow_commands() RETURNS event_trigger
    AS 'MODULE_PATHNAME', 'holomamba_follow_commands' LANGUAGE C;
COMMENT ON FUNCTION holomamba_internal.follow_commands() IS 'event trigger: lets models follow the changes of their tables';

CREATE EVENT TRIGGER holomamba_follow_commands ON ddl_command_end
    WHEN TAG IN ('ALTER TABLE', 'CREATE TABLE', 'CREATE SCHEMA', 'ALTER FOREIGN TABLE', 'CREATE FOREIGN TABLE', 'ALTER VIEW',
                 'ALTER MATERIALIZED VIEW', 'ALTER INDEX', 'ALTER SEQUENCE', 'ALTER TYPE', 'ALTER SCHEMA')
    EXECUTE FUNCTION holomamba_internal.follow_commands();
COMMENT ON EVENT TRIGGER holomamba_follow_commands IS 'lets the models of holomamba follow what becomes of their tables';

CREATE FUNCTION holomamba_internal.follow_drops() RETURNS event_trigger
    AS 'MODULE_PATHNAME', 'holomamba_follow_drops' LANGUAGE C;
COMMENT ON FUNCTION holomamba_internal.follow_drops() IS 'event trigger: keeps the columns that models read, and warns where parts of their tables are dropped';

CREATE EVENT TRIGGER holomamba_follow_drops ON sql_drop EXECUTE FUNCTION holomamba_internal.follow_drops();
COMMENT ON EVENT TRIGGER holomamba_follow_drops IS 'keeps the columns that models of holomamba read, and warns where parts of their tables are dropped';

-- Triggers that are enabled again

-- ENABLE TRIGGER ALL, after a bulk load, makes ordinary triggers of those for what logical replication applies: those for rows, and of
-- two for TRUNCATE the one whose name is first.
CREATE FUNCTION holomamba_internal.triggers_enabled(relation oid) RETURNS TABLE (run_as oid, statement text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT c.relowner, format('ALTER TABLE ONLY %s ENABLE REPLICA TRIGGER %I', c.oid::regclass, t.tgname)
    FROM holomamba_internal.descendants(relation) d JOIN pg_class c ON c.oid = d JOIN pg_trigger t ON t.tgrelid = c.oid
    WHERE t.tgfoid IN ('holomamba_internal.follow_events'::regproc, 'holomamba_internal.follow_items'::regproc) AND t.tgenabled = 'O'
      AND (t.tgtype = 29
           OR t.tgtype = 32 AND EXISTS (SELECT FROM pg_trigger o
                                        WHERE o.tgrelid = t.tgrelid AND o.tgfoid = t.tgfoid AND o.tgtype = 32 AND o.tgargs = t.tgargs
                                          AND o.tgenabled = 'O' AND o.tgname > t.tgname))
$$;
COMMENT ON FUNCTION holomamba_internal.triggers_enabled(oid) IS
    'internal: what lets triggers for what logical replication applies be that when all triggers of a table have been enabled';
