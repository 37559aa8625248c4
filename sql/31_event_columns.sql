-- What is known of an event beside its user, its place and its item: when it was, attributes of its own, whether it is to be predicted
-- and what it counts.

CREATE FUNCTION holomamba_internal.event_field(event_attribute name) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN 'event.' || event_attribute;
COMMENT ON FUNCTION holomamba_internal.event_field(name) IS 'what the vocabularies call an attribute of events; those of items have their own names there';

CREATE FUNCTION holomamba_internal.check_fields(attributes name[], event_attributes name[]) RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    twice CONSTANT text := (SELECT a FROM unnest(event_attributes) e JOIN unnest(attributes) a ON a::text = holomamba_internal.event_field(e) LIMIT 1);
BEGIN
    IF twice IS NOT NULL THEN
        RAISE duplicate_column USING
            MESSAGE = format('"%s" is an attribute of items, and what the attribute "%s" of events is called among the labels', twice, substr(twice, 7)),
            HINT = 'Rename one of the columns, or do without it.';
    END IF;
END
$$;
COMMENT ON FUNCTION holomamba_internal.check_fields(name[], name[]) IS 'internal: refuses attributes of items and of events that have one name in the vocabularies';

-- Types

CREATE FUNCTION holomamba_internal.is_timestamp(type regtype) RETURNS boolean
LANGUAGE sql STABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT holomamba_internal.base_type(type) IN ('timestamptz'::regtype, 'timestamp', 'date')
$$;
COMMENT ON FUNCTION holomamba_internal.is_timestamp(regtype) IS 'whether values of the type say when something was';

CREATE FUNCTION holomamba_internal.is_number(type regtype) RETURNS boolean
LANGUAGE sql STABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT holomamba_internal.base_type(type) IN ('smallint'::regtype, 'integer', 'bigint', 'real', 'double precision', 'numeric')
$$;
COMMENT ON FUNCTION holomamba_internal.is_number(regtype) IS 'whether values of the type are numbers';

CREATE FUNCTION holomamba_internal.time_by_order(interactions regclass, order_columns name[]) RETURNS name
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT order_columns[1] WHERE holomamba_internal.is_timestamp((holomamba_internal.column_of(interactions, order_columns[1])).atttypid)
$$;
COMMENT ON FUNCTION holomamba_internal.time_by_order(regclass, name[]) IS 'the column that says when events were where none is named: the first that orders them, if it can';

-- Whether the output of an event column's type can be this text. Input functions of the user's own types are not asked.
CREATE FUNCTION holomamba_internal.can_be_text_of(type regtype, value text) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE WHEN t.typtype = 'e' THEN EXISTS (SELECT FROM pg_enum e WHERE e.enumtypid = t.oid AND e.enumlabel = value)
                WHEN t.oid = 'boolean'::regtype THEN value IN ('true', 'false')
                WHEN t.oid::regtype IN ('smallint', 'integer', 'bigint') THEN value ~ '^(0|-?[1-9][0-9]{0,18})$'
                ELSE true END
    FROM pg_type t WHERE t.oid = holomamba_internal.base_type(type)
$$;
COMMENT ON FUNCTION holomamba_internal.can_be_text_of(regtype, text) IS 'whether some value of a category is this as text';

CREATE FUNCTION holomamba_internal.check_target_values(interactions regclass, target_column name, target_values text[]) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    c CONSTANT pg_attribute := holomamba_internal.column_of(interactions, target_column);
    value text;
BEGIN
    FOREACH value IN ARRAY target_values LOOP
        IF value IS NOT NULL AND NOT holomamba_internal.can_be_text_of(c.atttypid, value) THEN
            RAISE invalid_parameter_value USING
                MESSAGE = format('no value of column "%s", which is of type %s, is "%s" as text', target_column, format_type(c.atttypid, c.atttypmod), value),
                HINT = coalesce((SELECT 'The values are ' || string_agg(format('"%s"', e.enumlabel), ', ' ORDER BY e.enumsortorder) || '.'
                                 FROM pg_enum e WHERE e.enumtypid = holomamba_internal.base_type(c.atttypid)),
                                'Booleans are true and false, and integers are written without a sign or zeros before them.');
        END IF;
    END LOOP;
END
$$;
COMMENT ON FUNCTION holomamba_internal.check_target_values(regclass, name, text[]) IS
    'internal: refuses texts that no value of the target column can be as text';

-- Checks of create_model(), and of all that reads events later

CREATE FUNCTION holomamba_internal.check_event_columns(
    interactions regclass, user_column name, item_column name, attributes name[], time_column name, event_attributes name[],
    target_column name, target_values text[], weight_column name
) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    most CONSTANT integer := 8;
    c pg_attribute;
    column_name name;
BEGIN
    IF time_column IS NOT NULL THEN
        c := holomamba_internal.column_of(interactions, time_column);
        IF (holomamba_internal.is_timestamp(c.atttypid) OR holomamba_internal.is_number(c.atttypid)) IS NOT TRUE THEN
            RAISE datatype_mismatch USING
                MESSAGE = format('column "%s" of type %s cannot say when events were', time_column, format_type(c.atttypid, c.atttypmod)),
                HINT = 'Times are timestamptz, timestamp, date, or a number of seconds.';
        END IF;
    END IF;
    IF cardinality(event_attributes) > most THEN
        RAISE too_many_columns USING
            MESSAGE = format('%s attributes of events', cardinality(event_attributes)),
            HINT = format('An event has at most %s.', most);
    END IF;
    FOREACH column_name IN ARRAY event_attributes LOOP
        c := holomamba_internal.column_of(interactions, column_name);
        IF holomamba_internal.attribute_kind(c.atttypid) NOT IN ('category', 'number') IS NOT FALSE THEN
            RAISE datatype_mismatch USING
                MESSAGE = format('column "%s" of type %s cannot be an attribute of events', column_name, format_type(c.atttypid, c.atttypmod)),
                HINT = 'Attributes of events are text, integers, booleans or enums, or numbers: real, double precision, numeric, date or timestamp.';
        END IF;
    END LOOP;
    PERFORM holomamba_internal.check_distinct(event_attributes, 'event_attributes');
    FOREACH column_name IN ARRAY ARRAY[user_column, item_column] LOOP
        IF column_name = time_column OR column_name = ANY (event_attributes) THEN
            RAISE invalid_parameter_value USING
                MESSAGE = format('column "%s" is both %s column and %s', column_name, CASE WHEN column_name = user_column THEN 'user' ELSE 'item' END,
                                 CASE WHEN column_name = time_column THEN 'time column' ELSE 'attribute of events' END);
        END IF;
    END LOOP;
    PERFORM holomamba_internal.check_fields(attributes, event_attributes);
    IF target_column IS NOT NULL THEN
        c := holomamba_internal.column_of(interactions, target_column);
        IF holomamba_internal.attribute_kind(c.atttypid) IS DISTINCT FROM 'category' THEN
            RAISE datatype_mismatch USING
                MESSAGE = format('column "%s" of type %s cannot say which events are predicted', target_column, format_type(c.atttypid, c.atttypmod)),
                HINT = 'Such a column is text, an integer, a boolean or an enum.';
        ELSIF cardinality(target_values) = 0 THEN
            RAISE invalid_parameter_value USING
                MESSAGE = 'no target values',
                HINT = 'Name values of the column, as text: those of the events that are to be predicted.';
        END IF;
        PERFORM holomamba_internal.check_target_values(interactions, target_column, target_values);
    END IF;
    IF weight_column IS NOT NULL THEN
        c := holomamba_internal.column_of(interactions, weight_column);
        IF holomamba_internal.is_number(c.atttypid) IS NOT TRUE THEN
            RAISE datatype_mismatch USING
                MESSAGE = format('column "%s" of type %s cannot say what events count', weight_column, format_type(c.atttypid, c.atttypmod)),
                HINT = 'Weights are smallint, integer, bigint, real, double precision or numeric.';
        END IF;
    END IF;
END
$$;
COMMENT ON FUNCTION holomamba_internal.check_event_columns(regclass, name, name, name[], name, name[], name, text[], name) IS
    'refuses columns that do not say of an event what they are given for';

CREATE FUNCTION holomamba_internal.check_event_columns(m holomamba.model_catalogue, interactions regclass) RETURNS void
LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT holomamba_internal.check_event_columns(interactions, m.user_column, m.item_column, m.attributes, m.time_column, m.event_attributes,
                                                  m.target_column, m.target_values, m.weight_column)
$$;
COMMENT ON FUNCTION holomamba_internal.check_event_columns(holomamba.model_catalogue, regclass) IS 'internal: the same for a table that has, or is to have, the events of a model';

-- Of the command that gives a column another type
CREATE FUNCTION holomamba_internal.check_event_types(m holomamba.model_catalogue) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    c record;
BEGIN
    SELECT v.name, a.atttypid::regtype AS type, v.what, v.types INTO c
    FROM (SELECT m.time_column, 'says when the events of model "%s" were', 'Times are timestamptz, timestamp, date, or a number of seconds',
                 ARRAY['timestamp', 'number'], 1
          UNION ALL
          SELECT e.name, 'is an attribute of the events of model "%s"',
                 'Attributes of events are text, integers, booleans or enums, or numbers: real, double precision, numeric, date or timestamp',
                 ARRAY['attribute'], 1 + e.number
          FROM unnest(m.event_attributes) WITH ORDINALITY AS e (name, number)
          UNION ALL
          SELECT m.target_column, 'says which events model "%s" predicts', 'Such a column is text, an integer, a boolean or an enum', ARRAY['category'], 20
          UNION ALL
          SELECT m.weight_column, 'says what events count for model "%s"', 'Weights are smallint, integer, bigint, real, double precision or numeric', ARRAY['number'], 21
         ) AS v (name, what, types, kinds, place)
    JOIN pg_attribute a ON a.attrelid = m.interactions AND a.attname = v.name AND NOT a.attisdropped
    WHERE NOT ('timestamp' = ANY (v.kinds) AND holomamba_internal.is_timestamp(a.atttypid)
               OR 'number' = ANY (v.kinds) AND holomamba_internal.is_number(a.atttypid)
               OR 'attribute' = ANY (v.kinds) AND coalesce(holomamba_internal.attribute_kind(a.atttypid) IN ('category', 'number'), false)
               OR 'category' = ANY (v.kinds) AND coalesce(holomamba_internal.attribute_kind(a.atttypid) = 'category', false))
    ORDER BY v.place LIMIT 1;
    IF FOUND THEN
        RAISE feature_not_supported USING
            MESSAGE = format('column "%s" of table %s %s: it cannot be of type %s', c.name, m.interactions, format(c.what, m.model), c.type),
            HINT = format('%s. To do without the model: SELECT holomamba.drop_model(%L); then alter the table, holomamba.create_model() and '
                          'holomamba.train().', c.types, m.model);
    END IF;
END
$$;
COMMENT ON FUNCTION holomamba_internal.check_event_types(holomamba.model_catalogue) IS
    'internal: refuses types of what a model knows of its events that it cannot follow';

CREATE FUNCTION holomamba_internal.warn_of_other_kinds(m holomamba.model_catalogue) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    c record;
BEGIN
    FOR c IN
        SELECT u.name, u.labels < 0 AS was_number
        FROM holomamba.version_catalogue v, unnest(v.event_attributes, v.event_values) AS u (name, labels), pg_attribute a
        WHERE v.model = m.model AND v.version = m.active_version AND a.attrelid = m.interactions AND a.attname = u.name
          AND (u.labels < 0) <> (holomamba_internal.attribute_kind(a.atttypid) = 'number')
    LOOP
        RAISE WARNING USING
            MESSAGE = format('model "%s" has learned column "%s" of table %s as a %s, and it is a %s now', m.model, c.name, m.interactions,
                             CASE WHEN c.was_number THEN 'number' ELSE 'category' END, CASE WHEN c.was_number THEN 'category' ELSE 'number' END),
            HINT = format('CALL holomamba.train(%L);', m.model);
    END LOOP;
END
$$;
COMMENT ON FUNCTION holomamba_internal.warn_of_other_kinds(holomamba.model_catalogue) IS
    'internal: says that the active version cannot read what has become of an attribute of events';

-- Values, as src/postgres/live/event_values.cpp reads them of a single event

-- Seconds since 1970; of a time without a zone as if it were that of UTC. NULL where it is not known, or further away than the world is old.
CREATE FUNCTION holomamba_internal.seconds_expression(interactions regclass, time_column name) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT format(CASE WHEN holomamba_internal.is_timestamp(c.atttypid)
                       THEN 'CASE WHEN isfinite(%1$s.%2$I) THEN extract(epoch FROM %1$s.%2$I)::double precision END'
                       ELSE 'CASE WHEN %1$s.%2$I BETWEEN -1e-30 AND 1e-30 THEN 0 WHEN %1$s.%2$I BETWEEN -1e15 AND 1e15 THEN %1$s.%2$I::double precision END'
                  END, holomamba_internal.name_for(interactions), time_column)
    FROM holomamba_internal.column_of(interactions, time_column) c
$$;
COMMENT ON FUNCTION holomamba_internal.seconds_expression(regclass, name) IS 'internal: when an event was, in seconds since 1970, or NULL';

CREATE FUNCTION holomamba_internal.label_expression(interactions regclass, event_attribute name) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT format(CASE WHEN t.typtype = 'e' THEN 'CASE WHEN %1$s.%2$I IS NOT NULL THEN format(''%%s'', %1$s.%2$I) END COLLATE "C"'
                       ELSE '%1$s.%2$I::text COLLATE "C"' END, holomamba_internal.name_for(interactions), event_attribute)
    FROM holomamba_internal.column_of(interactions, event_attribute) c, pg_type t
    WHERE t.oid = holomamba_internal.base_type(c.atttypid)
$$;
COMMENT ON FUNCTION holomamba_internal.label_expression(regclass, name) IS
    'internal: the value of a category of an event as text that is compared by bytes, or NULL';

CREATE FUNCTION holomamba_internal.refuse_weight(value text, relation text, column_name text) RETURNS double precision
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RAISE numeric_value_out_of_range USING
        MESSAGE = format('a weight in column "%s" of table %s is %s', column_name, relation, value),
        HINT = 'Weights are finite, and within 1e30. 0 or less is what an event counts that is read and never predicted.';
END
$$;
COMMENT ON FUNCTION holomamba_internal.refuse_weight(text, text, text) IS 'internal: an error for what no event can count';

-- 0 or less: no target. An event that no weight is known of counts as one of a model without weights.
CREATE FUNCTION holomamba_internal.weight_expression(m holomamba.model_catalogue) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    events CONSTANT text := holomamba_internal.name_for(m.interactions);
    weight CONSTANT text := CASE WHEN m.weight_column IS NULL THEN '1' ELSE
        format('CASE WHEN %1$s.%2$I IS NULL THEN 1 WHEN %1$s.%2$I BETWEEN -1e-30 AND 1e-30 THEN 0 '
               'WHEN %1$s.%2$I BETWEEN -1e30 AND 1e30 THEN %1$s.%2$I::double precision '
               'ELSE holomamba_internal.refuse_weight(%1$s.%2$I::text, %3$L, %2$L) END', events, m.weight_column, m.interactions) END;
BEGIN
    RETURN CASE WHEN m.target_column IS NOT NULL THEN
                    format('CASE WHEN %s = ANY (%L::text[]) THEN %s ELSE 0 END', holomamba_internal.label_expression(m.interactions, m.target_column),
                           m.target_values, weight)
                WHEN m.weight_column IS NOT NULL THEN weight END;
END
$$;
COMMENT ON FUNCTION holomamba_internal.weight_expression(holomamba.model_catalogue) IS
    'internal: what an event counts as one to be predicted; NULL where each counts the same';

-- Numbers by the mean and the deviation, and categories by the places of their values, as a version has them among its labels; what it
-- does not know is NaN.
CREATE FUNCTION holomamba_internal.event_values(m holomamba.model_catalogue, version integer, OUT joins text, OUT expressions text[])
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    attribute record;
BEGIN
    joins := '';
    expressions := '{}';
    FOR attribute IN
        SELECT a.name, a.number, y.labels, v.event_values[array_position(v.event_attributes, a.name)] AS known,
               holomamba_internal.attribute_kind((holomamba_internal.column_of(m.interactions, a.name)).atttypid) AS kind
        FROM holomamba.version_catalogue v CROSS JOIN unnest(m.event_attributes) WITH ORDINALITY AS a (name, number)
        LEFT JOIN holomamba.labels y ON y.model = m.model AND y.version = event_values.version AND y.field = holomamba_internal.event_field(a.name)
        WHERE v.model = m.model AND v.version = event_values.version AND a.name = ANY (v.event_attributes)
        ORDER BY a.number
    LOOP
        IF (attribute.known < 0) <> (attribute.kind = 'number') THEN
            PERFORM holomamba_internal.refuse_other_kind(m.model, version, attribute.name, CASE WHEN attribute.known < 0 THEN 'number' ELSE 'category' END, attribute.kind);
        ELSIF attribute.labels IS NULL THEN
            RAISE insufficient_privilege USING
                MESSAGE = format('permission denied for column "%s" of table %s', attribute.name, m.interactions),
                DETAIL = 'What an attribute of events does is told to those who may read it of every event.';
        ELSIF attribute.kind = 'number' THEN
            PERFORM holomamba_internal.check_scale(m.model, version, attribute.name, attribute.labels);
            expressions := expressions || format('coalesce(holomamba_internal.standard_score(%s, %L, %L)::real, ''NaN'')',
                                                 holomamba_internal.number_expression(m.interactions, attribute.name), attribute.labels[1], attribute.labels[2]);
        ELSE
            joins := joins || format(' LEFT JOIN (SELECT u.label COLLATE "C", u.n FROM holomamba.labels y, unnest(y.labels) WITH ORDINALITY u (label, n) '
                                     'WHERE y.model = %L AND y.version = %s AND y.field = %L) v%s (label, n) ON v%4$s.label = %5$s',
                                     m.model, version, holomamba_internal.event_field(attribute.name), attribute.number,
                                     holomamba_internal.label_expression(m.interactions, attribute.name));
            expressions := expressions || format('coalesce((v%s.n - 1)::real, ''NaN'')', attribute.number);
        END IF;
    END LOOP;
END
$$;
COMMENT ON FUNCTION holomamba_internal.event_values(holomamba.model_catalogue, integer) IS
    'internal: what a version reads of the attributes of an event, an expression for each, and what the event is joined to for that';
