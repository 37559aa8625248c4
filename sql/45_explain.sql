-- Why an item is recommended. The labels of a version say which row of a parameter belongs to which value; they are values of
-- the user's own tables, so they are shown to those who may read the columns that they come from.

CREATE FUNCTION holomamba_internal.may_read_labels(model name, field text) RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    m CONSTANT holomamba.model_catalogue := (SELECT c FROM holomamba.model_catalogue c WHERE c.model = may_read_labels.model);
    of_events CONSTANT name := (SELECT a FROM unnest(m.event_attributes) a WHERE holomamba_internal.event_field(a) = field);
    source CONSTANT regclass := CASE WHEN field = '' THEN to_regclass(format('holomamba.%I', model || '_items'))
                                     WHEN of_events IS NOT NULL THEN m.interactions
                                     ELSE m.items END;
BEGIN
    RETURN EXISTS (SELECT FROM pg_attribute a
                   WHERE a.attrelid = source AND a.attname = CASE WHEN field = '' THEN 'item_id' ELSE coalesce(of_events, field) END AND NOT a.attisdropped
                     AND has_column_privilege(a.attrelid, a.attnum, 'SELECT') AND NOT row_security_active(a.attrelid));
END
$$;

COMMENT ON FUNCTION holomamba_internal.may_read_labels(name, text) IS
    'internal: whether the current role may read all of the column that the labels of a field are values of';

-- The view's owner reads the table; the functions in its condition ask for the rights of the reader of the view.
CREATE VIEW holomamba.labels WITH (security_barrier) AS
    SELECT v.model, v.version, v.field, v.labels
    FROM holomamba.vocabulary_catalogue v
    WHERE holomamba.may_manage(v.model) OR holomamba_internal.may_read_labels(v.model, v.field);

COMMENT ON VIEW holomamba.labels IS
    'what the rows of the embedding tables stand for, to those who may read the columns that they come from';
COMMENT ON COLUMN holomamba.labels.model IS 'name of the model';
COMMENT ON COLUMN holomamba.labels.version IS 'number of the version';
COMMENT ON COLUMN holomamba.labels.field IS 'name of the attribute, behind ''event.'' where it is one of events; empty for the items themselves';
COMMENT ON COLUMN holomamba.labels.labels IS
    'values of the attribute, or item ids, as text, in the order of their ordinals; of a number, its mean and its standard deviation; of a vector, its length';
GRANT SELECT ON holomamba.labels TO PUBLIC;

CREATE FUNCTION holomamba_internal.item_parts(model text, version integer, item_id text, target @extschema@.hrr, vector @extschema@.hrr,
                                     OUT kind text, OUT attribute text, OUT label integer, OUT contribution double precision)
    RETURNS SETOF record AS 'MODULE_PATHNAME', 'holomamba_item_parts' LANGUAGE C STABLE STRICT PARALLEL SAFE ROWS 10;
COMMENT ON FUNCTION holomamba_internal.item_parts(text, integer, text, @extschema@.hrr, @extschema@.hrr) IS
    'internal: what the values of its attributes, itself and its bias bring to the score of an item with this target for a vector; '
    'values of a category are places among the labels of the version';

CREATE FUNCTION holomamba_internal.explain_attributes(
    m holomamba.model_catalogue, item_text text, target @extschema@.hrr, user_vector @extschema@.hrr
) RETURNS TABLE (kind text, value text, contribution double precision)
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    part RECORD;
BEGIN
    FOR part IN
        SELECT p.*, l.labels[p.label] AS text
        FROM holomamba_internal.item_parts(m.model, m.active_version, item_text, target, user_vector) p
        LEFT JOIN holomamba.labels l ON l.model = m.model AND l.version = m.active_version AND l.field = p.attribute AND p.label IS NOT NULL
    LOOP
        kind := part.kind;
        contribution := part.contribution;
        value := part.text;
        IF kind = 'attribute' AND holomamba_internal.attribute_kind((holomamba_internal.column_of(m.items, part.attribute)).atttypid) = 'vector' THEN
            value := part.attribute;
            RETURN NEXT;
            CONTINUE;
        ELSIF kind = 'attribute' AND part.label IS NULL THEN
            -- A number, of a type of the server's own: item_parts() has seen to that, and holds the table.
            EXECUTE format('SELECT %1$s.%2$I::text FROM %3$s %1$s WHERE %1$s.%4$I%5$s = $1::%6$s', holomamba_internal.name_for(m.items),
                           part.attribute, m.items, m.item_key, holomamba_internal.item_collation(m), m.item_type)
                INTO value USING item_text;
        END IF;
        value := CASE kind WHEN 'attribute' THEN format('%s=%s', part.attribute, value) WHEN 'item' THEN item_text END;
        RETURN NEXT;
    END LOOP;
END
$$;

COMMENT ON FUNCTION holomamba_internal.explain_attributes(holomamba.model_catalogue, text, @extschema@.hrr, @extschema@.hrr) IS
    'internal: the score of an item for a vector as the sum of what its attributes, the item itself and its bias bring';

-- What an event did is what the score would lack without it: the history is replayed once for each event that is left out,
-- from the state before the last 100 events on.
CREATE FUNCTION holomamba_internal.explain_events(m holomamba.model_catalogue, user_text text, target @extschema@.hrr, score double precision, at timestamptz)
RETURNS TABLE (kind text, value text, contribution double precision)
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    name CONSTANT text := holomamba_internal.name_for(m.interactions);
    timed CONSTANT boolean := (SELECT v.timed FROM holomamba.version_catalogue v WHERE v.model = m.model AND v.version = m.active_version);
    known record;
    about text[];
BEGIN
    SELECT e.* INTO known FROM holomamba_internal.event_values(m, m.active_version) e;
    about := CASE WHEN timed THEN ARRAY[format('coalesce(%s, ''NaN'')', holomamba_internal.seconds_expression(m.interactions, m.time_column))] ELSE '{}' END
             || known.expressions;
    RETURN QUERY EXECUTE format($query$
        WITH history AS MATERIALIZED (
            SELECT %8$s.%1$I::text AS item, t.token, %9$s AS about,
                   row_number() OVER (ORDER BY %2$s, %8$s.tableoid DESC, %8$s.ctid DESC) AS age
            FROM %3$s %8$s LEFT JOIN holomamba.%4$I t ON t.item_id = %8$s.%1$I%10$s
            WHERE %8$s.%5$I = $1::%6$s AND %8$s.%1$I IS NOT NULL
        ), before AS MATERIALIZED (
            SELECT holomamba_internal.advance_state(%7$s.ssm_initial($2, $3), coalesce(array_agg(h.token ORDER BY h.age DESC), ARRAY[]::%7$s.hrr[]), %11$s) AS state
            FROM history h WHERE h.age > 100
        )
        SELECT 'event', h.item,
               $5 - %7$s.inner_product($4, %7$s.ssm_vector(holomamba_internal.advance_state(
                   b.state, ARRAY(SELECT o.token FROM history o WHERE o.age <= 100 AND o.age <> h.age ORDER BY o.age DESC), %12$s), $6))
        FROM history h, before b
        WHERE h.age <= 100
        $query$,
        m.item_column,
        (SELECT string_agg(format('%s.%I DESC', name, o.column_name), ', ' ORDER BY o.number) FROM unnest(m.order_columns) WITH ORDINALITY AS o (column_name, number)),
        m.interactions, m.model || '_items', m.user_column, holomamba_internal.id_family(m.user_type), '@extschema@', name,
        CASE WHEN about = '{}' THEN 'NULL' ELSE format('ARRAY[%s]::double precision[]', array_to_string(about, ', ')) END, known.joins,
        CASE WHEN about = '{}' THEN 'NULL' ELSE 'array_agg(h.about ORDER BY h.age DESC)' END,
        CASE WHEN about = '{}' THEN 'NULL'
             ELSE 'ARRAY(SELECT o.about FROM history o WHERE o.age <= 100 AND o.age <> h.age ORDER BY o.age DESC)' END)
        USING user_text, m.model::text, m.active_version, target, score, at;
END
$$;

COMMENT ON FUNCTION holomamba_internal.explain_events(holomamba.model_catalogue, text, @extschema@.hrr, double precision, timestamptz) IS
    'internal: by how much each of the last 100 events of a user raised a score';

CREATE FUNCTION holomamba_internal.explain_repeat(m holomamba.model_catalogue, user_text text, item_text text)
RETURNS TABLE (kind text, value text, contribution double precision)
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN QUERY EXECUTE format(
        'SELECT ''repeat'', NULL, v.repeat_score::double precision FROM holomamba.version_catalogue v '
        'WHERE v.model = $3 AND v.version = $4 AND v.repeat_score <> 0 '
        'AND EXISTS (SELECT FROM %1$s %2$s WHERE %2$s.%3$I = $1::%4$s AND %2$s.%5$I = $2::%6$s)',
        m.interactions, holomamba_internal.name_for(m.interactions), m.user_column, holomamba_internal.id_family(m.user_type), m.item_column,
        holomamba_internal.id_family(m.item_type))
        USING user_text, item_text, m.model, m.active_version;
END
$$;

COMMENT ON FUNCTION holomamba_internal.explain_repeat(holomamba.model_catalogue, text, text) IS
    'internal: what an item''s score is raised by because the user has had it before';

CREATE FUNCTION holomamba_internal.explain(user_text text, item_text text, model text, id_type regtype, at timestamptz)
RETURNS TABLE (kind text, value text, contribution double precision)
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    m holomamba.model_catalogue := holomamba_internal.choose_model(model, 1);
    target @extschema@.hrr;
    vector @extschema@.hrr;
    item text;
BEGIN
    PERFORM holomamba_internal.check_overload(m, 'explain_recommendation', id_type, true);
    PERFORM holomamba_internal.hold_readable(format('holomamba.%I', m.model || '_users')::regclass), holomamba_internal.hold_readable(m.interactions);
    PERFORM holomamba_internal.assert_columns(m);
    EXECUTE format('SELECT i.target, i.item_id::text, coalesce((SELECT %3$s.ssm_vector(u.state, $5) FROM holomamba.%1$I u WHERE u.user_id = $1::%2$s), '
                   '%3$s.ssm_vector(%3$s.ssm_initial($3, $4), $5)) FROM holomamba.%4$I i WHERE i.item_id = $2::%5$s AND i.target IS NOT NULL',
                   m.model || '_users', holomamba_internal.id_family(m.user_type), '@extschema@', m.model || '_items', holomamba_internal.id_family(m.item_type))
        INTO target, item, vector USING user_text, item_text, m.model::text, m.active_version, at;
    IF target IS NULL OR user_text IS NULL THEN
        RETURN;
    END IF;
    RETURN QUERY
        SELECT e.kind, e.value, e.contribution
        FROM (SELECT * FROM holomamba_internal.explain_events(m, user_text, target, @extschema@.inner_product(target, vector), at)
              UNION ALL SELECT * FROM holomamba_internal.explain_attributes(m, item, target, vector)
              UNION ALL SELECT * FROM holomamba_internal.explain_repeat(m, user_text, item)) e
        ORDER BY e.contribution DESC, e.kind, e.value;
END
$$;

COMMENT ON FUNCTION holomamba_internal.explain(text, text, text, regtype, timestamptz) IS 'internal: what explain_recommendation() returns';

-- The events of explain(), by item. Of which 100 events it tells, that one says; the last of an item is among them.
CREATE FUNCTION holomamba_internal.explain_by_item(user_text text, item_text text, model text, id_type regtype, at timestamptz)
RETURNS TABLE (item_id text, events bigint, last_event text, contribution double precision)
LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    m CONSTANT holomamba.model_catalogue := holomamba_internal.choose_model(model, 1);
BEGIN
    PERFORM holomamba_internal.check_overload(m, 'explain_events', id_type, true);
    RETURN QUERY EXECUTE format(
        'SELECT x.value, x.events, l.last::text, x.contribution '
        'FROM (SELECT e.value, count(*) AS events, sum(e.contribution) AS contribution FROM holomamba_internal.explain($1, $2, $3, $4, $5) e '
        'WHERE e.kind = ''event'' GROUP BY e.value) x '
        'LEFT JOIN (SELECT %1$s.%2$I::text AS item, (array_agg(%1$s.%3$I ORDER BY %1$s.%3$I DESC))[1] AS last FROM %4$s %1$s '
        'WHERE %1$s.%5$I = $1::%6$s AND %1$s.%2$I IS NOT NULL GROUP BY 1) l ON l.item = x.value '
        'ORDER BY x.contribution DESC, x.value',
        holomamba_internal.name_for(m.interactions), m.item_column, m.order_columns[1], m.interactions, m.user_column, holomamba_internal.id_family(m.user_type))
        USING user_text, item_text, m.model::text, id_type, at;
END
$$;

COMMENT ON FUNCTION holomamba_internal.explain_by_item(text, text, text, regtype, timestamptz) IS 'internal: what explain_events() returns';
