-- Training: what train() reads, writes and makes active

CREATE FUNCTION holomamba.options() RETURNS TABLE (name text, default_value text, range text, description text)
    AS 'MODULE_PATHNAME', 'holomamba_options' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 30;
COMMENT ON FUNCTION holomamba.options() IS 'the options of create_model() and train(), with their defaults and ranges';

CREATE FUNCTION holomamba_internal.check_options(options jsonb) RETURNS void
    AS 'MODULE_PATHNAME', 'holomamba_check_options' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION holomamba_internal.check_options(jsonb) IS 'refuses options that do not exist, are out of range, or are those of another block';

CREATE FUNCTION holomamba_internal.complete_options(options jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE STRICT SET search_path = pg_catalog, pg_temp
AS $$
    SELECT jsonb_object_agg(o.name, CASE WHEN o.default_value ~ '^[0-9]' THEN o.default_value::jsonb ELSE to_jsonb(o.default_value) END)
           || options
    FROM holomamba.options() o
$$;
COMMENT ON FUNCTION holomamba_internal.complete_options(jsonb) IS 'the options, with defaults for those that are not given';

CREATE FUNCTION holomamba_internal.assert_may_manage(model text) RETURNS holomamba.model_catalogue
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    m holomamba.model_catalogue := holomamba_internal.find_model(model);
BEGIN
    IF NOT holomamba.may_manage(m.model) THEN
        RAISE insufficient_privilege USING MESSAGE = format('must be owner of model "%s"', model);
    END IF;
    RETURN m;
END
$$;
COMMENT ON FUNCTION holomamba_internal.assert_may_manage(text) IS 'the row of a model, for its owner; an error for others';

-- What the numbers of a version stand for: ordinals of items and of the values of their attributes. Items are those of the
-- table of items together with those that only events know. The labels of a numeric attribute are its mean and its
-- deviation, to the last digit.
CREATE FUNCTION holomamba_internal.make_vocabulary(m holomamba.model_catalogue, version integer) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET extra_float_digits = 1
AS $$
DECLARE
    ids text := format('SELECT %I::%s%s, 1 FROM %s %s', m.item_column, m.item_type, holomamba_internal.item_collation(m), m.interactions,
                       holomamba_internal.name_for(m.interactions));
    fits CONSTANT text := holomamba_internal.fits_item_type(m.item_type, quote_ident(m.item_key));
    attribute name;
    kind text;
    labels text[];
    counts bigint[];
    event_values integer[] := '{}';
    left_out bigint := 0;
    attributes CONSTANT name[] := holomamba_internal.attributes_of(m, version);
BEGIN
    PERFORM holomamba_internal.hold_readable(m.interactions), holomamba_internal.hold_readable(m.items);
    PERFORM holomamba_internal.assert_trusted_owners(m);
    PERFORM holomamba_internal.assert_columns(m);
    PERFORM holomamba_internal.check_attributes(m.items, attributes);
    PERFORM holomamba_internal.check_ids(m);
    IF m.items IS NOT NULL THEN
        ids := ids || format(' UNION ALL SELECT %I::%s%s, 0 FROM %s %s WHERE %s', m.item_key, m.item_type, holomamba_internal.item_collation(m), m.items,
                             holomamba_internal.name_for(m.items), fits);
        IF fits <> 'true' THEN
            EXECUTE format('SELECT count(*) FROM %s %s WHERE NOT %s', m.items, holomamba_internal.name_for(m.items), fits) INTO left_out;
        END IF;
        IF left_out > 0 THEN
            RAISE WARNING USING
                MESSAGE = format('%s items of table %s are left out', left_out, m.items),
                DETAIL = format('No event can name them: their "%s" is out of range for column "%s" of table %s, which is of type %s.',
                                m.item_key, m.item_column, m.interactions, m.item_type),
                HINT = format('ALTER TABLE %s ALTER %I TYPE bigint;', m.interactions, m.item_column);
        END IF;
    END IF;
    EXECUTE format('SELECT array_agg(u.id::text ORDER BY u.id), array_agg(u.events ORDER BY u.id) '
                   'FROM (SELECT i.id, sum(i.event) AS events FROM (%s) i (id, event) WHERE i.id IS NOT NULL GROUP BY i.id) u', ids)
    INTO labels, counts;
    PERFORM holomamba_internal.store_vocabulary(m.model, make_vocabulary.version, '', coalesce(labels, '{}'), coalesce(counts, '{}'));

    FOREACH attribute IN ARRAY attributes LOOP
        EXECUTE CASE holomamba_internal.attribute_kind((holomamba_internal.column_of(m.items, attribute)).atttypid)
            WHEN 'vector' THEN
                format('SELECT ARRAY[%L]', holomamba_internal.vector_length(m, attribute))
            WHEN 'number' THEN
                format('SELECT ARRAY[coalesce(avg(v.x), 0), coalesce(nullif(stddev_pop(v.x), 0), 1)]::text[] FROM (SELECT %s FROM %s %s) v (x)',
                       holomamba_internal.number_expression(m.items, attribute), m.items, holomamba_internal.name_for(m.items))
            ELSE
                format('SELECT array_agg(DISTINCT v.x ORDER BY v.x) FROM %s %s, %s v (x)',
                       m.items, holomamba_internal.name_for(m.items), holomamba_internal.values_expression(m.items, attribute))
            END
        INTO labels;
        PERFORM holomamba_internal.store_vocabulary(m.model, make_vocabulary.version, attribute, coalesce(labels, '{}'));
    END LOOP;

    FOREACH attribute IN ARRAY m.event_attributes LOOP
        kind := holomamba_internal.attribute_kind((holomamba_internal.column_of(m.interactions, attribute)).atttypid);
        -- Of many events there are few values, so they are not sorted before they are distinct.
        EXECUTE format(CASE kind WHEN 'number' THEN 'SELECT ARRAY[coalesce(avg(v.x), 0), coalesce(nullif(stddev_pop(v.x), 0), 1)]::text[] FROM (SELECT %s '
                                 ELSE 'SELECT array_agg(v.x ORDER BY v.x) FROM (SELECT DISTINCT %s ' END
                       || 'FROM %s %s WHERE %3$s.%I IS NOT NULL AND %3$s.%I IS NOT NULL) v (x) WHERE v.x IS NOT NULL',
                       CASE kind WHEN 'number' THEN holomamba_internal.number_expression(m.interactions, attribute)
                                 ELSE holomamba_internal.label_expression(m.interactions, attribute) END,
                       m.interactions, holomamba_internal.name_for(m.interactions), m.user_column, m.item_column)
        INTO labels;
        PERFORM holomamba_internal.store_vocabulary(m.model, make_vocabulary.version, holomamba_internal.event_field(attribute), coalesce(labels, '{}'));
        event_values := event_values || CASE kind WHEN 'number' THEN -1 ELSE coalesce(cardinality(labels), 0) END;
    END LOOP;
    PERFORM holomamba_internal.store_event_columns(m.model, make_vocabulary.version, m.time_column IS NOT NULL, m.event_attributes, event_values);
END
$$;
COMMENT ON FUNCTION holomamba_internal.make_vocabulary(holomamba.model_catalogue, integer) IS
    'internal: stores the items, and the values of their attributes and of those of events, that a new version will know';

CREATE FUNCTION holomamba_internal.training_queries(model text, version integer)
RETURNS TABLE (kind text, name text, labels integer, query text)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    m holomamba.model_catalogue := holomamba_internal.assert_may_manage(model);
    v holomamba.version_catalogue;
    items_list text := format('(SELECT k.id::%s, k.n FROM holomamba.vocabulary y, unnest(y.labels) WITH ORDINALITY k (id, n) '
                              'WHERE y.model = %L AND y.version = %s AND y.field = '''') k (id, n)', m.item_type, m.model, version);
    first_order pg_attribute;
    known record;
    about text[];
BEGIN
    SELECT * INTO v FROM holomamba.version_catalogue c WHERE c.model = m.model AND c.version = training_queries.version;

    PERFORM holomamba_internal.assert_trusted_owners(m);
    RETURN QUERY SELECT * FROM holomamba_internal.attribute_queries(m, version, items_list);

    -- What the table of items does not hold is learned from and not recommended.
    IF m.items IS NOT NULL THEN
        kind := 'served';
        name := NULL;
        labels := NULL;
        query := format('SELECT (k.n - 1)::integer AS item FROM %s JOIN %s %s ON %3$s.%I%s = k.id ORDER BY 1',
                        items_list, m.items, holomamba_internal.name_for(m.items), m.item_key, holomamba_internal.item_collation(m));
        RETURN NEXT;
    END IF;

    -- The cutoff is of the type under a domain, whose constraints may be functions of the user's.
    first_order := holomamba_internal.column_of(m.interactions, m.order_columns[1]);
    SELECT e.* INTO known FROM holomamba_internal.event_values(m, v.version) e;
    about := CASE WHEN v.timed THEN ARRAY[format('coalesce(%s, ''NaN'')', holomamba_internal.seconds_expression(m.interactions, m.time_column))]
                  ELSE '{}' END
             || known.expressions || array_remove(ARRAY[holomamba_internal.weight_expression(m)], NULL);
    kind := 'histories';
    name := NULL;
    labels := (SELECT cardinality(y.labels) FROM holomamba.vocabulary y
               WHERE y.model = m.model AND y.version = v.version AND y.field = '');
    query := holomamba_internal.fill_template(
        'SELECT {held_out} AS held_out, {read_history}, {about} AS about FROM {interactions} {e} JOIN {items_list} ON k.id = {e}.{item}{collation}{joins} '
        'WHERE {e}.{user} IS NOT NULL GROUP BY {e}.{user} ORDER BY {e}.{user}',
        holomamba_internal.template_names(m) || ARRAY[
            ['items_list', items_list],
            ['collation', holomamba_internal.item_collation(m)],
            ['joins', known.joins],
            -- One array for all that is known of an event, and not one for each, for each is sorted by itself.
            ['about', CASE WHEN about = '{}' THEN 'NULL::double precision[]'
                           ELSE (SELECT format('array_agg(ARRAY[%s]::double precision[] ORDER BY %s)', array_to_string(about, ', '), t.names[i][2])
                                 FROM (SELECT holomamba_internal.template_names(m)) t (names), generate_subscripts(t.names, 1) i WHERE t.names[i][1] = 'in_order') END],
            ['held_out', CASE v.holdout
                             WHEN 'time' THEN format('(count(*) FILTER (WHERE %s < %L::%s))::integer', holomamba_internal.comparable(m.interactions, m.order_columns[1]),
                                                     v.options ->> 'cutoff', holomamba_internal.base_type(first_order.atttypid))
                             WHEN 'leave_one_out' THEN '(count(*) - 1)::integer'
                             ELSE '-1' END]],
        cardinality(m.order_columns));
    RETURN NEXT;
END
$$;
COMMENT ON FUNCTION holomamba_internal.training_queries(text, integer) IS
    'internal: what train() and evaluate() read, attributes first: (item, value) of each, then the items that can be recommended, last of each user the place of the test event, the items of the events in order, and of each event its time, its values and its weight, where there are such';

-- Events come at the end of a history, or at the end of time: what a holdout has kept back, the same one later keeps back, or it is
-- history by then.
CREATE FUNCTION holomamba_internal.keeps_back(m holomamba.model_catalogue, start holomamba.version_catalogue, holdout text, options jsonb) RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    earlier boolean := true;
BEGIN
    IF start.holdout <> holdout OR start.options ->> 'validation' = 'off' AND options ->> 'validation' = 'on' THEN
        RETURN false;
    ELSIF holdout = 'time' THEN
        EXECUTE format('SELECT $1::%1$s <= $2::%1$s', format_type(holomamba_internal.base_type((holomamba_internal.column_of(m.interactions, m.order_columns[1])).atttypid), -1))
        INTO earlier USING start.options ->> 'cutoff', options ->> 'cutoff';
    END IF;
    RETURN earlier;
END
$$;
COMMENT ON FUNCTION holomamba_internal.keeps_back(holomamba.model_catalogue, holomamba.version_catalogue, text, jsonb) IS
    'internal: whether a version has learned from no event that a holdout would test or validate by';

-- The version that a training starts from: its number, or false.
CREATE FUNCTION holomamba_internal.warm_start_of(m holomamba.model_catalogue, chosen text, holdout text, options jsonb) RETURNS jsonb
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    start holomamba.version_catalogue;
    wanted text := CASE WHEN chosen = 'true' THEN coalesce(m.active_version::text, 'false') ELSE chosen END;
BEGIN
    IF wanted = 'false' THEN
        RETURN to_jsonb(wanted);
    ELSIF wanted !~ '^[0-9]{1,9}$' THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format('invalid value for option "warm_start": "%s"', chosen),
            HINT = 'Allowed: the number of a version, true or false.';
    ELSIF NOT EXISTS (SELECT FROM holomamba.version_catalogue v
                      WHERE v.model = m.model AND v.version = wanted::integer AND v.status = 'ready') THEN
        RAISE undefined_object USING
            MESSAGE = format('model "%s" has no complete version %s to start from', m.model, wanted),
            HINT = 'The view holomamba.versions lists the versions.';
    END IF;
    SELECT v.* INTO start FROM holomamba.version_catalogue v WHERE v.model = m.model AND v.version = wanted::integer;
    IF start.attributes <> m.attributes THEN
        RAISE object_not_in_prerequisite_state USING
            MESSAGE = format('version %s of model "%s" was trained with other attributes', wanted, m.model),
            DETAIL = format('They were {%s} then, and are {%s} now.', array_to_string(start.attributes, ','), array_to_string(m.attributes, ',')),
            HINT = 'Start from none: options => ''{"warm_start": false}''.';
    END IF;
    IF holdout <> 'none' AND NOT holomamba_internal.keeps_back(m, start, holdout, options) THEN
        RAISE object_not_in_prerequisite_state USING
            MESSAGE = format('version %s of model "%s" has learned from events that this holdout keeps back', wanted, m.model),
            DETAIL = 'A version that starts from it would be tested on what it knows.',
            HINT = 'Start from a version with the same holdout, or from none: options => ''{"warm_start": false}''.';
    END IF;
    RETURN to_jsonb(wanted::integer);
END
$$;
COMMENT ON FUNCTION holomamba_internal.warm_start_of(holomamba.model_catalogue, text, text, jsonb) IS
    'internal: the value of the option "warm_start", with true replaced by the active version; refused where a holdout would test what that one has learned';

CREATE FUNCTION holomamba_internal.matching_rows(model text, version integer, old_version integer)
RETURNS TABLE (field text, old_rows integer[])
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
    SELECT y.field, ARRAY(SELECT coalesce(o.n - 1, -1)::integer
                          FROM unnest(y.labels) WITH ORDINALITY l (label, n)
                          LEFT JOIN unnest(x.labels) WITH ORDINALITY o (label, n) USING (label)
                          ORDER BY l.n)
    FROM holomamba.vocabulary y
    JOIN holomamba.vocabulary x ON x.model = y.model AND x.field = y.field
    WHERE y.model = matching_rows.model::name AND y.version = matching_rows.version AND x.version = matching_rows.old_version
$$;
COMMENT ON FUNCTION holomamba_internal.matching_rows(text, integer, integer) IS
    'internal: of each item and value that a version knows, its number in an older version, from 0, or -1';

-- What a session has been told in its own settings, all others are to read as the same.
CREATE FUNCTION holomamba_internal.unambiguous(value anyelement) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
    SET "DateStyle" = 'ISO, YMD' SET "TimeZone" = 'UTC' SET "IntervalStyle" = postgres SET extra_float_digits = 1 SET bytea_output = hex
AS $$
    SELECT format('%s', value)
$$;
COMMENT ON FUNCTION holomamba_internal.unambiguous(anyelement) IS 'internal: a value as text that means the same whatever the settings';

CREATE FUNCTION holomamba_internal.begin_training(model text, epochs integer, holdout text, options jsonb, OUT version integer, OUT training_id integer)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    m holomamba.model_catalogue;
    chosen jsonb;
    free text[] := '{epochs,cutoff,seed,threads,patience,validation,warm_start}';
    best integer;
    first_order pg_attribute;
    cutoff text;
BEGIN
    m := holomamba_internal.assert_may_manage(model);
    PERFORM holomamba_internal.assert_tables_exist(m);
    IF holdout IS NULL OR holdout NOT IN ('none', 'leave_one_out', 'time') THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format('invalid holdout: %s', coalesce(quote_literal(holdout), 'NULL')),
            HINT = 'A holdout is ''none'', ''leave_one_out'' or ''time''.';
    ELSIF options IS NULL THEN
        RAISE null_value_not_allowed USING MESSAGE = 'argument "options" must not be null';
    END IF;
    chosen := m.options || options || CASE WHEN epochs IS NULL THEN '{}' ELSE jsonb_build_object('epochs', epochs) END;
    PERFORM holomamba_internal.check_options(chosen);
    -- Where everything is learned from, nothing tells when to stop: as many epochs as served the last holdout best.
    IF holdout = 'none' AND NOT chosen ? 'epochs' THEN
        -- A version has the numbers that auto came to.
        free := free || ARRAY(SELECT o.key FROM jsonb_each_text(holomamba_internal.complete_options(chosen)) o WHERE o.value = 'auto');
        SELECT v.best_epoch INTO best
        FROM holomamba.version_catalogue v
        WHERE v.model = m.model AND v.status = 'ready' AND v.holdout <> 'none' AND v.options - free = holomamba_internal.complete_options(chosen) - free
          AND (v.options ->> 'warm_start' = 'false') = (coalesce(chosen ->> 'warm_start', 'false') = 'false')
        ORDER BY v.version DESC LIMIT 1;
        chosen := chosen || CASE WHEN best IS NULL THEN '{}' ELSE jsonb_build_object('epochs', best) END;
    END IF;
    chosen := holomamba_internal.complete_options(chosen);
    IF (holdout = 'time') <> (chosen ->> 'cutoff' <> '') THEN
        RAISE invalid_parameter_value USING
            MESSAGE = CASE WHEN holdout = 'time' THEN 'holdout ''time'' without a cutoff' ELSE 'a cutoff without holdout ''time''' END,
            HINT = format('CALL holomamba.train(%L, holdout => ''time'', options => ''{"cutoff": "2026-01-01"}'');', model);
    ELSIF holdout = 'time' THEN
        first_order := holomamba_internal.column_of(m.interactions, m.order_columns[1]);
        EXECUTE format('SELECT holomamba_internal.unambiguous(%L::%s)', chosen ->> 'cutoff', format_type(holomamba_internal.base_type(first_order.atttypid), -1)) INTO cutoff;
        chosen := chosen || jsonb_build_object('cutoff', cutoff);
    END IF;

    chosen := chosen || jsonb_build_object('warm_start', holomamba_internal.warm_start_of(m, chosen ->> 'warm_start', holdout, chosen));

    training_id := holomamba_internal.add_version(m.model, holdout, chosen);
    SELECT v.version INTO begin_training.version FROM holomamba.version_catalogue v WHERE v.training_id = begin_training.training_id;
    PERFORM holomamba_internal.make_vocabulary(m, begin_training.version);
    -- What an old version has learned of a number holds for the scale that it learned it on.
    IF chosen ->> 'warm_start' <> 'false' THEN
        PERFORM holomamba_internal.store_vocabulary(m.model, begin_training.version, y.field, o.labels)
        FROM holomamba.vocabulary y JOIN holomamba.vocabulary o ON o.model = y.model AND o.field = y.field
        WHERE y.model = m.model AND y.version = begin_training.version AND o.version = (chosen ->> 'warm_start')::integer
          AND (y.field IN (SELECT a::text FROM unnest(holomamba_internal.attributes_of(m, begin_training.version)) a
                           WHERE holomamba_internal.attribute_kind((holomamba_internal.column_of(m.items, a)).atttypid) = 'number')
               OR y.field IN (SELECT holomamba_internal.event_field(a.name)
                              FROM holomamba.version_catalogue n, unnest(n.event_attributes, n.event_values) AS a (name, known),
                                   holomamba.version_catalogue w, unnest(w.event_attributes, w.event_values) AS b (name, known)
                              WHERE n.model = m.model AND n.version = begin_training.version AND w.model = m.model AND w.version = o.version
                                AND b.name = a.name AND a.known < 0 AND b.known < 0));
    END IF;
END
$$;
COMMENT ON FUNCTION holomamba_internal.begin_training(text, integer, text, jsonb) IS
    'internal: checks the arguments of train() and start_training(), and makes the version';

CREATE PROCEDURE holomamba.train(model text, epochs integer DEFAULT NULL, holdout text DEFAULT 'none', options jsonb DEFAULT '{}')
    AS 'MODULE_PATHNAME', 'holomamba_train' LANGUAGE C;
COMMENT ON PROCEDURE holomamba.train(text, integer, text, jsonb) IS
    'trains a new version of a model, one committed row of training_log per epoch, and makes it the active one';

-- Not a version that a session is training: that one needs no help.
CREATE FUNCTION holomamba_internal.begin_resuming(model text, INOUT version integer, OUT training_id integer)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    m holomamba.model_catalogue := holomamba_internal.assert_may_manage(model);
BEGIN
    IF version IS NULL THEN
        SELECT v.version INTO begin_resuming.version FROM holomamba.versions v
        WHERE v.model = m.model AND v.status IN ('interrupted', 'failed') ORDER BY v.version DESC LIMIT 1;
    END IF;
    training_id := holomamba_internal.reopen_version(m.model, version);
    IF training_id IS NULL THEN
        RAISE object_not_in_prerequisite_state USING
            MESSAGE = CASE WHEN version IS NULL THEN format('model "%s" has no training to go on with', model)
                           ELSE format('version %s of model "%s" is not one to go on with', version, model) END,
            HINT = 'Trainings of status interrupted or failed in holomamba.versions can be resumed.';
    END IF;
END
$$;
COMMENT ON FUNCTION holomamba_internal.begin_resuming(text, integer) IS 'internal: checks the arguments of resume_training() and chooses the version';

CREATE PROCEDURE holomamba.resume_training(model text, version integer DEFAULT NULL)
    AS 'MODULE_PATHNAME', 'holomamba_resume_training' LANGUAGE C;
COMMENT ON PROCEDURE holomamba.resume_training(text, integer) IS
    'goes on with a training that was broken off, the latest unless a version is named: the result is that of an unbroken one';

CREATE FUNCTION holomamba.start_training(model text, epochs integer DEFAULT NULL, holdout text DEFAULT 'none', options jsonb DEFAULT '{}')
    RETURNS integer AS 'MODULE_PATHNAME', 'holomamba_start_training' LANGUAGE C;
COMMENT ON FUNCTION holomamba.start_training(text, integer, text, jsonb) IS
    'does what train() does in a background worker, once the transaction commits; returns the number of the training';

CREATE FUNCTION holomamba.cancel_training(training_id integer) RETURNS boolean
    AS 'MODULE_PATHNAME', 'holomamba_cancel_training' LANGUAGE C STRICT;
COMMENT ON FUNCTION holomamba.cancel_training(integer) IS
    'cancels a training, in the background or in another session; false where none of that number is under way';

CREATE FUNCTION holomamba.item_vectors(model text, version integer, OUT item_id text, OUT token @extschema@.hrr, OUT target @extschema@.hrr)
    RETURNS SETOF record AS 'MODULE_PATHNAME', 'holomamba_item_vectors' LANGUAGE C STABLE STRICT ROWS 10000;
COMMENT ON FUNCTION holomamba.item_vectors(text, integer) IS 'the vectors of every item that a version knows, computed from its weights';

CREATE FUNCTION holomamba.describe_items(model text, version integer, ids text[], OUT item_id text, OUT token @extschema@.hrr, OUT target @extschema@.hrr)
    RETURNS SETOF record AS 'MODULE_PATHNAME', 'holomamba_describe_items' LANGUAGE C STABLE STRICT ROWS 1000;
COMMENT ON FUNCTION holomamba.describe_items(text, integer, text[]) IS
    'the vectors of these items, by the weights of a version and the attributes that the items have now: of one that the version '
    'does not know, what its attributes say of it';

CREATE FUNCTION holomamba_internal.assert_read_committed(name text) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE invalid_transaction_state USING
            MESSAGE = format('%s() needs the isolation level read committed', name),
            DETAIL = 'An older snapshot would miss events that were committed while it waited for its lock.',
            HINT = 'BEGIN ISOLATION LEVEL READ COMMITTED;';
    END IF;
END
$$;
COMMENT ON FUNCTION holomamba_internal.assert_read_committed(text) IS 'internal: refuses to replay all events under an old snapshot';

CREATE FUNCTION holomamba.activate(model text, version integer) RETURNS void
    AS 'MODULE_PATHNAME', 'holomamba_activate' LANGUAGE C;
COMMENT ON FUNCTION holomamba.activate(text, integer) IS
    'makes a complete version the one that recommends: item vectors and all user states are computed for it, in one commit';

-- With the rights of the model's owner, whichever role has asked for it.
CREATE FUNCTION holomamba_internal.activate_as_owner(model text, version integer) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    m holomamba.model_catalogue := holomamba_internal.assert_may_manage(model);
    items_table text := format('holomamba.%I', m.model || '_items');
    ids text[];
BEGIN
    PERFORM holomamba_internal.assert_read_committed('activate');
    PERFORM holomamba_internal.assert_trusted_owners(m);
    IF NOT holomamba_internal.hold_version(m.model, activate_as_owner.version) THEN
        RAISE undefined_object USING
            MESSAGE = format('model "%s" has no complete version %s', activate_as_owner.model, coalesce(activate_as_owner.version::text, 'NULL')),
            HINT = (SELECT coalesce('The complete versions are ' || string_agg(v.version::text, ', ' ORDER BY v.version) || '.',
                                    'There is none yet: version ' || t.version || ' is being trained.',
                                    'There is none yet. ' || holomamba_internal.hint_to_train(m.model, format('CALL holomamba.train(%L);', m.model)))
                    FROM (SELECT holomamba_internal.version_in_training(m.model)) t (version)
                    LEFT JOIN holomamba.version_catalogue v ON v.model = m.model AND v.status = 'ready' GROUP BY t.version);
    END IF;
    PERFORM holomamba_internal.assert_columns(m);
    -- Events wait from here on, so that none is missed by the replay and none is counted twice; readers do not wait.
    EXECUTE format('LOCK TABLE holomamba.%I IN SHARE ROW EXCLUSIVE MODE', m.model || '_users');
    EXECUTE format('DELETE FROM %s', items_table);
    -- Items that are in events only are known to the encoder, but not on sale.
    EXECUTE format('INSERT INTO %s (item_id, token, target, popularity) '
                   'SELECT i.item_id::%s, i.token, %s, p.count '
                   'FROM holomamba.item_vectors($1, $2) i '
                   'JOIN (SELECT u.* FROM holomamba.vocabulary y, unnest(y.labels, y.counts) u '
                   'WHERE y.model = $1 AND y.version = $2 AND y.field = '''') p (id, count) ON p.id = i.item_id',
                   items_table, m.item_type,
                   CASE WHEN m.items IS NULL THEN 'i.target'
                        ELSE format('CASE WHEN EXISTS (SELECT FROM %1$s %2$s WHERE %2$s.%3$I%4$s = i.item_id::%5$s) THEN i.target END',
                                    m.items, holomamba_internal.name_for(m.items), m.item_key, holomamba_internal.item_collation(m), m.item_type) END)
    USING model, version;
    -- Items that have come since the training are known by their attributes. They are described some at a time.
    IF m.items IS NOT NULL THEN
        FOR ids IN
            EXECUTE format('SELECT array_agg(n.id) FROM (SELECT u.id::text, row_number() OVER () / 1000 AS part '
                           'FROM (SELECT DISTINCT %1$s.%2$I::%3$s%4$s AS id FROM %5$s %1$s WHERE %1$s.%2$I IS NOT NULL AND %6$s '
                           'AND NOT EXISTS (SELECT FROM %7$s i WHERE i.item_id = %1$s.%2$I%4$s)) u) n GROUP BY n.part',
                           holomamba_internal.name_for(m.items), m.item_key, m.item_type, holomamba_internal.item_collation(m), m.items,
                           holomamba_internal.fits_item_type(m.item_type, format('%s.%I', holomamba_internal.name_for(m.items), m.item_key)),
                           items_table)
        LOOP
            EXECUTE format('INSERT INTO %s (item_id, token, target) SELECT d.item_id::%s, d.token, d.target '
                           'FROM holomamba.describe_items($1, $2, $3) d', items_table, m.item_type)
            USING model, version, ids;
        END LOOP;
    END IF;
    PERFORM holomamba_internal.set_active_version(m.model, activate_as_owner.version);
    PERFORM holomamba.rebuild_state(model);
    PERFORM holomamba_internal.refit_target_index(m);
END
$$;
COMMENT ON FUNCTION holomamba_internal.activate_as_owner(text, integer) IS 'internal: what activate() does';

CREATE FUNCTION holomamba.forget_version(model text, version integer) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    m holomamba.model_catalogue := holomamba_internal.assert_may_manage(model);
BEGIN
    IF m.active_version = version THEN
        RAISE object_in_use USING
            MESSAGE = format('version %s of model "%s" is active', version, model),
            HINT = format('Activate another version first: SELECT holomamba.activate(%L, ...);', model);
    ELSIF EXISTS (SELECT FROM holomamba.versions v
                  WHERE v.model = m.model AND v.version = forget_version.version AND v.status = 'training') THEN
        RAISE object_in_use USING
            MESSAGE = format('version %s of model "%s" is being trained', version, model),
            HINT = (SELECT format('SELECT holomamba.cancel_training(%s); ends that.', v.training_id) FROM holomamba.version_catalogue v
                    WHERE v.model = m.model AND v.version = forget_version.version);
    END IF;
    IF holomamba_internal.delete_version(m.model, version) IS NOT TRUE THEN
        RAISE undefined_object USING
            MESSAGE = format('model "%s" has no version %s', model, coalesce(version::text, 'NULL')),
            HINT = 'The view holomamba.versions lists the versions.';
    END IF;
END
$$;
COMMENT ON FUNCTION holomamba.forget_version(text, integer) IS 'deletes a version that is not active, its weights and its log';

-- What a training goes on from are the events that it began with, deleted ones among them.
CREATE FUNCTION holomamba.forget_unfinished(model text) RETURNS integer
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    m CONSTANT holomamba.model_catalogue := holomamba_internal.assert_may_manage(model);
    unfinished CONSTANT integer[] := ARRAY(SELECT v.version FROM holomamba.version_catalogue v
                                           WHERE v.model = m.model AND v.status <> 'ready' ORDER BY v.version);
    version integer;
BEGIN
    FOREACH version IN ARRAY unfinished LOOP
        PERFORM holomamba.forget_version(model, version);
    END LOOP;
    RETURN cardinality(unfinished);
END
$$;
COMMENT ON FUNCTION holomamba.forget_unfinished(text) IS
    'forgets every training of a model that was broken off, with the events that it was to go on from; an error where one is under way';
