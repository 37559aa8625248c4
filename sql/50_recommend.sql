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

-- The one test that the statements need and SQL has not: = ANY with a hash table.
CREATE FUNCTION holomamba_internal.is_among(id anyelement, ids anyarray) RETURNS boolean
    AS 'MODULE_PATHNAME', 'holomamba_is_among' LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION holomamba_internal.is_among(anyelement, anyarray) IS
    'internal: whether an id is in an array that is the same for the whole statement';

-- What users call. Each verb has three overloads, by the type in which ids are given and returned, and they differ in nothing
-- else; each overload stands in schema holomamba, and in the schema of the extension it has a twin. Two more forms are for drivers:
--   literal   of a verb that takes an array: what is sent without a type, as '{a,b}', is for it, since PostgreSQL prefers text to arrays
--   alone     ids are text, and no other function has its name, for what cannot choose among overloads by types; in holomamba only
DO $overloads$
DECLARE
    -- {ids} is the type of ids, {filters} what rankings have in common, rows and cost are for the planner.
    verbs CONSTANT text[][] := ARRAY[
        ['recommend', 'user_id {ids}, {filters}, seen_values text[] DEFAULT NULL', 'item_id {ids}, score real', 'holomamba_recommend', '10 COST 1000',
         'the k items that a user is most likely to take next, best first'],
        ['recommend_next', 'history {ids}[], {filters}', 'item_id {ids}, score real', 'holomamba_recommend_next', '10 COST 1000',
         'the k items most likely to come after a history, oldest first, of no stored user'],
        ['recommend_batch', 'users {ids}[], {filters}, seen_values text[] DEFAULT NULL', 'user_id {ids}, item_id {ids}, score real', 'holomamba_recommend_batch',
         '10000 COST 1000000', 'what recommend() answers for each of these users, or with NULL for all, in one go'],
        ['similar_items', 'item_id {ids}, k integer DEFAULT 10, model text DEFAULT NULL', 'item_id {ids}, similarity real',
         'holomamba_similar_items', '10 COST 1000',
         'the k items closest to an item in what they mean to the model, by the cosine of their tokens'],
        ['explain_recommendation', 'user_id {ids}, item_id {ids}, model text DEFAULT NULL, at timestamptz DEFAULT now()',
         'kind text, value text, contribution double precision', 'holomamba_internal.explain', '100 COST 100000',
         'why an item has the score it has for a user: what the item''s attributes and the user''s past events bring to it'],
        ['explain_events', 'user_id {ids}, item_id {ids}, model text DEFAULT NULL, at timestamptz DEFAULT now()',
         'item_id {ids}, events bigint, last_event text, contribution double precision', 'holomamba_internal.explain_by_item', '100 COST 100000',
         'what a user''s past events bring to the score of an item, by the items that they are of: how many, the last, and how much together']];
    filters CONSTANT text := 'k integer DEFAULT 10, model text DEFAULT NULL, exclude_seen boolean DEFAULT true, '
        'candidates {ids}[] DEFAULT NULL, exclude {ids}[] DEFAULT NULL, diversity real DEFAULT 0, at timestamptz DEFAULT now()';
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
            arguments := replace(replace(verb[2], '{filters}', filters), '{ids}', ids);
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
