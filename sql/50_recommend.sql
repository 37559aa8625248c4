-- Recommendations
--
-- All of these run with the rights of the caller (SECURITY INVOKER): who may not read a model's tables of items and
-- users, and the events where seen items are left out, learns nothing through them. They write nothing and start no
-- subtransaction, so they work in parallel workers, in read-only transactions and on a standby.
--
-- The verbs are C functions (src/postgres/serving) around one statement each, which a session plans once. That SQL is
-- in src/postgres/serving/recommend_statements.cpp. Here is what they ask when something is wrong, and their declarations.

CREATE FUNCTION holomamba_internal.may_ask(model name) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT EXISTS (SELECT FROM pg_class c
                   WHERE c.relnamespace = 'holomamba'::regnamespace AND c.relname = may_ask.model || '_items'
                     AND has_any_column_privilege(c.oid, 'SELECT'))
$$;

COMMENT ON FUNCTION holomamba_internal.may_ask(name) IS 'internal: whether the current role may read the items of a model';

CREATE FUNCTION holomamba_internal.check_k(k integer) RETURNS void
    AS 'MODULE_PATHNAME', 'holomamba_check_k' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION holomamba_internal.check_k(integer) IS 'internal: refuses a k that is NULL or out of range';

CREATE FUNCTION holomamba_internal.choose_model(model text, k integer) RETURNS holomamba.model_catalogue
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    m holomamba.model_catalogue;
    chosen text := coalesce(model, nullif(current_setting('holomamba.model', true), ''));
    models text[];
BEGIN
    PERFORM holomamba_internal.check_k(k);
    IF chosen IS NULL THEN
        models := ARRAY(SELECT c.model::text FROM holomamba.model_catalogue c ORDER BY c.model);
        IF cardinality(models) > 1 THEN
            models := ARRAY(SELECT c FROM unnest(models) c WHERE holomamba_internal.may_ask(c::name));
        END IF;
        IF cardinality(models) > 1 THEN
            RAISE invalid_parameter_value USING
                MESSAGE = 'there are several models: say which',
                DETAIL = format('The models are %s.', array_to_string(models, ', ')),
                HINT = format('Add the argument model => %L, or SET holomamba.model = %1$L.', models[1]);
        END IF;
        chosen := models[1];
    END IF;
    m := holomamba_internal.find_model(chosen);
    IF m.active_version IS NULL THEN
        PERFORM holomamba_internal.refuse_untrained(m.model, format('CALL holomamba.train(%L);', m.model));
    END IF;
    -- What all read who ask. The right to read it may come while it is waited for.
    PERFORM holomamba_internal.hold_readable(to_regclass(format('holomamba.%I', m.model || '_items')));
    PERFORM holomamba_internal.assert_columns(m);
    RETURN m;
END
$$;

COMMENT ON FUNCTION holomamba_internal.choose_model(text, integer) IS
    'internal: the trained model to ask for k items, which is the one named, or named by the setting holomamba.model, or the only one';

CREATE FUNCTION holomamba_internal.check_overload(
    m holomamba.model_catalogue, verb text, argument_type regtype, takes_user boolean, takes_item boolean DEFAULT true
) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    ids text := replace(argument_type::text, '[]', '');
    items text := holomamba_internal.id_family(CASE WHEN takes_item THEN m.item_type ELSE m.user_type END);
    users text := holomamba_internal.id_family(CASE WHEN takes_user THEN m.user_type ELSE m.item_type END);
    usable text := CASE WHEN items = users THEN items ELSE 'text' END || CASE WHEN argument_type::text LIKE '%[]' THEN '[]' ELSE '' END;
BEGIN
    IF ids <> 'text' AND (ids <> items OR ids <> users) THEN
        RAISE datatype_mismatch USING
            MESSAGE = format('%s(%s) cannot serve model "%s"', verb, argument_type, m.model),
            DETAIL = CASE WHEN takes_user AND takes_item THEN format('Its users are of type %s, its items of type %s.', m.user_type, m.item_type)
                          WHEN takes_user THEN format('Its users are of type %s.', m.user_type)
                          ELSE format('Its items are of type %s.', m.item_type) END,
            HINT = format('Use %s(%s): write the first argument as (...)::%2$s.', verb, usable);
    END IF;
END
$$;

COMMENT ON FUNCTION holomamba_internal.check_overload(holomamba.model_catalogue, text, regtype, boolean, boolean) IS
    'internal: refuses an overload whose type is not that of the model''s ids, and names the one that serves';

-- The values of an attribute of events that are given for a history, a JSON array of numbers, texts, booleans and nulls, as a version reads
-- them of a column: they are read as the column's type would.
CREATE FUNCTION holomamba_internal.history_values(m holomamba.model_catalogue, attribute name, known integer, given jsonb) RETURNS double precision[]
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    type CONSTANT regtype := holomamba_internal.base_type((holomamba_internal.column_of(m.interactions, attribute)).atttypid);
    kind CONSTANT text := holomamba_internal.attribute_kind(type);
    labels CONSTANT text[] := (SELECT y.labels FROM holomamba.labels y
                               WHERE y.model = m.model AND y.version = m.active_version AND y.field = holomamba_internal.event_field(attribute));
    -- An enum is the user's type: its labels are compared, and nothing is cast to it.
    read CONSTANT text := CASE WHEN (SELECT t.typtype = 'e' FROM pg_type t WHERE t.oid = type) THEN 'j.x' ELSE format('j.x::%s', format_type(type, -1)) END;
    result double precision[];
BEGIN
    -- Of another type, casts of its owner's would be found.
    IF kind IN ('category', 'number') IS NOT TRUE THEN
        RAISE datatype_mismatch USING
            MESSAGE = format('column "%s" of type %s cannot be an attribute of events', attribute, type),
            HINT = format('Undo the change, or make model "%s" anew.', m.model);
    ELSIF (known < 0) <> (kind = 'number') THEN
        PERFORM holomamba_internal.refuse_other_kind(m.model, m.active_version, attribute, CASE WHEN known < 0 THEN 'number' ELSE 'category' END, kind);
    ELSIF labels IS NULL THEN
        RAISE insufficient_privilege USING
            MESSAGE = format('permission denied for column "%s" of table %s', attribute, m.interactions),
            DETAIL = 'What an attribute of events does is told to those who may read it of every event.';
    ELSIF kind = 'number' THEN
        PERFORM holomamba_internal.check_scale(m.model, m.active_version, attribute, labels);
        EXECUTE format('SELECT array_agg(coalesce(holomamba_internal.standard_score(%s, $2, $3)::real, ''NaN'')::double precision ORDER BY v.n) '
                       'FROM (SELECT %s, j.n FROM jsonb_array_elements_text($1) WITH ORDINALITY j (x, n)) v (x, n)',
                       holomamba_internal.number_expression(type, 'v.x'), read)
            INTO result USING given, labels[1]::double precision, labels[2]::double precision;
    ELSE
        EXECUTE format('SELECT array_agg(coalesce((l.n - 1)::real, ''NaN'')::double precision ORDER BY v.n) '
                       'FROM (SELECT (%s)::text COLLATE "C", j.n FROM jsonb_array_elements_text($1) WITH ORDINALITY j (x, n)) v (x, n) '
                       'LEFT JOIN (SELECT u.label COLLATE "C", min(u.n) FROM unnest($2) WITH ORDINALITY u (label, n) GROUP BY 1) l (label, n) ON l.label = v.x', read)
            INTO result USING given, labels;
    END IF;
    RETURN result;
END
$$;
COMMENT ON FUNCTION holomamba_internal.history_values(holomamba.model_catalogue, name, integer, jsonb) IS
    'internal: what the active version reads of values of an attribute of events, NaN where it does not know one';

-- For holomamba_internal.advance_state(): what is known of the events of a history, but for those without an item.
CREATE FUNCTION holomamba_internal.history_events(model name, history anyarray, times timestamptz[], event_values jsonb) RETURNS double precision[]
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    m CONSTANT holomamba.model_catalogue := (SELECT c FROM holomamba.model_catalogue c WHERE c.model = history_events.model);
    v CONSTANT holomamba.version_catalogue := (SELECT c FROM holomamba.version_catalogue c WHERE c.model = m.model AND c.version = m.active_version);
    events CONSTANT integer := cardinality(history);
    -- One column after the other.
    numbers double precision[] := '{}';
    attribute text;
    given jsonb;
BEGIN
    IF times IS NOT NULL AND NOT v.timed THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format('"times" of a history, and model "%s" does not know when events were', model),
            HINT = 'Leave them out, or make the model with a "time_column".';
    ELSIF cardinality(times) <> events THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format('a history of %s events, and %s times', events, cardinality(times)),
            HINT = 'Give one time for each event, NULL where it is not known.';
    ELSIF event_values IS NOT NULL AND v.event_attributes = '{}' THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format('"event_values" of a history, and model "%s" has no attributes of events', model),
            HINT = 'Leave them out, or make the model with "event_attributes".';
    ELSIF jsonb_typeof(event_values) <> 'object' THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format('"event_values" must be an object, not %s', jsonb_typeof(event_values)),
            HINT = format('Give for each attribute an array with one value for each event: {"%s": [...]}.', v.event_attributes[1]);
    END IF;
    FOR attribute, given IN SELECT e.key, e.value FROM jsonb_each(event_values) e LOOP
        IF attribute <> ALL (v.event_attributes::text[]) THEN
            RAISE invalid_parameter_value USING
                MESSAGE = format('model "%s" has no attribute "%s" of events', model, attribute),
                HINT = format('Its attributes of events are %s.', array_to_string(v.event_attributes, ', '));
        ELSIF jsonb_typeof(given) <> 'array' THEN
            RAISE invalid_parameter_value USING
                MESSAGE = format('the values of "%s" must be an array, not %s', attribute, jsonb_typeof(given)),
                HINT = 'Give one value for each event of the history, null where it is not known.';
        ELSIF jsonb_array_length(given) <> events THEN
            RAISE invalid_parameter_value USING
                MESSAGE = format('a history of %s events, and %s values of "%s"', events, jsonb_array_length(given), attribute),
                HINT = 'Give one value for each event, null where it is not known.';
        ELSIF EXISTS (SELECT FROM jsonb_array_elements(given) e (x) WHERE jsonb_typeof(e.x) IN ('array', 'object')) THEN
            RAISE invalid_parameter_value USING
                MESSAGE = format('a value of "%s" is an array or an object', attribute),
                HINT = 'Values are texts, numbers, true, false or null.';
        END IF;
    END LOOP;

    IF events = 0 THEN
        RETURN NULL;
    END IF;
    IF v.timed THEN
        numbers := CASE WHEN times IS NULL THEN array_fill('NaN'::double precision, ARRAY[events])
                        ELSE ARRAY(SELECT CASE WHEN isfinite(t.x) THEN extract(epoch FROM t.x)::double precision ELSE 'NaN' END
                                   FROM unnest(times) WITH ORDINALITY t (x, n) ORDER BY t.n) END;
    END IF;
    FOR i IN 1 .. cardinality(v.event_attributes) LOOP
        given := event_values -> v.event_attributes[i]::text;
        numbers := numbers || CASE WHEN given IS NULL THEN array_fill('NaN'::double precision, ARRAY[events])
                                   ELSE holomamba_internal.history_values(m, v.event_attributes[i], v.event_values[i], given) END;
    END LOOP;
    RETURN (SELECT array_agg(ARRAY(SELECT numbers[c * events + h.n] FROM generate_series(0, cardinality(numbers) / events - 1) c ORDER BY c) ORDER BY h.n)
            FROM unnest(history) WITH ORDINALITY h (id, n) WHERE h.id IS NOT NULL);
END
$$;
COMMENT ON FUNCTION holomamba_internal.history_events(name, anyarray, timestamptz[], jsonb) IS
    'internal: times and values of attributes that are given for the events of a history, as numbers that the active version reads; '
    'an error where they are not of the history or not of the model';

-- The one test that the statements need and SQL has not: = ANY with a hash table.
CREATE FUNCTION holomamba_internal.is_among(id anyelement, ids anyarray) RETURNS boolean
    AS 'MODULE_PATHNAME', 'holomamba_is_among' LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION holomamba_internal.is_among(anyelement, anyarray) IS
    'internal: whether an id is in an array that is the same for the whole statement';

CREATE FUNCTION holomamba_internal.user_distance(a @extschema@.hrr, b @extschema@.hrr) RETURNS double precision
    AS 'MODULE_PATHNAME', 'holomamba_user_distance' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION holomamba_internal.user_distance(@extschema@.hrr, @extschema@.hrr) IS
    'internal: 1 less the cosine of two vectors of users without their last element, which is the same for all; NaN where one of them is 0';

-- What users call. Each verb has three overloads, by the type in which ids are given and returned, and they differ in nothing
-- else; each overload stands in schema holomamba, and in the schema of the extension it has a twin. Two more forms are for drivers:
--   literal   of a verb that takes an array: what is sent without a type, as '{a,b}', is for it, since PostgreSQL prefers text to arrays
--   alone     ids are text, and no other function has its name, for what cannot choose among overloads by types; in holomamba only
DO $overloads$
DECLARE
    -- {ids} is the type of ids, {filters} and {among} what rankings have in common, rows and cost are for the planner.
    verbs CONSTANT text[][] := ARRAY[
        ['recommend', 'user_id {ids}, {filters}, seen_values text[] DEFAULT NULL', 'item_id {ids}, score real', 'holomamba_recommend', '10 COST 1000',
         'the k items that a user is most likely to take next, best first'],
        ['recommend_next', 'history {ids}[], {filters}, times timestamptz[] DEFAULT NULL, event_values jsonb DEFAULT NULL', 'item_id {ids}, score real', 'holomamba_recommend_next', '10 COST 1000',
         'the k items most likely to come after a history, oldest first, of no stored user'],
        ['recommend_batch', 'users {ids}[], {filters}, seen_values text[] DEFAULT NULL', 'user_id {ids}, item_id {ids}, score real', 'holomamba_recommend_batch',
         '10000 COST 1000000', 'what recommend() answers for each of these users, or with NULL for all, in one go'],
        ['recommend_basket', 'items {ids}[], k integer DEFAULT 10, model text DEFAULT NULL, {among}, diversity real DEFAULT 0, at timestamptz DEFAULT now()',
         'item_id {ids}, score real', 'holomamba_recommend_basket', '10 COST 1000',
         'the k items most likely to go with these, in whatever order they are given'],
        ['similar_items', 'item_id {ids}, k integer DEFAULT 10, model text DEFAULT NULL, {among}', 'item_id {ids}, similarity real',
         'holomamba_similar_items', '10 COST 1000',
         'the k items closest to an item in what they mean to the model, by the cosine of their tokens'],
        ['recommend_users', 'item_id {ids}, k integer DEFAULT 10, model text DEFAULT NULL', 'user_id {ids}, score real',
         'holomamba_recommend_users', '10 COST 100000',
         'the k users for whom an item has the highest score, as of their last events'],
        ['similar_users', 'user_id {ids}, k integer DEFAULT 10, model text DEFAULT NULL', 'user_id {ids}, similarity real',
         'holomamba_similar_users', '10 COST 100000',
         'the k users closest to a user in what the model has read of their events, by the cosine of their vectors'],
        ['explain_recommendation', 'user_id {ids}, item_id {ids}, model text DEFAULT NULL, at timestamptz DEFAULT now()',
         'kind text, value text, contribution double precision', 'holomamba_internal.explain', '100 COST 100000',
         'why an item has the score it has for a user: what the item''s attributes and the user''s past events bring to it'],
        ['explain_events', 'user_id {ids}, item_id {ids}, model text DEFAULT NULL, at timestamptz DEFAULT now()',
         'item_id {ids}, events bigint, last_event text, contribution double precision', 'holomamba_internal.explain_by_item', '100 COST 100000',
         'what a user''s past events bring to the score of an item, by the items that they are of: how many, the last, and how much together']];
    among CONSTANT text := 'candidates {ids}[] DEFAULT NULL, exclude {ids}[] DEFAULT NULL';
    filters CONSTANT text := 'k integer DEFAULT 10, model text DEFAULT NULL, exclude_seen boolean DEFAULT true, {among}, '
        'diversity real DEFAULT 0, at timestamptz DEFAULT now()';
    verb text[];
    form text;
    ids text;
    arguments text;
    first text;
    name text;
    body text;
    schema text;
BEGIN
    FOREACH verb SLICE 1 IN ARRAY verbs LOOP
        FOREACH form IN ARRAY '{bigint,uuid,text,literal,alone}'::text[] LOOP
            ids := CASE WHEN form IN ('literal', 'alone') THEN 'text' ELSE form END;
            arguments := replace(replace(replace(verb[2], '{filters}', filters), '{among}', among), '{ids}', ids);
            first := split_part(arguments, ' ', 1);
            CONTINUE WHEN form = 'literal' AND NOT starts_with(arguments, first || ' text[]');
            name := verb[1] || CASE form WHEN 'alone' THEN '_text' ELSE '' END;
            body := CASE
                    WHEN form = 'literal' THEN
                        format('sql BEGIN ATOMIC SELECT * FROM holomamba.%s(%s); END', name,
                               (SELECT string_agg(split_part(a.text, ' ', 1) || CASE a.n WHEN 1 THEN '::text[]' ELSE '' END, ', ' ORDER BY a.n)
                                FROM string_to_table(arguments, ', ') WITH ORDINALITY a (text, n)))
                    WHEN verb[1] = 'explain_events' THEN
                        format('sql BEGIN ATOMIC SELECT e.item_id::%s, e.events, e.last_event, e.contribution '
                               'FROM %s(user_id::text, item_id::text, model, %L, at) e; END', ids, verb[4], ids)
                    WHEN verb[1] = 'explain_recommendation' THEN
                        format('sql BEGIN ATOMIC SELECT * FROM %s(user_id::text, item_id::text, model, %L, at); END', verb[4], ids)
                    ELSE format('c AS %L, %L', 'MODULE_PATHNAME', verb[4]) END;
            IF form = 'literal' THEN
                arguments := replace(arguments, first || ' text[]', first || ' text');
            END IF;
            FOREACH schema IN ARRAY CASE form WHEN 'alone' THEN ARRAY['holomamba'] ELSE ARRAY['holomamba', '@extschema@'] END LOOP
                EXECUTE format('CREATE FUNCTION %s.%s(%s) RETURNS TABLE (%s) STABLE PARALLEL SAFE ROWS %s LANGUAGE %s',
                               schema, name, arguments, replace(verb[3], '{ids}', ids), verb[5], body);
                EXECUTE format('COMMENT ON FUNCTION %s.%s(%s) IS %L', schema, name, regexp_replace(arguments, ' DEFAULT [a-zA-Z0-9]+([(][)])?', '', 'g'),
                               verb[6] || CASE form WHEN 'literal' THEN '; the array as text, which drivers send without a type'
                                                    WHEN 'alone' THEN '; ids are text, and no other function has this name' ELSE '' END);
            END LOOP;
        END LOOP;
    END LOOP;
END
$overloads$;

CREATE FUNCTION holomamba.popular_items(model text DEFAULT NULL, k integer DEFAULT 10)
RETURNS TABLE (item_id text, popularity bigint)
LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 10 SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN QUERY EXECUTE format('SELECT i.item_id::text, i.popularity FROM holomamba.%I i WHERE i.target IS NOT NULL '
                                'ORDER BY i.popularity DESC, i.item_id LIMIT $1',
                                (holomamba_internal.choose_model(model, k)).model || '_items')
        USING k;
END
$$;

COMMENT ON FUNCTION holomamba.popular_items(text, integer) IS
    'the items with the most events when the active version was trained';
