-- What is asked of tables, columns and types: by create_model() when a model is made, and by all that reads tables later

-- Questions about types and columns

CREATE FUNCTION holomamba_internal.base_type(type regtype) RETURNS regtype
    AS 'MODULE_PATHNAME', 'holomamba_base_type' LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION holomamba_internal.base_type(regtype) IS 'the type itself, or the type under a domain';

CREATE FUNCTION holomamba_internal.id_family(type regtype) RETURNS regtype
    AS 'MODULE_PATHNAME', 'holomamba_id_family' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION holomamba_internal.id_family(regtype) IS
    'bigint, text or uuid: the type in which ids of the given type are passed and compared; NULL for a type that ids cannot have, domains included';

-- The type that the extension named vector brings. Its script runs as a superuser, whoever installs it, so what it has made is a
-- superuser's; whoever owns the extension may add a type of his own to it.
CREATE FUNCTION holomamba_internal.is_pgvector(type regtype) RETURNS boolean
LANGUAGE sql STABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT EXISTS (
        SELECT FROM pg_type t
        JOIN pg_depend d ON d.classid = 'pg_type'::regclass AND d.objid = t.oid AND d.objsubid = 0 AND d.deptype = 'e'
        JOIN pg_extension e ON d.refclassid = 'pg_extension'::regclass AND e.oid = d.refobjid
        JOIN pg_cast c ON c.castsource = t.oid AND c.casttarget = 'real[]'::regtype AND c.castmethod = 'f'
        JOIN pg_proc p ON p.oid = c.castfunc
        JOIN pg_roles r ON r.oid = t.typowner AND r.rolsuper
        JOIN pg_roles s ON s.oid = p.proowner AND s.rolsuper
        WHERE t.oid = type AND t.typname = 'vector' AND e.extname = 'vector')
$$;
COMMENT ON FUNCTION holomamba_internal.is_pgvector(regtype) IS
    'internal: whether a type is pgvector''s, with a cast to real[] that is a superuser''s';

CREATE FUNCTION holomamba_internal.attribute_kind(type regtype) RETURNS text
LANGUAGE sql STABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE WHEN t.typtype = 'e' OR t.oid::regtype IN ('text', 'varchar', 'bpchar', 'smallint', 'integer', 'bigint', 'boolean')
                    THEN 'category'
                WHEN t.oid::regtype IN ('real', 'double precision', 'numeric', 'date', 'timestamp', 'timestamptz')
                    THEN 'number'
                WHEN t.typcategory = 'A' AND holomamba_internal.attribute_kind(t.typelem) = 'category'
                    THEN 'many'
                WHEN t.typcategory = 'A' AND holomamba_internal.base_type(t.typelem) IN ('real'::regtype, 'double precision')
                     OR t.oid = '@extschema@.hrr'::regtype OR holomamba_internal.is_pgvector(t.oid)
                    THEN 'vector' END
    FROM pg_type t
    WHERE t.oid = holomamba_internal.base_type(type)
$$;

COMMENT ON FUNCTION holomamba_internal.attribute_kind(regtype) IS
    'what a column of the type says of an item: category (one value), many (an array of them), number or vector; NULL for any other type';

CREATE FUNCTION holomamba_internal.is_orderable(type regtype) RETURNS boolean
LANGUAGE sql STABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT t.typtype = 'e' OR EXISTS (
        SELECT FROM pg_opclass o JOIN pg_am a ON a.oid = o.opcmethod
        WHERE a.amname = 'btree' AND o.opcdefault AND o.opcnamespace = 'pg_catalog'::regnamespace
          AND (o.opcintype = t.oid
               OR EXISTS (SELECT FROM pg_cast c
                          WHERE c.castsource = t.oid AND c.casttarget = o.opcintype AND c.castmethod = 'b' AND c.castcontext = 'i')))
    FROM pg_type t
    WHERE t.oid = holomamba_internal.base_type(type)
$$;

COMMENT ON FUNCTION holomamba_internal.is_orderable(regtype) IS
    'whether events can be ordered by columns of the type: built-in scalar types with a btree order, and enums';

CREATE FUNCTION holomamba_internal.column_type(relation regclass, column_name name) RETURNS regtype
    AS 'MODULE_PATHNAME', 'holomamba_column_type' LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION holomamba_internal.column_type(regclass, name) IS
    'internal: the type of a column as a query finds it now, whatever the snapshot of the statement; NULL where there is no such column';

CREATE FUNCTION holomamba_internal.column_of(relation regclass, column_name name) RETURNS pg_attribute
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    found_column pg_attribute;
BEGIN
    SELECT a.* INTO found_column FROM pg_attribute a
    WHERE a.attrelid = relation AND a.attname = column_name AND a.attnum > 0 AND NOT a.attisdropped;
    found_column.atttypid := holomamba_internal.column_type(relation, column_name);
    IF found_column.attrelid IS NULL OR found_column.atttypid IS NULL THEN
        RAISE undefined_column USING
            MESSAGE = format('column "%s" of table %s does not exist', column_name, relation),
            HINT = (SELECT format('The columns of the table are %s.', string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum))
                    FROM pg_attribute a WHERE a.attrelid = relation AND a.attnum > 0 AND NOT a.attisdropped);
    END IF;
    RETURN found_column;
END
$$;

COMMENT ON FUNCTION holomamba_internal.column_of(regclass, name) IS 'the description of a column; an error that lists the columns where there is no such one';

CREATE FUNCTION holomamba_internal.collation_clause(type regtype, collation_id oid) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce((SELECT format(' COLLATE %s', c.oid::regcollation)
                     FROM pg_collation c, pg_type t
                     WHERE c.oid = collation_id AND t.oid = type AND t.typcollation <> collation_id), '')
$$;

COMMENT ON FUNCTION holomamba_internal.collation_clause(regtype, oid) IS 'the COLLATE clause of a column, empty where it has its type''s own collation';

CREATE FUNCTION holomamba_internal.name_for(relation regclass) RETURNS text
    AS 'MODULE_PATHNAME', 'holomamba_name_for' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION holomamba_internal.name_for(regclass) IS
    'internal: what a statement calls a table of a user''s, as an alias, so that it is that table or the statement is refused';

-- Operators on enums know no domains over them.
CREATE FUNCTION holomamba_internal.comparable(relation regclass, column_name name) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT format('%s.%I', holomamba_internal.name_for(relation), column_name) || CASE WHEN t.typtype = 'd' THEN '::' || format_type(holomamba_internal.base_type(t.oid), -1) ELSE '' END
    FROM holomamba_internal.column_of(relation, column_name) c JOIN pg_type t ON t.oid = c.atttypid
$$;

COMMENT ON FUNCTION holomamba_internal.comparable(regclass, name) IS
    'internal: a column of a row of name_for(relation) as the type under its domain, if it has one, to be compared with a value of that type';

-- The key of the items may be wider than the item column. No event can name what is beyond that.
CREATE FUNCTION holomamba_internal.fits_item_type(item_type regtype, id text) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE item_type WHEN 'smallint'::regtype THEN format('%s BETWEEN -32768 AND 32767', id)
                          WHEN 'integer'::regtype THEN format('%s BETWEEN -2147483648 AND 2147483647', id)
                          ELSE 'true' END
$$;

COMMENT ON FUNCTION holomamba_internal.fits_item_type(regtype, text) IS
    'internal: the condition that an expression, an id of the same family, can be cast to the type of the items of a model';

-- Checks of create_model()

CREATE FUNCTION holomamba_internal.check_table(relation regclass) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    class pg_class;
BEGIN
    SELECT c.* INTO class FROM pg_class c WHERE c.oid = relation;
    IF NOT FOUND THEN
        RAISE undefined_table USING MESSAGE = format('relation with OID %s does not exist', relation::oid);
    ELSIF class.relkind NOT IN ('r', 'p') THEN
        RAISE wrong_object_type USING
            MESSAGE = format('%s is not a table', relation),
            HINT = 'A model needs an ordinary or a partitioned table: its triggers see every change there.';
    ELSIF class.oid < 16384 THEN
        RAISE wrong_object_type USING MESSAGE = format('%s is a system table', relation);
    ELSIF class.relpersistence = 't' THEN
        RAISE wrong_object_type USING
            MESSAGE = format('%s is a temporary table', relation),
            HINT = 'A model outlives the session: use a permanent table.';
    ELSIF class.relpersistence = 'u' THEN
        RAISE wrong_object_type USING
            MESSAGE = format('%s is an unlogged table', relation),
            DETAIL = 'A crash would empty it, and leave the states of its users.',
            HINT = format('ALTER TABLE %s SET LOGGED;', relation);
    ELSIF class.relispartition THEN
        RAISE wrong_object_type USING
            MESSAGE = format('%s is a partition', relation),
            HINT = format('Use the partitioned table, %s.', pg_partition_root(relation));
    ELSIF EXISTS (SELECT FROM pg_inherits i WHERE i.inhrelid = relation) THEN
        RAISE wrong_object_type USING
            MESSAGE = format('%s inherits from another table', relation),
            DETAIL = 'Its triggers do not see what statements do that name the other table.',
            HINT = (SELECT format('Use that table, %s.', string_agg(i.inhparent::regclass::text, ' or ' ORDER BY i.inhseqno))
                    FROM pg_inherits i WHERE i.inhrelid = relation);
    ELSIF EXISTS (SELECT FROM holomamba_internal.descendants(relation) d JOIN pg_class c ON c.oid = d WHERE c.relkind = 'f') THEN
        RAISE wrong_object_type USING
            MESSAGE = format('table %s has a foreign table among its parts', relation),
            DETAIL = 'Triggers with transition tables cannot see the rows of foreign tables.',
            HINT = (SELECT format('The foreign tables are %s.', string_agg(c.oid::regclass::text, ', ' ORDER BY c.oid))
                    FROM holomamba_internal.descendants(relation) d JOIN pg_class c ON c.oid = d WHERE c.relkind = 'f');
    ELSIF EXISTS (SELECT FROM holomamba_internal.descendants(relation) d JOIN pg_class c ON c.oid = d WHERE c.relpersistence <> 'p') THEN
        RAISE wrong_object_type USING
            MESSAGE = format('table %s has temporary or unlogged tables among its parts', relation),
            DETAIL = 'The end of a session or a crash would empty them, and leave the states of their users.',
            HINT = (SELECT format('They are %s.', string_agg(c.oid::regclass::text, ', ' ORDER BY c.oid))
                    FROM holomamba_internal.descendants(relation) d JOIN pg_class c ON c.oid = d WHERE c.relpersistence <> 'p');
    ELSIF NOT pg_has_role(class.relowner, 'USAGE') THEN
        RAISE insufficient_privilege USING MESSAGE = format('must be owner of table %s', relation);
    END IF;
END
$$;

COMMENT ON FUNCTION holomamba_internal.check_table(regclass) IS 'refuses relations that a model cannot be made of, and those of others';

CREATE FUNCTION holomamba_internal.check_id_column(relation regclass, column_name name) RETURNS regtype
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    id_column pg_attribute := holomamba_internal.column_of(relation, column_name);
    id_type regtype := holomamba_internal.base_type(id_column.atttypid);
BEGIN
    IF holomamba_internal.id_family(id_type) IS NULL THEN
        RAISE datatype_mismatch USING
            MESSAGE = format('column "%s" of table %s is of type %s, which ids cannot have',
                             column_name, relation, format_type(id_column.atttypid, id_column.atttypmod)),
            HINT = 'Ids are of type smallint, integer, bigint, text, varchar or uuid.';
    END IF;
    RETURN id_type;
END
$$;

COMMENT ON FUNCTION holomamba_internal.check_id_column(regclass, name) IS 'the type of a column of ids; an error where it cannot be one';

CREATE FUNCTION holomamba_internal.check_order_columns(interactions regclass, order_columns name[]) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    column_name name;
    order_column pg_attribute;
BEGIN
    IF cardinality(order_columns) = 0 THEN
        RAISE invalid_parameter_value USING
            MESSAGE = 'no order columns',
            HINT = 'Name the columns that order the events of one user, such as ''{created_at,id}''.';
    END IF;
    FOREACH column_name IN ARRAY order_columns LOOP
        order_column := holomamba_internal.column_of(interactions, column_name);
        IF holomamba_internal.is_orderable(order_column.atttypid) IS NOT TRUE THEN
            RAISE datatype_mismatch USING
                MESSAGE = format('events cannot be ordered by column "%s" of type %s',
                                 column_name, format_type(order_column.atttypid, order_column.atttypmod)),
                HINT = 'Order columns are of a built-in scalar type, such as timestamptz or bigint, or of an enum type.';
        END IF;
    END LOOP;
    PERFORM holomamba_internal.check_distinct(order_columns, 'order_columns');
END
$$;

COMMENT ON FUNCTION holomamba_internal.check_order_columns(regclass, name[]) IS 'refuses columns that do not exist or do not order events';

CREATE FUNCTION holomamba_internal.check_attributes(items regclass, attributes name[]) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    column_name name;
    attribute pg_attribute;
BEGIN
    IF cardinality(attributes) > 0 AND items IS NULL THEN
        RAISE invalid_parameter_value USING
            MESSAGE = 'attributes without a table of items',
            HINT = 'Name the table that holds them with items => and its key with item_key =>.';
    END IF;
    FOREACH column_name IN ARRAY attributes LOOP
        attribute := holomamba_internal.column_of(items, column_name);
        IF holomamba_internal.attribute_kind(attribute.atttypid) IS NULL THEN
            RAISE datatype_mismatch USING
                MESSAGE = format('column "%s" of type %s cannot be an attribute',
                                 column_name, format_type(attribute.atttypid, attribute.atttypmod)),
                HINT = 'Attributes are text, integers, booleans or enums, arrays of those, numbers (real, double precision, numeric, '
                       'date or timestamp), or vectors (real[], double precision[], hrr, or pgvector''s vector).';
        END IF;
    END LOOP;
    PERFORM holomamba_internal.check_distinct(attributes, 'attributes');
END
$$;

COMMENT ON FUNCTION holomamba_internal.check_attributes(regclass, name[]) IS 'refuses columns that do not exist or do not describe items';

CREATE FUNCTION holomamba_internal.check_distinct(names name[], argument text) RETURNS void
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    repeated name := (SELECT n FROM unnest(names) n GROUP BY n HAVING count(*) > 1 ORDER BY n LIMIT 1);
BEGIN
    IF repeated IS NOT NULL THEN
        RAISE duplicate_column USING MESSAGE = format('column "%s" appears twice in %s', repeated, argument);
    END IF;
END
$$;

COMMENT ON FUNCTION holomamba_internal.check_distinct(name[], text) IS 'refuses a name given twice';

CREATE FUNCTION holomamba_internal.check_item_key(items regclass, item_key name, interactions regclass, item_column name) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    key_type regtype := holomamba_internal.check_id_column(items, item_key);
    item_type regtype := holomamba_internal.check_id_column(interactions, item_column);
    key_number smallint := (holomamba_internal.column_of(items, item_key)).attnum;
BEGIN
    IF holomamba_internal.id_family(key_type) <> holomamba_internal.id_family(item_type) THEN
        RAISE datatype_mismatch USING
            MESSAGE = format('column "%s" of table %s is of type %s, but column "%s" of table %s is of type %s',
                             item_key, items, key_type, item_column, interactions, item_type);
    END IF;
    IF NOT EXISTS (SELECT FROM pg_index i
                   WHERE i.indrelid = items AND i.indisunique AND i.indisvalid AND i.indnkeyatts = 1
                     AND i.indkey[0] = key_number AND i.indpred IS NULL) THEN
        RAISE invalid_foreign_key USING
            MESSAGE = format('column "%s" of table %s is not unique', item_key, items),
            HINT = format('CREATE UNIQUE INDEX ON %s (%I);', items, item_key);
    END IF;
END
$$;

COMMENT ON FUNCTION holomamba_internal.check_item_key(regclass, name, regclass, name) IS
    'refuses a key of items that is not unique or cannot equal the item column';

CREATE FUNCTION holomamba_internal.assert_trusted_owners(relation oid, reader oid) RETURNS void
    AS 'MODULE_PATHNAME', 'holomamba_assert_trusted_owners' LANGUAGE C STABLE STRICT;
COMMENT ON FUNCTION holomamba_internal.assert_trusted_owners(oid, oid) IS
    'internal: an error where a part of a table belongs to a role that has not all rights of the one that is going to read it';

CREATE FUNCTION holomamba_internal.check_interactions(interactions regclass, user_column name, item_column name, order_columns name[]) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM holomamba_internal.check_table(interactions);
    PERFORM holomamba_internal.check_id_column(interactions, user_column);
    PERFORM holomamba_internal.check_id_column(interactions, item_column);
    IF user_column = item_column THEN
        RAISE invalid_parameter_value USING MESSAGE = format('column "%s" is both user column and item column', user_column);
    END IF;
    PERFORM holomamba_internal.check_order_columns(interactions, order_columns);
    PERFORM holomamba_internal.assert_trusted_owners(interactions, (SELECT c.relowner FROM pg_class c WHERE c.oid = interactions));
END
$$;

COMMENT ON FUNCTION holomamba_internal.check_interactions(regclass, name, name, name[]) IS 'refuses tables and columns that cannot be those of the events';

CREATE FUNCTION holomamba_internal.check_items(items regclass, item_key name, interactions regclass, item_column name) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    owner name := (SELECT pg_get_userbyid(c.relowner) FROM pg_class c WHERE c.oid = interactions);
BEGIN
    IF items = interactions THEN
        RAISE invalid_parameter_value USING MESSAGE = format('table %s cannot hold both interactions and items', items);
    ELSIF items IN (SELECT holomamba_internal.descendants(interactions)) OR interactions IN (SELECT holomamba_internal.descendants(items)) THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format('tables %s and %s share rows: they cannot be interactions and items', interactions, items);
    END IF;
    PERFORM holomamba_internal.check_item_key(items, item_key, interactions, item_column);
    PERFORM holomamba_internal.assert_trusted_owners(items, (SELECT c.relowner FROM pg_class c WHERE c.oid = interactions));
    IF NOT has_table_privilege(owner, items, 'SELECT') THEN
        RAISE insufficient_privilege USING
            MESSAGE = format('role "%s", the owner of table %s, may not read table %s', owner, interactions, items),
            HINT = format('GRANT SELECT ON %s TO %I;', items, owner);
    END IF;
END
$$;

COMMENT ON FUNCTION holomamba_internal.check_items(regclass, name, regclass, name) IS
    'refuses a table of items that is that of the events, whose key does not fit, or that the owner of the events may not read';

CREATE FUNCTION holomamba_internal.warn_without_index(interactions regclass, user_column name, order_columns name[]) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    user_number smallint := (holomamba_internal.column_of(interactions, user_column)).attnum;
BEGIN
    IF NOT EXISTS (SELECT FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am a ON a.oid = c.relam
                   WHERE i.indrelid = interactions AND i.indisvalid AND i.indkey[0] = user_number AND i.indpred IS NULL
                     AND a.amname IN ('btree', 'hash')) THEN
        RAISE WARNING USING
            MESSAGE = format('no index of table %s begins with column "%s"', interactions, user_column),
            DETAIL = 'The items a user has seen, and the states to rebuild, are found by reading the whole table.',
            HINT = (SELECT format('CREATE INDEX ON %s (%s);', interactions, string_agg(quote_ident(c), ', ' ORDER BY n))
                    FROM unnest(user_column || order_columns) WITH ORDINALITY AS u (c, n));
    END IF;
END
$$;

COMMENT ON FUNCTION holomamba_internal.warn_without_index(regclass, name, name[]) IS 'warns where the events of one user cannot be found by an index';

CREATE FUNCTION holomamba_internal.find_model(model text) RETURNS holomamba.model_catalogue
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    found_model holomamba.model_catalogue;
BEGIN
    SELECT m.* INTO found_model FROM holomamba.model_catalogue m WHERE m.model = find_model.model;
    IF NOT FOUND THEN
        RAISE undefined_object USING
            MESSAGE = CASE WHEN model IS NULL THEN 'no model given' ELSE format('model "%s" does not exist', model) END,
            HINT = (SELECT coalesce('The models are ' || string_agg(quote_ident(m.model), ', ' ORDER BY m.model) || '.',
                                    'There are none yet: SELECT holomamba.create_model(...).')
                    FROM holomamba.model_catalogue m);
    END IF;
    RETURN found_model;
END
$$;

COMMENT ON FUNCTION holomamba_internal.find_model(text) IS 'the row of a model in the catalogue; an error that lists the models where there is no such one';

CREATE FUNCTION holomamba_internal.assert_tables_exist(m holomamba.model_catalogue) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    -- What has become a view since may run anything in the name of who reads it.
    missing text := CASE WHEN NOT EXISTS (SELECT FROM pg_class c WHERE c.oid = m.interactions AND c.relkind IN ('r', 'p')) THEN 'interactions'
                         WHEN m.items IS NOT NULL
                              AND NOT EXISTS (SELECT FROM pg_class c WHERE c.oid = m.items AND c.relkind IN ('r', 'p')) THEN 'items' END;
BEGIN
    IF missing IS NOT NULL THEN
        RAISE undefined_table USING
            MESSAGE = format('the table of %s of model "%s" is gone', missing, m.model),
            HINT = format('SELECT holomamba.drop_model(%L);', m.model);
    END IF;
END
$$;

COMMENT ON FUNCTION holomamba_internal.assert_tables_exist(holomamba.model_catalogue) IS 'an error where a table that a model was made of is not there any more, or is no table';

-- Before a model's tables are read

CREATE FUNCTION holomamba_internal.assert_trusted_owners(m holomamba.model_catalogue) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM holomamba_internal.assert_trusted_owners(m.interactions, current_user::regrole);
    PERFORM holomamba_internal.assert_trusted_owners(m.items, current_user::regrole);
    PERFORM holomamba_internal.assert_trusted_owners(o.relation, current_user::regrole) FROM holomamba_internal.own_tables(m.model) o;
END
$$;

COMMENT ON FUNCTION holomamba_internal.assert_trusted_owners(holomamba.model_catalogue) IS
    'internal: the same of all tables that the model''s owner, who is the current role, is going to read';

CREATE FUNCTION holomamba_internal.hold_tables(VARIADIC tables regclass[]) RETURNS void
    AS 'MODULE_PATHNAME', 'holomamba_hold_tables' LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION holomamba_internal.hold_tables(regclass[]) IS
    'internal: keeps tables that the current role may read as they are until the transaction ends';

CREATE FUNCTION holomamba_internal.hold_readable(relation regclass) RETURNS void
    AS 'MODULE_PATHNAME', 'holomamba_hold_readable' LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION holomamba_internal.hold_readable(regclass) IS
    'internal: the same of a table that is going to be read; an error where the current role may not';

-- What reads a model's tables relies on their columns, and holds them. To a type that an owner makes, and gives a table
-- later, casts and operators may belong that are functions of his. Attributes are read as what they are now.
CREATE FUNCTION holomamba_internal.assert_columns(m holomamba.model_catalogue) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    names CONSTANT text[] := ARRAY[format('holomamba.%I', m.model || '_items'), format('holomamba.%I', m.model || '_users')];
    items CONSTANT regclass := to_regclass(names[1]);
    users CONSTANT regclass := to_regclass(names[2]);
    gone CONSTANT text := (SELECT n FROM unnest(names) n
                           WHERE NOT EXISTS (SELECT FROM pg_class c WHERE c.oid = to_regclass(n) AND c.relkind = 'r') LIMIT 1);
    expected record;
    found regtype;
BEGIN
    IF gone IS NOT NULL THEN
        RAISE undefined_table USING
            MESSAGE = format('table %s is gone', gone),
            HINT = format('SELECT holomamba.drop_model(%L);', m.model);
    END IF;
    PERFORM holomamba_internal.hold_tables(m.interactions, m.items, items, users);
    PERFORM holomamba_internal.assert_tables_exist(m);
    FOR expected IN
        SELECT c.* FROM (VALUES (m.interactions, m.user_column, m.user_type), (m.interactions, m.item_column, m.item_type),
                                (m.items, m.item_key, m.item_type),
                                (items, 'item_id', m.item_type), (items, 'token', '@extschema@.hrr'),
                                (items, 'target', '@extschema@.hrr'),
                                (users, 'user_id', m.user_type), (users, 'vector', '@extschema@.hrr')) AS c (relation, name, type)
        WHERE c.relation IS NOT NULL
    LOOP
        found := holomamba_internal.base_type((holomamba_internal.column_of(expected.relation, expected.name)).atttypid);
        IF coalesce(holomamba_internal.id_family(found), found) IS DISTINCT FROM coalesce(holomamba_internal.id_family(expected.type), expected.type) THEN
            RAISE datatype_mismatch USING
                MESSAGE = format('column "%s" of table %s is of type %s, not %s', expected.name, expected.relation, found, expected.type),
                HINT = format('Undo the change, or make model "%s" anew.', m.model);
        END IF;
    END LOOP;
    PERFORM holomamba_internal.check_order_columns(m.interactions, m.order_columns);
    PERFORM holomamba_internal.check_event_columns(m, m.interactions);
END
$$;
COMMENT ON FUNCTION holomamba_internal.assert_columns(holomamba.model_catalogue) IS
    'internal: an error where a column that a model relies on is not of the type, or of the family of types, that it was made of';

-- Ids are the keys of a model's tables: one that has no room in an index entry would be met at the very end of a training.
CREATE FUNCTION holomamba_internal.check_ids(m holomamba.model_catalogue) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    longest CONSTANT integer := 2000;
    source record;
    id text;
BEGIN
    FOR source IN
        SELECT c.* FROM (VALUES (m.interactions, m.user_column, format('%I IS NOT NULL', m.item_column), m.user_type),
                                (m.interactions, m.item_column, 'true', m.item_type),
                                (m.items, m.item_key, 'true', m.item_type)) AS c (relation, id_column, counts, id_type)
        WHERE c.relation IS NOT NULL AND holomamba_internal.id_family(c.id_type) = 'text'::regtype
    LOOP
        EXECUTE format('SELECT %1$s.%2$I::text FROM %3$s %1$s WHERE octet_length(%1$s.%2$I::text) > $1 AND %4$s LIMIT 1',
                       holomamba_internal.name_for(source.relation), source.id_column, source.relation, source.counts)
        INTO id USING longest;
        IF id IS NOT NULL THEN
            RAISE program_limit_exceeded USING
                MESSAGE = format('an id in column "%s" of table %s is %s bytes long', source.id_column, source.relation, octet_length(id)),
                DETAIL = format('Ids of a model have at most %s bytes. This one begins with "%s".', longest, left(id, 40)),
                HINT = 'Shorten it or delete its rows, or let the model go by another column.';
        END IF;
    END LOOP;
END
$$;
COMMENT ON FUNCTION holomamba_internal.check_ids(holomamba.model_catalogue) IS 'internal: refuses ids that a model cannot keep';

-- Items are equal where their ids are equal in the item column, as in holomamba.<model>_items. The key may have a collation
-- of its own.
CREATE FUNCTION holomamba_internal.item_collation(m holomamba.model_catalogue) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE WHEN c.attcollation = 0 THEN '' ELSE format(' COLLATE %s', c.attcollation::regcollation) END
    FROM holomamba_internal.column_of(m.interactions, m.item_column) c
$$;
COMMENT ON FUNCTION holomamba_internal.item_collation(holomamba.model_catalogue) IS
    'internal: the COLLATE clause by which ids of items are compared, empty where they have none';
