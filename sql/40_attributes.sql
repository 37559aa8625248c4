-- Attributes of items, as numbers: what trainings and descriptions of items read

-- NULL for what is no number to compare items by: NaN, infinity, and what is beyond the range of the arithmetic to come.
-- What is next to nothing is 0. The bounds come before the cast, which may be out of range itself.
CREATE FUNCTION holomamba_internal.number_expression(type regtype, value text) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT format(CASE WHEN holomamba_internal.is_timestamp(type) THEN 'CASE WHEN isfinite(%1$s) THEN extract(epoch FROM %1$s)::double precision END'
                       ELSE 'CASE WHEN abs(%1$s) < 1e-30 THEN 0 WHEN abs(%1$s) <= 1e30 THEN %1$s::double precision END'
                  END, value)
$$;
COMMENT ON FUNCTION holomamba_internal.number_expression(regtype, text) IS 'internal: a value of a numeric type as double precision, or NULL';

CREATE FUNCTION holomamba_internal.number_expression(items regclass, attribute name) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT holomamba_internal.number_expression(c.atttypid::regtype, format('%s.%I', holomamba_internal.name_for(items), attribute))
    FROM holomamba_internal.column_of(items, attribute) c
$$;
COMMENT ON FUNCTION holomamba_internal.number_expression(regclass, name) IS 'internal: a numeric attribute of a row of name_for(items) as double precision, or NULL';

-- In deviations from the mean, within the range of the network's floats, and near enough for the phase that a number turns
-- by to be exact. No item of a training is further away where there are fewer than 100,000,000.
CREATE FUNCTION holomamba_internal.standard_score(x double precision, mean double precision, deviation double precision) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN x IS NULL THEN NULL WHEN abs(x - mean) < 1e-30 * deviation THEN 0 ELSE least(greatest((x - mean) / deviation, -10000), 10000) END;
COMMENT ON FUNCTION holomamba_internal.standard_score(double precision, double precision, double precision) IS
    'internal: a number by the mean and the deviation that a version knows of its attribute';

-- An enum is the user's type, and its cast to text may be a function of his; its output function is the server's.
CREATE FUNCTION holomamba_internal.values_expression(items regclass, attribute name) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT format('LATERAL (SELECT DISTINCT %s COLLATE "C" FROM %s u (x) WHERE u.x IS NOT NULL)',
                  CASE WHEN t.typtype = 'e' THEN 'format(''%s'', u.x)' ELSE 'u.x::text' END,
                  format(CASE k.kind WHEN 'many' THEN 'unnest(%s.%I)' ELSE '(SELECT %s.%I)' END, holomamba_internal.name_for(items), attribute))
    FROM holomamba_internal.column_of(items, attribute) c, holomamba_internal.attribute_kind(c.atttypid) k (kind), pg_type b, pg_type t
    WHERE b.oid = holomamba_internal.base_type(c.atttypid)
      AND t.oid = CASE k.kind WHEN 'many' THEN holomamba_internal.base_type(b.typelem) ELSE b.oid END
$$;
COMMENT ON FUNCTION holomamba_internal.values_expression(regclass, name) IS
    'internal: the values of a category of a row of name_for(items), as a set of text that is compared by bytes';

-- The cast of a vector to an array is its type's own, the one of arrays to each other the server's.
CREATE FUNCTION holomamba_internal.vector_expression(items regclass, attribute name) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT format(CASE WHEN t.typcategory = 'A' THEN '%s.%I::double precision[]' ELSE '%s.%I::real[]::double precision[]' END,
                  holomamba_internal.name_for(items), attribute)
    FROM holomamba_internal.column_of(items, attribute) c JOIN pg_type t ON t.oid = holomamba_internal.base_type(c.atttypid)
$$;
COMMENT ON FUNCTION holomamba_internal.vector_expression(regclass, name) IS
    'internal: an attribute of a row of name_for(items) that is a vector, as double precision[]';

-- The length that most of them have. In a training the others are mistakes; what comes later, and is no vector of this length, is none.
CREATE FUNCTION holomamba_internal.vector_length(m holomamba.model_catalogue, attribute name) RETURNS integer
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    most CONSTANT integer := 4096;
    name CONSTANT text := holomamba_internal.name_for(m.items);
    usual_length integer;
    usual_id text;
    other record;
BEGIN
    FOR other IN EXECUTE format(
        'SELECT v.dimensions, v.length, count(*) AS items, min(v.id) AS id '
        'FROM (SELECT array_ndims(x.x), cardinality(x.x), %1$s.%2$I::text COLLATE "C" FROM %3$s %1$s, LATERAL (SELECT %4$s OFFSET 0) x (x) '
        'WHERE cardinality(x.x) > 0) v (dimensions, length, id) GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2 LIMIT 2',
        name, m.item_key, m.items, holomamba_internal.vector_expression(m.items, attribute))
    LOOP
        IF other.dimensions > 1 THEN
            RAISE array_subscript_error USING
                MESSAGE = format('column "%s" of table %s holds an array of %s dimensions, of item %s', attribute, m.items, other.dimensions, other.id),
                HINT = 'A vector is an array of one dimension.';
        ELSIF other.length > most THEN
            RAISE program_limit_exceeded USING
                MESSAGE = format('column "%s" of table %s holds a vector of %s elements, of item %s', attribute, m.items, other.length, other.id),
                HINT = format('A vector that describes an item has at most %s elements.', most);
        ELSIF usual_length IS NOT NULL THEN
            RAISE data_exception USING
                MESSAGE = format('column "%s" of table %s holds vectors of different lengths', attribute, m.items),
                DETAIL = format('That of item %s has %s elements, and that of item %s has %s.', usual_id, usual_length, other.id, other.length),
                HINT = 'All items are described by vectors of one length, or by none: NULL.';
        END IF;
        usual_length := other.length;
        usual_id := other.id;
    END LOOP;
    RETURN coalesce(usual_length, 0);
END
$$;
COMMENT ON FUNCTION holomamba_internal.vector_length(holomamba.model_catalogue, name) IS
    'internal: how many elements the vectors have that describe the items of a model, 0 where there are none; refuses different ones';

CREATE FUNCTION holomamba_internal.learned_kind(model name, version integer, attribute name, kind text) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT coalesce((SELECT CASE WHEN p.name LIKE 'embedding.values.%' THEN 'category' WHEN p.name LIKE 'embedding.base.%' THEN 'number' ELSE 'vector' END
                     FROM holomamba.parameters p
                     WHERE p.model = learned_kind.model AND p.version = learned_kind.version
                       AND p.name IN ('embedding.values.' || attribute, 'embedding.base.' || attribute, 'embedding.projection.' || attribute)),
                    CASE WHEN kind = 'category' THEN 'number' ELSE 'category' END)
$$;
COMMENT ON FUNCTION holomamba_internal.learned_kind(name, integer, name, text) IS
    'internal: as what a version has learned an attribute of items, which is of another kind now';

CREATE FUNCTION holomamba_internal.refuse_other_kind(model name, version integer, attribute name, was text, kind text) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RAISE object_not_in_prerequisite_state USING
        MESSAGE = format('the weights of version %s of model "%s" do not fit the model', version, model),
        DETAIL = format('The attribute "%s" was a %s when they were trained, and is a %s now.', attribute,
                        was, kind),
        HINT = format('Train a new version: CALL holomamba.train(%L);', model);
END
$$;
COMMENT ON FUNCTION holomamba_internal.refuse_other_kind(name, integer, name, text, text) IS
    'internal: says that a version has learned an attribute as what it is not any more';

-- Of a number the vocabulary has mean and deviation.
CREATE FUNCTION holomamba_internal.check_scale(model name, version integer, attribute name, labels text[]) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    -- as double precision is written, well within its range
    number CONSTANT text := '[0-9]{1,40}([.][0-9]{1,40})?(e[-+]?[0-9]{1,2})?';
BEGIN
    IF cardinality(labels) <> 2 OR array_to_string(labels, ' ') !~ ('^-?' || number || ' ' || number || '$') THEN
        PERFORM holomamba_internal.refuse_other_kind(model, version, attribute, holomamba_internal.learned_kind(model, version, attribute, 'number'), 'number');
    ELSIF labels[2]::double precision = 0 THEN
        RAISE data_corrupted USING
            MESSAGE = 'unusable value in column "labels" of table holomamba.vocabulary_catalogue: a deviation of 0',
            DETAIL = format('It belongs to attribute "%s" in version %s of model "%s".', attribute, version, model),
            HINT = format('Restore it from a backup, or train a new version: CALL holomamba.train(%L);', model);
    END IF;
END
$$;
COMMENT ON FUNCTION holomamba_internal.check_scale(name, integer, name, text[]) IS
    'internal: refuses labels of a number that are not its mean and its deviation';

-- Of a vector the vocabulary has the length.
CREATE FUNCTION holomamba_internal.check_length(model name, version integer, attribute name, labels text[]) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    was CONSTANT text := holomamba_internal.learned_kind(model, version, attribute, 'vector');
BEGIN
    IF cardinality(labels) = 1 AND labels[1] ~ '^[0-9]{1,4}$' OR labels IS NULL THEN
        RETURN;
    ELSIF was <> 'vector' THEN
        PERFORM holomamba_internal.refuse_other_kind(model, version, attribute, was, 'vector');
    END IF;
    RAISE data_corrupted USING
        MESSAGE = 'unusable value in column "labels" of table holomamba.vocabulary_catalogue: not the length of vectors',
        DETAIL = format('It belongs to attribute "%s" in version %s of model "%s".', attribute, version, model),
        HINT = format('Restore it from a backup, or train a new version: CALL holomamba.train(%L);', model);
END
$$;
COMMENT ON FUNCTION holomamba_internal.check_length(name, integer, name, text[]) IS
    'internal: refuses labels of a vector that are not its length';

-- Of which items, the list of (id, n) says.
CREATE FUNCTION holomamba_internal.attribute_queries(m holomamba.model_catalogue, version integer, items_list text)
RETURNS TABLE (kind text, name text, labels integer, query text)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    attributes CONSTANT name[] := holomamba_internal.attributes_of(m, version);
    collation_clause CONSTANT text := CASE WHEN cardinality(attributes) > 0 THEN holomamba_internal.item_collation(m) END;
    attribute name;
    known text[];
    of_column text;
BEGIN
    PERFORM holomamba_internal.hold_readable(m.items);
    PERFORM holomamba_internal.assert_columns(m);
    PERFORM holomamba_internal.check_attributes(m.items, attributes);
    FOR attribute, known IN
        SELECT a.name, y.labels FROM unnest(attributes) WITH ORDINALITY a (name, number)
        LEFT JOIN holomamba.labels y ON y.model = m.model AND y.version = attribute_queries.version AND y.field = a.name
        ORDER BY a.number
    LOOP
        name := attribute;
        labels := cardinality(known);
        of_column := holomamba_internal.attribute_kind((holomamba_internal.column_of(m.items, attribute)).atttypid);
        IF of_column = 'number' THEN
            kind := 'number';
            -- Of a number the vocabulary has mean and deviation.
            PERFORM holomamba_internal.check_scale(m.model, version, attribute, known);
            query := format('SELECT (k.n - 1)::integer AS item, holomamba_internal.standard_score(x.x, %L, %L)::real AS value '
                            'FROM %s JOIN %s %s ON %5$s.%I%s = k.id, LATERAL (SELECT %s) x (x) WHERE x.x IS NOT NULL ORDER BY 1',
                            known[1], known[2], items_list, m.items, holomamba_internal.name_for(m.items), m.item_key, collation_clause,
                            holomamba_internal.number_expression(m.items, attribute));
        ELSIF of_column = 'vector' THEN
            kind := 'vector';
            PERFORM holomamba_internal.check_length(m.model, version, attribute, known);
            labels := known[1]::integer;
            query := format('SELECT (k.n - 1)::integer AS item, x.x AS elements FROM %s JOIN %s %s ON %3$s.%I%s = k.id, LATERAL (SELECT %s OFFSET 0) x (x) '
                            'WHERE cardinality(x.x) = %L AND CASE WHEN array_ndims(x.x) = 1 THEN array_position(x.x, NULL) IS NULL END ORDER BY 1',
                            items_list, m.items, holomamba_internal.name_for(m.items), m.item_key, collation_clause,
                            holomamba_internal.vector_expression(m.items, attribute), known[1]);
        ELSE
            kind := 'category';
            query := format('SELECT (k.n - 1)::integer AS item, (l.n - 1)::integer AS value '
                            'FROM %s JOIN %s %s ON %3$s.%I%s = k.id, %s x (x), '
                            '(SELECT u.* FROM holomamba.labels y, unnest(y.labels) WITH ORDINALITY u '
                            'WHERE y.model = %L AND y.version = %s AND y.field = %L) l (label, n) '
                            'WHERE l.label = x.x ORDER BY 1, 2',
                            items_list, m.items, holomamba_internal.name_for(m.items), m.item_key, collation_clause, holomamba_internal.values_expression(m.items, attribute),
                            m.model, version, attribute);
        END IF;
        RETURN NEXT;
    END LOOP;
END
$$;
COMMENT ON FUNCTION holomamba_internal.attribute_queries(holomamba.model_catalogue, integer, text) IS
    'internal: what reads (item, value) pairs of each attribute of some items, both by number';
