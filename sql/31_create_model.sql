-- create_model() and drop_model()

-- Runs with the rights of the extension's owner, for no other role may create in this schema (src/postgres/store/catalogue.cpp): it
-- makes what the catalogue's row says, in the name of the owner of the interactions, who was asked when the row was written.
CREATE FUNCTION holomamba_internal.create_tables(model name) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET default_table_access_method = heap
AS $$
DECLARE
    m holomamba.model_catalogue := holomamba_internal.find_model(model);
    user_column pg_attribute := holomamba_internal.column_of(m.interactions, m.user_column);
    item_column pg_attribute := holomamba_internal.column_of(m.interactions, m.item_column);
    items_table text := format('holomamba.%I', m.model || '_items');
    users_table text := format('holomamba.%I', m.model || '_users');
    owner regrole := (SELECT c.relowner FROM pg_class c WHERE c.oid = m.interactions);
    last_columns text;
    last record;
    note record;
    tablespace name;
    granted record;
BEGIN
    -- A setting of the caller's, who is not the one whose rights the server would ask for.
    SELECT t.spcname INTO tablespace FROM pg_tablespace t
    WHERE t.spcname = current_setting('default_tablespace') AND NOT has_tablespace_privilege(owner::oid, t.oid, 'CREATE')
      AND t.oid <> (SELECT d.dattablespace FROM pg_database d WHERE d.datname = current_database());
    IF FOUND THEN
        RAISE insufficient_privilege USING
            MESSAGE = format('permission denied for tablespace %s', tablespace),
            DETAIL = format('It is the default_tablespace of this session, and role "%s" may not create tables in it.', pg_get_userbyid(owner));
    END IF;

    -- Rows of up to a page stay whole: a scan that ranks reads no TOAST table.
    EXECUTE format('CREATE TABLE %s (item_id %s%s PRIMARY KEY, token %s NOT NULL, target %s, popularity bigint NOT NULL DEFAULT 0) '
                   'WITH (toast_tuple_target = 8160)',
                   items_table, m.item_type, holomamba_internal.collation_clause(m.item_type, item_column.attcollation),
                   '@extschema@.hrr', '@extschema@.hrr');
    EXECUTE format('CREATE INDEX %I ON %s USING holomamba (target, (item_id::%s))', m.model || '_items_target_idx', items_table,
                   holomamba_internal.id_family(m.item_type));

    SELECT string_agg(format('last_%s %s%s', o.number, format_type(o.type, -1), holomamba_internal.collation_clause(o.type, o.collation)),
                      ', ' ORDER BY o.number)
    INTO last_columns
    FROM (SELECT u.number, holomamba_internal.base_type(c.atttypid) AS type, c.attcollation AS collation
          FROM unnest(m.order_columns) WITH ORDINALITY AS u (name, number), holomamba_internal.column_of(m.interactions, u.name) c) o;

    -- So much of a page is left free that two users' rows lie on one, and an event's new version of either fits beside the old one: no
    -- index entry, no bloat. Rows with times are larger.
    -- Vector and state are NULL only inside a transaction that is rebuilding the row.
    EXECUTE format('CREATE TABLE %s (user_id %s%s PRIMARY KEY, vector %s, state %s, events bigint NOT NULL DEFAULT 0, %s, version integer) '
                   'WITH (fillfactor = %s, toast_tuple_target = 8160)',
                   users_table, m.user_type, holomamba_internal.collation_clause(m.user_type, user_column.attcollation),
                   '@extschema@.hrr', '@extschema@.ssm_state', last_columns, CASE WHEN m.time_column IS NULL THEN 50 ELSE 60 END);
    EXECUTE format('ALTER TABLE %s ALTER vector SET STORAGE EXTERNAL, ALTER state SET STORAGE EXTERNAL', users_table);

    FOR note IN
        SELECT * FROM (VALUES
            ('TABLE ' || items_table, format('item vectors of model "%s"; GRANT SELECT to those who may ask for recommendations', m.model)),
            ('COLUMN ' || items_table || '.item_id', 'id of the item'),
            ('COLUMN ' || items_table || '.token', 'what the encoder reads for an event with this item'),
            ('COLUMN ' || items_table || '.target', 'what scores are taken against, the item''s bias last; NULL: never recommended'),
            ('COLUMN ' || items_table || '.popularity', 'events with this item when the version was trained'),
            ('TABLE ' || users_table, format('user states of model "%s", kept by its triggers; GRANT SELECT to those who may ask for '
                                             'recommendations: a state tells of its user''s events', m.model)),
            ('COLUMN ' || users_table || '.user_id', 'id of the user'),
            ('COLUMN ' || users_table || '.vector', 'what targets are compared with: -(target <#> vector) is the score'),
            ('COLUMN ' || users_table || '.state', 'what the next event moves forward'),
            ('COLUMN ' || users_table || '.events', 'events of the user so far'),
            ('COLUMN ' || users_table || '.version', 'version of the model that the state belongs to')) AS n (object, text)
    LOOP
        EXECUTE format('COMMENT ON %s IS %L', note.object, note.text);
    END LOOP;
    FOR last IN SELECT * FROM unnest(m.order_columns) WITH ORDINALITY AS u (name, number) LOOP
        EXECUTE format('COMMENT ON COLUMN %s.last_%s IS %L', users_table, last.number, format('"%s" of the last event', last.name));
    END LOOP;

    EXECUTE format('ALTER TABLE %s OWNER TO %s', items_table, owner);
    EXECUTE format('ALTER TABLE %s OWNER TO %s', users_table, owner);
    -- Default privileges are the owner's, not those of who makes his tables.
    FOR granted IN
        SELECT format('REVOKE ALL ON %s FROM %s', c.oid::regclass, CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END) AS command
        FROM pg_class c, aclexplode(c.relacl) a
        WHERE c.oid IN (items_table::regclass, users_table::regclass) AND a.grantee <> owner
        UNION ALL
        SELECT format('GRANT %s ON %s TO %s%s', a.privilege_type, t, CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END,
                      CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' END)
        FROM pg_default_acl d, aclexplode(d.defaclacl) a, unnest(ARRAY[items_table, users_table]) t
        WHERE d.defaclrole = owner AND d.defaclobjtype = 'r' AND d.defaclnamespace IN (0, 'holomamba'::regnamespace) AND a.grantee <> owner
    LOOP
        EXECUTE granted.command;
    END LOOP;
END
$$;

COMMENT ON FUNCTION holomamba_internal.create_tables(name) IS 'internal: makes the tables of a model that is in the catalogue, in the name of its owner';
REVOKE EXECUTE ON FUNCTION holomamba_internal.create_tables(name) FROM PUBLIC;

-- What users call

CREATE FUNCTION holomamba.create_model(
    model text,
    interactions regclass,
    user_column name,
    item_column name,
    order_columns name[],
    items regclass DEFAULT NULL,
    item_key name DEFAULT NULL,
    attributes name[] DEFAULT '{}',
    options jsonb DEFAULT '{}',
    time_column name DEFAULT NULL,
    event_attributes name[] DEFAULT '{}',
    target_column name DEFAULT NULL,
    target_values text[] DEFAULT NULL,
    weight_column name DEFAULT NULL
) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    missing text;
    chosen_time name;
BEGIN
    missing := CASE
        WHEN model IS NULL THEN 'model'
        WHEN interactions IS NULL THEN 'interactions'
        WHEN user_column IS NULL THEN 'user_column'
        WHEN item_column IS NULL THEN 'item_column'
        WHEN order_columns IS NULL OR array_position(order_columns, NULL) IS NOT NULL THEN 'order_columns'
        WHEN attributes IS NULL OR array_position(attributes, NULL) IS NOT NULL THEN 'attributes'
        WHEN options IS NULL THEN 'options'
        WHEN event_attributes IS NULL OR array_position(event_attributes, NULL) IS NOT NULL THEN 'event_attributes'
        WHEN array_position(target_values, NULL) IS NOT NULL THEN 'target_values'
    END;
    IF missing IS NOT NULL THEN
        RAISE null_value_not_allowed USING MESSAGE = format('argument "%s" must not be null', missing);
    ELSIF model !~ '^[a-z_][a-z0-9_]{0,39}$' THEN
        RAISE invalid_name USING
            MESSAGE = format('"%s" cannot be the name of a model', model),
            HINT = 'A name is 1 to 40 lower-case letters, digits and underscores, and does not begin with a digit.';
    ELSIF (items IS NULL) <> (item_key IS NULL) THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format('"%s" without "%s"', CASE WHEN items IS NULL THEN 'item_key' ELSE 'items' END,
                             CASE WHEN items IS NULL THEN 'items' ELSE 'item_key' END),
            HINT = 'Give the table of items and its unique key together, or neither.';
    ELSIF (target_column IS NULL) <> (target_values IS NULL) THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format('"%s" without "%s"', CASE WHEN target_column IS NULL THEN 'target_values' ELSE 'target_column' END,
                             CASE WHEN target_column IS NULL THEN 'target_column' ELSE 'target_values' END),
            HINT = 'Give the column and its values of the events that are to be predicted together, or neither.';
    END IF;
    PERFORM holomamba_internal.make_room(model::name, interactions);

    PERFORM holomamba_internal.check_interactions(interactions, user_column, item_column, order_columns);
    IF items IS NOT NULL THEN
        PERFORM holomamba_internal.check_table(items);
        PERFORM holomamba_internal.check_items(items, item_key, interactions, item_column);
    END IF;
    PERFORM holomamba_internal.check_attributes(items, attributes);
    chosen_time := nullif(coalesce(time_column, holomamba_internal.time_by_order(interactions, order_columns)), '');
    PERFORM holomamba_internal.check_event_columns(interactions, user_column, item_column, attributes, chosen_time, event_attributes, target_column,
                                                   target_values, weight_column);
    PERFORM holomamba_internal.check_options(options);
    PERFORM holomamba_internal.warn_without_index(interactions, user_column, order_columns);

    PERFORM holomamba_internal.declare_model(model::name, interactions, user_column, item_column, order_columns, items, item_key, attributes, options,
                                             chosen_time, event_attributes, target_column, target_values, weight_column);
    PERFORM holomamba_internal.create_triggers(model);

    RAISE NOTICE USING
        MESSAGE = format('model "%s" is declared, not yet trained', model),
        HINT = format('CALL holomamba.train(%L);', model);
END
$$;

COMMENT ON FUNCTION holomamba.create_model(text, regclass, name, name, name[], regclass, name, name[], jsonb, name, name[], name, text[], name) IS
    'declares a model of the events in a table: checks everything, makes its tables and triggers, trains nothing';

-- What a model leaves behind where its row of the catalogue did not come along, or its tables went without it: with a dump of
-- the schema alone or of some tables, DROP OWNED, DROP SCHEMA.
CREATE FUNCTION holomamba_internal.own_tables(model name) RETURNS TABLE (relation regclass, owner oid)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT c.oid, c.relowner FROM pg_class c
    WHERE c.relnamespace = 'holomamba'::regnamespace AND c.relkind = 'r' AND c.relname IN (own_tables.model || '_users', own_tables.model || '_items')
      AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
    ORDER BY c.relname
$$;

COMMENT ON FUNCTION holomamba_internal.own_tables(name) IS 'the tables of a model in schema holomamba that are there, whether the model is or not';

CREATE FUNCTION holomamba_internal.is_dead(m holomamba.model_catalogue) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT NOT EXISTS (SELECT FROM pg_class c WHERE c.oid = m.interactions)
        OR (SELECT count(*) FROM holomamba_internal.own_tables(m.model)) < 2
$$;

COMMENT ON FUNCTION holomamba_internal.is_dead(holomamba.model_catalogue) IS 'whether a table is gone without which there is no model';

CREATE FUNCTION holomamba_internal.is_abandoned(model name) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT NOT EXISTS (SELECT FROM holomamba.model_catalogue m JOIN pg_class c ON c.oid = m.interactions WHERE m.model = is_abandoned.model)
       AND NOT EXISTS (SELECT FROM holomamba_internal.own_tables(is_abandoned.model))
$$;

COMMENT ON FUNCTION holomamba_internal.is_abandoned(name) IS 'whether a model has lost all its tables, and with them its owner, if there is a row of it at all: anybody may drop it';

-- Anybody can make a view of a table that he may not read, or a function that reads it: nobody can use it, but it is in the way.
CREATE FUNCTION holomamba_internal.is_used(relation regclass) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT EXISTS (
        SELECT FROM pg_depend d
        LEFT JOIN pg_rewrite r ON d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid
        LEFT JOIN pg_class c ON c.oid = r.ev_class OR d.classid = 'pg_class'::regclass AND c.oid = d.objid
        LEFT JOIN pg_proc p ON d.classid = 'pg_proc'::regclass AND p.oid = d.objid
        WHERE d.deptype = 'n'
          AND (d.refclassid = 'pg_class'::regclass AND d.refobjid = relation
               OR d.refclassid = 'pg_type'::regclass AND d.refobjid = (SELECT t.reltype FROM pg_class t WHERE t.oid = relation))
          AND has_any_column_privilege(coalesce(c.relowner, p.proowner), relation, 'SELECT') IS NOT FALSE)
$$;
COMMENT ON FUNCTION holomamba_internal.is_used(regclass) IS 'internal: whether anything of roles that may read a table depends on it';

-- Not the triggers that others hung on tables of their own: they do nothing there, model or not.
CREATE FUNCTION holomamba_internal.drop_leftovers(model name, relations oid[], owners oid[]) RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    t record;
    found_some boolean := false;
BEGIN
    FOR t IN
        SELECT f.* FROM holomamba_internal.model_triggers(model) f JOIN pg_class c ON c.oid = f.relation
        WHERE pg_has_role(c.relowner, 'USAGE') AND (c.relowner = ANY (owners) OR c.oid = ANY (relations))
    LOOP
        EXECUTE format('DROP TRIGGER %I ON %s', t.trigger_name, t.relation);
        found_some := true;
    END LOOP;
    FOR t IN SELECT o.relation FROM holomamba_internal.own_tables(model) o LOOP
        EXECUTE format('DROP TABLE %s%s', t.relation, CASE WHEN NOT holomamba_internal.is_used(t.relation) THEN ' CASCADE' END);
        found_some := true;
    END LOOP;
    RETURN found_some;
END
$$;

COMMENT ON FUNCTION holomamba_internal.drop_leftovers(name, oid[], oid[]) IS
    'internal: drops the tables of a model, and its triggers on these tables and on those of these roles, in the name of the caller; whether there were any';

CREATE FUNCTION holomamba.drop_model(model text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    m holomamba.model_catalogue;
    owners oid[];
BEGIN
    SELECT c.* INTO m FROM holomamba.model_catalogue c WHERE c.model = drop_model.model;
    IF FOUND THEN
        owners := ARRAY(SELECT o.owner FROM holomamba_internal.own_tables(m.model) o UNION SELECT c.relowner FROM pg_class c WHERE c.oid = m.interactions);
        PERFORM holomamba_internal.delete_model(m.model);
    ELSE
        owners := ARRAY(SELECT o.owner FROM holomamba_internal.own_tables(model::name) o WHERE pg_has_role(o.owner, 'USAGE')
                        UNION SELECT c.relowner FROM holomamba_internal.model_triggers(model::name) f JOIN pg_class c ON c.oid = f.relation
                        WHERE pg_has_role(c.relowner, 'USAGE'));
        IF owners = '{}' THEN
            m := holomamba_internal.find_model(model);
        END IF;
    END IF;
    PERFORM holomamba_internal.drop_leftovers(model::name, ARRAY(SELECT holomamba_internal.descendants(m.interactions) UNION SELECT holomamba_internal.descendants(m.items)), owners);
END
$$;

COMMENT ON FUNCTION holomamba.drop_model(text) IS
    'removes a model with its versions, tables and triggers, or what is left of it, and nothing of the user''s';

-- Makes room for a new model of the name, unless there is one.
CREATE FUNCTION holomamba_internal.make_room(model name, interactions regclass) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    m holomamba.model_catalogue;
    is_known boolean;
    owners CONSTANT oid[] := ARRAY(SELECT o.owner FROM holomamba_internal.own_tables(model) o UNION SELECT c.relowner FROM pg_class c WHERE c.oid = interactions);
    stranger CONSTANT oid := (SELECT o.owner FROM holomamba_internal.own_tables(model) o WHERE NOT pg_has_role(o.owner, 'USAGE') LIMIT 1);
    in_the_way record;
BEGIN
    SELECT c.* INTO m FROM holomamba.model_catalogue c WHERE c.model = make_room.model;
    is_known := FOUND;
    IF is_known AND NOT (holomamba_internal.is_dead(m) AND (holomamba.may_manage(model) OR holomamba_internal.is_abandoned(model))) THEN
        RAISE duplicate_object USING
            MESSAGE = format('model "%s" already exists', model),
            HINT = format('To declare it anew: SELECT holomamba.drop_model(%L);', model);
    ELSIF stranger IS NOT NULL THEN
        RAISE insufficient_privilege USING
            MESSAGE = format('tables of a former model "%s" belong to role "%s"', model, pg_get_userbyid(stranger)),
            HINT = format('Choose another name, or let that role clean up: SELECT holomamba.drop_model(%L);', model);
    END IF;
    IF is_known THEN
        PERFORM holomamba_internal.delete_model(model);
    END IF;
    IF holomamba_internal.drop_leftovers(model, '{}', owners) OR is_known THEN
        RAISE NOTICE 'what was left of a former model "%" is dropped', model;
    END IF;
    -- Versions can have come without it.
    IF NOT is_known THEN
        PERFORM holomamba_internal.delete_model(model);
    END IF;
    SELECT c.oid::regclass AS relation, pg_get_userbyid(c.relowner) AS owner, x.indrelid::regclass AS indexed INTO in_the_way
    FROM pg_class c LEFT JOIN pg_index x ON x.indexrelid = c.oid
    WHERE c.relnamespace = 'holomamba'::regnamespace AND c.relname IN (model || '_users', model || '_items', model || '_items_target_idx')
    ORDER BY c.relname LIMIT 1;
    IF FOUND THEN
        RAISE duplicate_table USING
            MESSAGE = format('model "%s" cannot have its tables: %s is there', model, in_the_way.relation),
            DETAIL = format('It is %s, and belongs to role "%s".', coalesce('an index of ' || in_the_way.indexed, 'no table of a model'), in_the_way.owner),
            HINT = 'Choose another name, or let that role or a superuser rename it.';
    END IF;
END
$$;

COMMENT ON FUNCTION holomamba_internal.make_room(name, regclass) IS
    'internal: drops what is left of a model whose name is wanted; an error where the model is there';
