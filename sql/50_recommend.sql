-- Recommendations
--
-- All of these run with the rights of whoever calls (SECURITY INVOKER): who may not read a model's tables of items and
-- users, and the events where seen items are left out, learns nothing through them. They write nothing and start no
-- subtransaction, so they work in parallel workers, in read-only transactions and on a standby.
--
-- A verb has three overloads, by the type in which ids are given and returned, and they differ in nothing else: a function
-- named ..._query writes the statement for the model at hand, and the overload executes it. Parameters are cast to the type
-- of the columns and never the columns, so that indexes serve.

CREATE FUNCTION holomamba.choose_model(model text, k integer) RETURNS holomamba.model_catalogue
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    m holomamba.model_catalogue;
    chosen text := coalesce(model, nullif(current_setting('holomamba.model', true), ''));
    models text[];
BEGIN
    IF k IS NULL OR k NOT BETWEEN 1 AND 10000 THEN
        RAISE invalid_parameter_value USING MESSAGE = format('k must be between 1 and 10000, not %s', coalesce(k::text, 'null'));
    END IF;
    IF chosen IS NULL THEN
        models := ARRAY(SELECT c.model::text FROM holomamba.model_catalogue c ORDER BY c.model);
        IF cardinality(models) > 1 THEN
            RAISE invalid_parameter_value USING
                MESSAGE = 'there are several models: say which',
                DETAIL = format('The models are %s.', array_to_string(models, ', ')),
                HINT = format('Add the argument model => %L, or SET holomamba.model = %1$L.', models[1]);
        END IF;
        chosen := models[1];
    END IF;
    m := holomamba.find_model(chosen);
    PERFORM holomamba.assert_tables_exist(m, with_items => false);
    IF m.active_version IS NULL THEN
        RAISE object_not_in_prerequisite_state USING
            MESSAGE = format('model "%s" is not trained', m.model),
            HINT = format('CALL holomamba.train(%L);', m.model);
    END IF;
    RETURN m;
END
$$;

COMMENT ON FUNCTION holomamba.choose_model(text, integer) IS
    'internal: the trained model to ask for k items, which is the one named, or named by the setting holomamba.model, or the only one';

CREATE FUNCTION holomamba.check_overload(m holomamba.model_catalogue, verb text, argument_type regtype, takes_user boolean) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    ids text := replace(argument_type::text, '[]', '');
    items text := holomamba.id_family(m.item_type);
    users text := CASE WHEN takes_user THEN holomamba.id_family(m.user_type)::text ELSE items END;
    usable text := CASE WHEN items = users THEN items ELSE 'text' END || CASE WHEN argument_type::text LIKE '%[]' THEN '[]' ELSE '' END;
BEGIN
    IF ids <> 'text' AND (ids <> items OR ids <> users) THEN
        RAISE datatype_mismatch USING
            MESSAGE = format('%s(%s) cannot serve model "%s"', verb, argument_type, m.model),
            DETAIL = CASE WHEN takes_user THEN format('Its users are of type %s, its items of type %s.', m.user_type, m.item_type)
                          ELSE format('Its items are of type %s.', m.item_type) END,
            HINT = format('Use %s(%s): write the first argument as (...)::%2$s.', verb, usable);
    END IF;
END
$$;

COMMENT ON FUNCTION holomamba.check_overload(holomamba.model_catalogue, text, regtype, boolean) IS
    'internal: refuses an overload whose type is not that of the model''s ids, and names the one that serves';

CREATE FUNCTION holomamba.check_ids(ids text[], type regtype) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    wrong text;
BEGIN
    SELECT i.id INTO wrong FROM unnest(ids) AS i (id)
    WHERE i.id !~* CASE holomamba.id_family(type)
                       WHEN 'bigint'::regtype THEN '^\s*[-+]?\d+\s*$'
                       WHEN 'uuid'::regtype THEN '^\{?([0-9a-f]{4}-?){7}[0-9a-f]{4}\}?$'
                       ELSE '' END
    LIMIT 1;
    IF FOUND THEN
        RAISE invalid_text_representation USING MESSAGE = format('"%s" is not an id of type %s', wrong, type);
    END IF;
END
$$;

COMMENT ON FUNCTION holomamba.check_ids(text[], regtype) IS
    'internal: refuses ids, given as text, that the model''s type cannot read';

-- The statement that ranks the items of a model: $2 is k, $3 the candidates and $4 the ids to exclude, both arrays or NULL.
CREATE FUNCTION holomamba.ranking_query(
    m holomamba.model_catalogue, result_type regtype, vector text, seen text, has_candidates boolean, has_exclude boolean
) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    family regtype := holomamba.id_family(m.item_type);
BEGIN
    RETURN format($query$
        SELECT r.item_id::%1$s, (-r.distance)::real
        FROM (SELECT i.item_id, i.target OPERATOR(%2$s.<#>) (%3$s) AS distance
              FROM holomamba.%4$I i
              WHERE $1 IS NOT NULL AND i.target IS NOT NULL%5$s%6$s%7$s
              ORDER BY distance, i.item_id
              LIMIT $2) r
        ORDER BY r.distance, r.item_id
        $query$,
        result_type, '@extschema@', vector, m.model || '_items',
        CASE WHEN has_candidates THEN format(' AND i.item_id = ANY ($3::%s[])', family) END,
        CASE WHEN has_exclude THEN format(' AND i.item_id <> ALL (array_remove($4::%s[], NULL))', family) END,
        ' AND NOT ' || seen);
END
$$;

COMMENT ON FUNCTION holomamba.ranking_query(holomamba.model_catalogue, regtype, text, text, boolean, boolean) IS
    'internal: the statement that ranks items against a vector, without those that an expression calls seen';

CREATE FUNCTION holomamba.recommend_query(
    id_type regtype, model text, k integer, exclude_seen boolean, has_candidates boolean, has_exclude boolean,
    user_text text DEFAULT NULL, items_text text[] DEFAULT NULL
) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    m holomamba.model_catalogue := holomamba.choose_model(model, k);
    user_id text := format('$1::%s', holomamba.id_family(m.user_type));
BEGIN
    PERFORM holomamba.check_overload(m, 'recommend', id_type, true);
    IF id_type = 'text'::regtype THEN
        PERFORM holomamba.check_ids(ARRAY[user_text], m.user_type);
        PERFORM holomamba.check_ids(items_text, m.item_type);
    END IF;
    RETURN holomamba.ranking_query(
        m, id_type,
        format('SELECT coalesce((SELECT u.vector FROM holomamba.%I u WHERE u.user_id = %s), %s.ssm_vector(%3$s.ssm_initial(%4$L, %5$s)))',
               m.model || '_users', user_id, '@extschema@', m.model, m.active_version),
        CASE WHEN exclude_seen IS NOT FALSE THEN
            format('EXISTS (SELECT FROM %s e WHERE e.%I = %s AND e.%I = i.item_id)', m.interactions, m.user_column, user_id, m.item_column)
        END,
        has_candidates, has_exclude);
END
$$;

COMMENT ON FUNCTION holomamba.recommend_query(regtype, text, integer, boolean, boolean, boolean, text, text[]) IS
    'internal: the statement behind recommend(), whose $1 is the user';

CREATE FUNCTION holomamba.recommend_next_query(
    id_type regtype, model text, k integer, exclude_seen boolean, has_candidates boolean, has_exclude boolean,
    items_text text[] DEFAULT NULL
) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    m holomamba.model_catalogue := holomamba.choose_model(model, k);
    history text := format('$1::%s[]', holomamba.id_family(m.item_type));
BEGIN
    PERFORM holomamba.check_overload(m, 'recommend_next', format('%s[]', id_type)::regtype, false);
    IF id_type = 'text'::regtype THEN
        PERFORM holomamba.check_ids(items_text, m.item_type);
    END IF;
    RETURN holomamba.ranking_query(
        m, id_type,
        format('SELECT %1$s.ssm_vector(%1$s.ssm_update(%1$s.ssm_initial(%2$L, %3$s), coalesce(array_agg(t.token ORDER BY h.number), %4$L))) '
               'FROM unnest(%5$s) WITH ORDINALITY AS h (id, number) LEFT JOIN holomamba.%6$I t ON t.item_id = h.id '
               'WHERE h.id IS NOT NULL',
               '@extschema@', m.model, m.active_version, '{}', history, m.model || '_items'),
        CASE WHEN exclude_seen IS NOT FALSE THEN format('i.item_id = ANY (array_remove(%s, NULL))', history) END,
        has_candidates, has_exclude);
END
$$;

COMMENT ON FUNCTION holomamba.recommend_next_query(regtype, text, integer, boolean, boolean, boolean, text[]) IS
    'internal: the statement behind recommend_next(), whose $1 is the history';

-- Tokens are what an item means to the encoder, attributes included, and all of one length.
CREATE FUNCTION holomamba.similar_items_query(id_type regtype, model text, k integer, item_text text DEFAULT NULL) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    m holomamba.model_catalogue := holomamba.choose_model(model, k);
BEGIN
    PERFORM holomamba.check_overload(m, 'similar_items', id_type, false);
    IF id_type = 'text'::regtype THEN
        PERFORM holomamba.check_ids(ARRAY[item_text], m.item_type);
    END IF;
    RETURN format($query$
        SELECT r.item_id::%1$s, (1 - r.distance)::real
        FROM (SELECT i.item_id, i.token OPERATOR(%2$s.<=>) (SELECT t.token FROM holomamba.%3$I t WHERE t.item_id = $1::%4$s) AS distance
              FROM holomamba.%3$I i
              WHERE i.target IS NOT NULL AND i.item_id <> $1::%4$s
                AND EXISTS (SELECT FROM holomamba.%3$I t WHERE t.item_id = $1::%4$s)
              ORDER BY distance, i.item_id
              LIMIT $2) r
        ORDER BY r.distance, r.item_id
        $query$,
        id_type, '@extschema@', m.model || '_items', holomamba.id_family(m.item_type));
END
$$;

COMMENT ON FUNCTION holomamba.similar_items_query(regtype, text, integer, text) IS
    'internal: the statement behind similar_items(), whose $1 is the item';

-- What users call: each verb in schema holomamba, and in the schema of the extension a twin of the same name.

CREATE FUNCTION holomamba.recommend(
    user_id bigint, k integer DEFAULT 10, model text DEFAULT NULL, exclude_seen boolean DEFAULT true,
    candidates bigint[] DEFAULT NULL, exclude bigint[] DEFAULT NULL
) RETURNS TABLE (item_id bigint, score real)
LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 10 SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN QUERY EXECUTE holomamba.recommend_query('bigint', model, k, exclude_seen, candidates IS NOT NULL, exclude IS NOT NULL)
        USING user_id, k, candidates, exclude;
END
$$;

CREATE FUNCTION @extschema@.recommend(
    user_id bigint, k integer DEFAULT 10, model text DEFAULT NULL, exclude_seen boolean DEFAULT true,
    candidates bigint[] DEFAULT NULL, exclude bigint[] DEFAULT NULL
) RETURNS TABLE (item_id bigint, score real)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 10
BEGIN ATOMIC
    SELECT r.item_id, r.score FROM holomamba.recommend(user_id, k, model, exclude_seen, candidates, exclude) r;
END;

CREATE FUNCTION holomamba.recommend(
    user_id uuid, k integer DEFAULT 10, model text DEFAULT NULL, exclude_seen boolean DEFAULT true,
    candidates uuid[] DEFAULT NULL, exclude uuid[] DEFAULT NULL
) RETURNS TABLE (item_id uuid, score real)
LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 10 SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN QUERY EXECUTE holomamba.recommend_query('uuid', model, k, exclude_seen, candidates IS NOT NULL, exclude IS NOT NULL)
        USING user_id, k, candidates, exclude;
END
$$;

CREATE FUNCTION @extschema@.recommend(
    user_id uuid, k integer DEFAULT 10, model text DEFAULT NULL, exclude_seen boolean DEFAULT true,
    candidates uuid[] DEFAULT NULL, exclude uuid[] DEFAULT NULL
) RETURNS TABLE (item_id uuid, score real)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 10
BEGIN ATOMIC
    SELECT r.item_id, r.score FROM holomamba.recommend(user_id, k, model, exclude_seen, candidates, exclude) r;
END;

CREATE FUNCTION holomamba.recommend(
    user_id text, k integer DEFAULT 10, model text DEFAULT NULL, exclude_seen boolean DEFAULT true,
    candidates text[] DEFAULT NULL, exclude text[] DEFAULT NULL
) RETURNS TABLE (item_id text, score real)
LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 10 SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN QUERY EXECUTE holomamba.recommend_query('text', model, k, exclude_seen, candidates IS NOT NULL, exclude IS NOT NULL,
                                                   user_id, candidates || exclude)
        USING user_id, k, candidates, exclude;
END
$$;

CREATE FUNCTION @extschema@.recommend(
    user_id text, k integer DEFAULT 10, model text DEFAULT NULL, exclude_seen boolean DEFAULT true,
    candidates text[] DEFAULT NULL, exclude text[] DEFAULT NULL
) RETURNS TABLE (item_id text, score real)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 10
BEGIN ATOMIC
    SELECT r.item_id, r.score FROM holomamba.recommend(user_id, k, model, exclude_seen, candidates, exclude) r;
END;

CREATE FUNCTION holomamba.recommend_next(
    history bigint[], k integer DEFAULT 10, model text DEFAULT NULL, exclude_seen boolean DEFAULT true,
    candidates bigint[] DEFAULT NULL, exclude bigint[] DEFAULT NULL
) RETURNS TABLE (item_id bigint, score real)
LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 10 SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN QUERY EXECUTE holomamba.recommend_next_query('bigint', model, k, exclude_seen, candidates IS NOT NULL, exclude IS NOT NULL)
        USING history, k, candidates, exclude;
END
$$;

CREATE FUNCTION @extschema@.recommend_next(
    history bigint[], k integer DEFAULT 10, model text DEFAULT NULL, exclude_seen boolean DEFAULT true,
    candidates bigint[] DEFAULT NULL, exclude bigint[] DEFAULT NULL
) RETURNS TABLE (item_id bigint, score real)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 10
BEGIN ATOMIC
    SELECT r.item_id, r.score FROM holomamba.recommend_next(history, k, model, exclude_seen, candidates, exclude) r;
END;

CREATE FUNCTION holomamba.recommend_next(
    history uuid[], k integer DEFAULT 10, model text DEFAULT NULL, exclude_seen boolean DEFAULT true,
    candidates uuid[] DEFAULT NULL, exclude uuid[] DEFAULT NULL
) RETURNS TABLE (item_id uuid, score real)
LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 10 SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN QUERY EXECUTE holomamba.recommend_next_query('uuid', model, k, exclude_seen, candidates IS NOT NULL, exclude IS NOT NULL)
        USING history, k, candidates, exclude;
END
$$;

CREATE FUNCTION @extschema@.recommend_next(
    history uuid[], k integer DEFAULT 10, model text DEFAULT NULL, exclude_seen boolean DEFAULT true,
    candidates uuid[] DEFAULT NULL, exclude uuid[] DEFAULT NULL
) RETURNS TABLE (item_id uuid, score real)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 10
BEGIN ATOMIC
    SELECT r.item_id, r.score FROM holomamba.recommend_next(history, k, model, exclude_seen, candidates, exclude) r;
END;

CREATE FUNCTION holomamba.recommend_next(
    history text[], k integer DEFAULT 10, model text DEFAULT NULL, exclude_seen boolean DEFAULT true,
    candidates text[] DEFAULT NULL, exclude text[] DEFAULT NULL
) RETURNS TABLE (item_id text, score real)
LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 10 SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN QUERY EXECUTE holomamba.recommend_next_query('text', model, k, exclude_seen, candidates IS NOT NULL, exclude IS NOT NULL,
                                                        history || candidates || exclude)
        USING history, k, candidates, exclude;
END
$$;

CREATE FUNCTION @extschema@.recommend_next(
    history text[], k integer DEFAULT 10, model text DEFAULT NULL, exclude_seen boolean DEFAULT true,
    candidates text[] DEFAULT NULL, exclude text[] DEFAULT NULL
) RETURNS TABLE (item_id text, score real)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 10
BEGIN ATOMIC
    SELECT r.item_id, r.score FROM holomamba.recommend_next(history, k, model, exclude_seen, candidates, exclude) r;
END;

-- In plpgsql no argument may have the name of a result column, so similar_items() is SQL around this.

CREATE FUNCTION holomamba.items_like(item bigint, k integer, model text) RETURNS TABLE (item_id bigint, similarity real)
LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 10 SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN QUERY EXECUTE holomamba.similar_items_query('bigint', model, k) USING item, k;
END
$$;

CREATE FUNCTION holomamba.similar_items(item_id bigint, k integer DEFAULT 10, model text DEFAULT NULL)
RETURNS TABLE (item_id bigint, similarity real)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 10
BEGIN ATOMIC
    SELECT s.item_id, s.similarity FROM holomamba.items_like(similar_items.item_id, k, model) s;
END;

CREATE FUNCTION @extschema@.similar_items(item_id bigint, k integer DEFAULT 10, model text DEFAULT NULL)
RETURNS TABLE (item_id bigint, similarity real)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 10
BEGIN ATOMIC
    SELECT s.item_id, s.similarity FROM holomamba.items_like(similar_items.item_id, k, model) s;
END;

CREATE FUNCTION holomamba.items_like(item uuid, k integer, model text) RETURNS TABLE (item_id uuid, similarity real)
LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 10 SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN QUERY EXECUTE holomamba.similar_items_query('uuid', model, k) USING item, k;
END
$$;

CREATE FUNCTION holomamba.similar_items(item_id uuid, k integer DEFAULT 10, model text DEFAULT NULL)
RETURNS TABLE (item_id uuid, similarity real)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 10
BEGIN ATOMIC
    SELECT s.item_id, s.similarity FROM holomamba.items_like(similar_items.item_id, k, model) s;
END;

CREATE FUNCTION @extschema@.similar_items(item_id uuid, k integer DEFAULT 10, model text DEFAULT NULL)
RETURNS TABLE (item_id uuid, similarity real)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 10
BEGIN ATOMIC
    SELECT s.item_id, s.similarity FROM holomamba.items_like(similar_items.item_id, k, model) s;
END;

CREATE FUNCTION holomamba.items_like(item text, k integer, model text) RETURNS TABLE (item_id text, similarity real)
LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 10 SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN QUERY EXECUTE holomamba.similar_items_query('text', model, k, item) USING item, k;
END
$$;

CREATE FUNCTION holomamba.similar_items(item_id text, k integer DEFAULT 10, model text DEFAULT NULL)
RETURNS TABLE (item_id text, similarity real)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 10
BEGIN ATOMIC
    SELECT s.item_id, s.similarity FROM holomamba.items_like(similar_items.item_id, k, model) s;
END;

CREATE FUNCTION @extschema@.similar_items(item_id text, k integer DEFAULT 10, model text DEFAULT NULL)
RETURNS TABLE (item_id text, similarity real)
LANGUAGE sql STABLE PARALLEL SAFE ROWS 10
BEGIN ATOMIC
    SELECT s.item_id, s.similarity FROM holomamba.items_like(similar_items.item_id, k, model) s;
END;

CREATE FUNCTION holomamba.popular_items(model text DEFAULT NULL, k integer DEFAULT 10)
RETURNS TABLE (item_id text, popularity bigint)
LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 10 SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN QUERY EXECUTE format('SELECT i.item_id::text, i.popularity FROM holomamba.%I i WHERE i.target IS NOT NULL '
                                'ORDER BY i.popularity DESC, i.item_id LIMIT $1',
                                (holomamba.choose_model(model, k)).model || '_items')
        USING k;
END
$$;

COMMENT ON FUNCTION holomamba.popular_items(text, integer) IS
    'the items with the most events when the active version was trained';

COMMENT ON FUNCTION holomamba.recommend(bigint, integer, text, boolean, bigint[], bigint[]) IS
    'the k items that a user is most likely to take next, best first';
COMMENT ON FUNCTION holomamba.recommend(uuid, integer, text, boolean, uuid[], uuid[]) IS
    'the k items that a user is most likely to take next, best first';
COMMENT ON FUNCTION holomamba.recommend(text, integer, text, boolean, text[], text[]) IS
    'the k items that a user is most likely to take next, best first';
COMMENT ON FUNCTION @extschema@.recommend(bigint, integer, text, boolean, bigint[], bigint[]) IS
    'the k items that a user is most likely to take next, best first';
COMMENT ON FUNCTION @extschema@.recommend(uuid, integer, text, boolean, uuid[], uuid[]) IS
    'the k items that a user is most likely to take next, best first';
COMMENT ON FUNCTION @extschema@.recommend(text, integer, text, boolean, text[], text[]) IS
    'the k items that a user is most likely to take next, best first';
COMMENT ON FUNCTION holomamba.recommend_next(bigint[], integer, text, boolean, bigint[], bigint[]) IS
    'the k items most likely to come after a history, oldest first, of no stored user';
COMMENT ON FUNCTION holomamba.recommend_next(uuid[], integer, text, boolean, uuid[], uuid[]) IS
    'the k items most likely to come after a history, oldest first, of no stored user';
COMMENT ON FUNCTION holomamba.recommend_next(text[], integer, text, boolean, text[], text[]) IS
    'the k items most likely to come after a history, oldest first, of no stored user';
COMMENT ON FUNCTION @extschema@.recommend_next(bigint[], integer, text, boolean, bigint[], bigint[]) IS
    'the k items most likely to come after a history, oldest first, of no stored user';
COMMENT ON FUNCTION @extschema@.recommend_next(uuid[], integer, text, boolean, uuid[], uuid[]) IS
    'the k items most likely to come after a history, oldest first, of no stored user';
COMMENT ON FUNCTION @extschema@.recommend_next(text[], integer, text, boolean, text[], text[]) IS
    'the k items most likely to come after a history, oldest first, of no stored user';
COMMENT ON FUNCTION holomamba.similar_items(bigint, integer, text) IS
    'the k items closest to an item in what they mean to the model, by the cosine of their tokens';
COMMENT ON FUNCTION holomamba.similar_items(uuid, integer, text) IS
    'the k items closest to an item in what they mean to the model, by the cosine of their tokens';
COMMENT ON FUNCTION holomamba.similar_items(text, integer, text) IS
    'the k items closest to an item in what they mean to the model, by the cosine of their tokens';
COMMENT ON FUNCTION @extschema@.similar_items(bigint, integer, text) IS
    'the k items closest to an item in what they mean to the model, by the cosine of their tokens';
COMMENT ON FUNCTION @extschema@.similar_items(uuid, integer, text) IS
    'the k items closest to an item in what they mean to the model, by the cosine of their tokens';
COMMENT ON FUNCTION @extschema@.similar_items(text, integer, text) IS
    'the k items closest to an item in what they mean to the model, by the cosine of their tokens';
COMMENT ON FUNCTION holomamba.items_like(bigint, integer, text) IS 'internal: what similar_items() returns';
COMMENT ON FUNCTION holomamba.items_like(uuid, integer, text) IS 'internal: what similar_items() returns';
COMMENT ON FUNCTION holomamba.items_like(text, integer, text) IS 'internal: what similar_items() returns';
