-- What an event is to SQL, and the names of a model in the templates of statements (src/postgres/server/sql_template.hpp).

CREATE FUNCTION holomamba_internal.event_columns(m holomamba.model_catalogue) RETURNS name[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT m.order_columns || m.user_column || m.item_column || array_remove(ARRAY[m.time_column], NULL) || m.event_attributes
$$;
COMMENT ON FUNCTION holomamba_internal.event_columns(holomamba.model_catalogue) IS 'the columns of its events that the states of a model depend on';

CREATE FUNCTION holomamba_internal.training_columns(m holomamba.model_catalogue) RETURNS name[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT array_remove(ARRAY[m.target_column, m.weight_column], NULL)
$$;
COMMENT ON FUNCTION holomamba_internal.training_columns(holomamba.model_catalogue) IS 'the columns of its events that only trainings of a model read';

CREATE FUNCTION holomamba_internal.fill_template(template text, names text[], repeats integer) RETURNS text
    AS 'MODULE_PATHNAME', 'holomamba_fill_template' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION holomamba_internal.fill_template(text, text[], integer) IS
    'internal: a template with the texts of names, pairs of these, filled in; NULL where a text that it asks for is';

-- Row e is one of the events, i the row of its item in ours. What statements return has names of ours alone: a bare one, as in
-- ORDER BY, is never that of a column of theirs.
CREATE FUNCTION holomamba_internal.template_names(m holomamba.model_catalogue) RETURNS text[]
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    -- What statements call the events, and rows of theirs.
    events CONSTANT text := holomamba_internal.name_for(m.interactions);
    orders CONSTANT integer := cardinality(m.order_columns);
    order_values CONSTANT text := (SELECT string_agg(format('%s.%I AS order_%s', events, o.name, o.number), ', ' ORDER BY o.number)
                                   FROM unnest(m.order_columns) WITH ORDINALITY AS o (name, number));
    -- Ties in the order columns are broken by physical order, as everywhere.
    in_order CONSTANT text := (SELECT string_agg(format('%s.%I, ', events, o.name), '' ORDER BY o.number)
                               FROM unnest(m.order_columns) WITH ORDINALITY AS o (name, number)) || format('%1$s.tableoid, %1$s.ctid', events);
    -- What is known of an event beside its item, as src/postgres/live/event_row.cpp reads it. Values of a category are the same where
    -- their bytes are.
    known_values CONSTANT text := concat(
        CASE WHEN m.time_column IS NOT NULL THEN ', ' || holomamba_internal.comparable(m.interactions, m.time_column) || ' AS time' END,
        (SELECT string_agg(format(', %s%s AS attribute_%s', holomamba_internal.comparable(m.interactions, a.name),
                                  CASE WHEN t.typcollation <> 0 THEN ' COLLATE "C"' END, a.number), '' ORDER BY a.number)
         FROM unnest(m.event_attributes) WITH ORDINALITY AS a (name, number)
         JOIN pg_type t ON t.oid = holomamba_internal.base_type((holomamba_internal.column_of(m.interactions, a.name)).atttypid)));
BEGIN
    RETURN ARRAY[
        ['schema', '@extschema@'],
        ['model', quote_literal(m.model)],
        ['users', format('holomamba.%I', m.model || '_users')],
        ['items', format('holomamba.%I', m.model || '_items')],
        ['interactions', m.interactions::text],
        ['e', events],
        ['n', holomamba_internal.name_for(m.items)],
        ['user', quote_ident(m.user_column)],
        ['item', quote_ident(m.item_column)],
        ['owned_items', m.items::text],
        ['key', quote_ident(m.item_key)],
        ['item_type', m.item_type::text],
        ['fits', holomamba_internal.fits_item_type(m.item_type, 'a::bigint')],
        ['attributes', (SELECT coalesce(string_agg(format(', %s.%I AS attribute_%s', holomamba_internal.name_for(m.items), a.name, a.number), '' ORDER BY a.number), '')
                        FROM unnest(holomamba_internal.item_attributes(m)) WITH ORDINALITY AS a (name, number))],
        -- Always explicit: keys of the items that have another collation are compared as ids of items are.
        ['collate', coalesce((SELECT format(' COLLATE %s', a.attcollation::regcollation) FROM pg_attribute a
                              WHERE a.attrelid = format('holomamba.%I', m.model || '_items')::regclass AND a.attname = 'item_id'
                                AND a.attcollation <> 0), '')],
        -- An event as it is stored, as the encoder reads it (src/postgres/live/event_row.hpp), and those of a user as a training
        -- does, each value an array, of items that k numbers.
        ['event', format('%1$s.%2$I AS user_id, %1$s.%3$I AS item_id, %4$s%5$s', events, m.user_column, m.item_column, order_values, known_values)],
        ['read_event', format('%s.%I AS user_id, i.token, %s%s', events, m.user_column, order_values, known_values)],
        ['read_history', format('array_agg((k.n - 1)::integer ORDER BY %s) AS items', in_order)],
        ['in_order', in_order],
        ['order_values', order_values],
        -- Only where it need not look for NULL does an index help.
        ['same_order', (SELECT string_agg(format(CASE WHEN (holomamba_internal.column_of(m.interactions, o.name)).attnotnull THEN '%s = $%s'
                                                      ELSE '%s IS NOT DISTINCT FROM $%s' END, holomamba_internal.comparable(m.interactions, o.name), o.number),
                                           ' AND ' ORDER BY o.number)
                        FROM unnest(m.order_columns) WITH ORDINALITY AS o (name, number))],
        -- The parameters of statements about users, after the order values (src/postgres/live/statement_list.hpp).
        ['p_user', '$' || orders + 1], ['p_state', '$' || orders + 2], ['p_vector', '$' || orders + 3], ['p_events', '$' || orders + 4],
        ['p_version', '$' || orders + 5]];
END
$$;
COMMENT ON FUNCTION holomamba_internal.template_names(holomamba.model_catalogue) IS 'internal: the names of a model as templates of statements ask for them';
