-- What is known of an event beside its item: time, attributes, targets and weights
\pset format unaligned
SET client_min_messages = warning;
\getenv helpers PG_ABS_SRCDIR
\set outcome :helpers '/helpers/outcome.sql'
\i :outcome

CREATE SCHEMA acts;
SET search_path = acts, public;
CREATE TYPE kind AS ENUM ('view', 'cart', 'purchase', 'return');
CREATE DOMAIN kind_of_act AS kind;
CREATE TABLE wares (id integer PRIMARY KEY, brand text, "event.kind" text, "event.brand" text);
INSERT INTO wares SELECT i, 'brand ' || i % 3, 'x', 'y' FROM generate_series(1, 12) i;
CREATE TABLE acts (id bigint PRIMARY KEY, who integer, ware integer, at timestamptz, kind kind_of_act, device text, rating real, quantity integer,
                   gift boolean, price numeric, day date, stamp timestamp, place point, tags text[], extra jsonb, code char(6), seconds bigint);
CREATE INDEX ON acts (who, at, id);
INSERT INTO acts (id, who, ware, at, kind, device, rating, quantity, gift, price, day, stamp, code, seconds)
SELECT u * 100 + n, u, 1 + (u * 5 + n * n) % 12, timestamptz '2026-01-01 00:00Z' + n * interval '1 day' + u * interval '1 second',
       (enum_range(NULL::kind))[1 + (u + n) % 4], (ARRAY['phone', 'desk', NULL])[1 + n % 3], CASE WHEN n % 5 > 0 THEN n % 5 END, n % 4 - 1,
       n % 2 = 0, n * 1.25, date '2026-01-01' + n, timestamp '2026-01-01' + n * interval '1 day', (ARRAY['ab', 'cd '])[1 + n % 2], n * 3600
FROM generate_series(1, 8) u, generate_series(1, 10) n;

-- Refused
CREATE FUNCTION pg_temp.attempt(arguments text) RETURNS text LANGUAGE sql AS
    $$ SELECT pg_temp.outcome(format('SELECT holomamba.create_model(''m'', ''acts'', ''who'', ''ware'', ''{at,id}'', %s)', arguments)) $$;
SELECT pg_temp.attempt($$time_column => 'when'$$) LIKE '42703 | column "when" of table acts.acts does not exist |%' AS missing;
SELECT pg_temp.attempt($$time_column => 'device'$$);
SELECT pg_temp.attempt($$time_column => 'kind'$$);
SELECT pg_temp.attempt($$time_column => 'ware'$$);
SELECT pg_temp.attempt($$event_attributes => NULL$$);
SELECT pg_temp.attempt($$event_attributes => ARRAY['kind', NULL]$$);
SELECT pg_temp.attempt($$event_attributes => '{kind,colour}'$$) LIKE '42703 | column "colour" of table acts.acts does not exist |%' AS missing;
SELECT pg_temp.attempt($$event_attributes => '{tags}'$$);
SELECT pg_temp.attempt($$event_attributes => '{extra}'$$);
SELECT pg_temp.attempt($$event_attributes => '{place}'$$);
SELECT pg_temp.attempt($$event_attributes => '{kind,device,kind}'$$);
SELECT pg_temp.attempt($$event_attributes => '{who}'$$);
SELECT pg_temp.attempt($$event_attributes => '{kind,ware}'$$);
SELECT pg_temp.attempt($$event_attributes => '{kind,device,rating,quantity,gift,price,day,stamp,seconds}'$$);
SELECT pg_temp.attempt($$'wares', 'id', '{event.kind}', event_attributes => '{kind}'$$);
SELECT pg_temp.attempt($$target_column => 'kind'$$);
SELECT pg_temp.attempt($$target_values => '{purchase}'$$);
SELECT pg_temp.attempt($$target_column => 'kind', target_values => ARRAY['purchase', NULL]$$);
SELECT pg_temp.attempt($$target_column => 'kind', target_values => '{}'$$);
SELECT pg_temp.attempt($$target_column => 'kind', target_values => '{purchase,buy}'$$);
SELECT pg_temp.attempt($$target_column => 'gift', target_values => '{t}'$$);
SELECT pg_temp.attempt($$target_column => 'quantity', target_values => '{01}'$$);
SELECT pg_temp.attempt($$target_column => 'what', target_values => '{1}'$$) LIKE '42703 |%' AS missing;
SELECT pg_temp.attempt($$target_column => 'rating', target_values => '{1}'$$);
SELECT pg_temp.attempt($$target_column => 'tags', target_values => '{1}'$$);
SELECT pg_temp.attempt($$weight_column => 'stars'$$) LIKE '42703 |%' AS missing;
SELECT pg_temp.attempt($$weight_column => 'device'$$);
SELECT pg_temp.attempt($$weight_column => 'at'$$);
-- Whoever calls it
SELECT pg_temp.outcome($$SELECT holomamba_internal.declare_model('m', 'acts', 'who', 'ware', '{at,id}', NULL, NULL, '{}', '{}', 'device', '{}', NULL, NULL, NULL)$$);
SELECT count(*) FROM holomamba.models;

-- What is chosen where nothing is said, and what is not
SELECT holomamba.create_model('plain', 'acts', 'who', 'ware', '{at,id}');
SELECT holomamba.create_model('untimed', 'acts', 'who', 'ware', '{at,id}', time_column => '');
SELECT holomamba.create_model('numbered', 'acts', 'who', 'ware', '{id}');
SELECT holomamba.create_model('daily', 'acts', 'who', 'ware', '{day,id}');
SELECT holomamba.create_model('full', 'acts', 'who', 'ware', '{id}', 'wares', 'id', '{brand}', '{}', 'seconds', '{kind,rating}', 'kind', '{purchase,cart}', 'quantity');
SELECT model, time_column, event_attributes, target_column, target_values, weight_column FROM holomamba.models ORDER BY model;
SELECT holomamba.drop_model(model) FROM holomamba.models;

-- Whether stored states are those that the expressions of trainings lead to, which are SQL; of a model with one order column
CREATE FUNCTION pg_temp.same_as_in_sql(model text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    m holomamba.model_catalogue := holomamba_internal.find_model(model);
    known record;
    about text;
    same boolean;
BEGIN
    SELECT e.* INTO known FROM holomamba_internal.event_values(m, m.active_version) e;
    SELECT string_agg(x, ', ') INTO about
    FROM unnest(ARRAY(SELECT format('coalesce(%s, ''NaN'')', holomamba_internal.seconds_expression(m.interactions, m.time_column)) WHERE m.time_column IS NOT NULL)
                || known.expressions) x;
    EXECUTE format('SELECT bool_and(u.state::text = holomamba_internal.advance_state(ssm_initial(%L, %s), h.tokens, h.about)::text) FROM holomamba.%I u JOIN '
                   '(SELECT %7$s.%4$I AS who, array_agg(i.token ORDER BY %7$s.%5$I) AS tokens, array_agg(ARRAY[%6$s]::double precision[] ORDER BY %7$s.%5$I) AS about '
                   'FROM %8$s %7$s LEFT JOIN holomamba.%9$I i ON i.item_id = %7$s.%10$I%11$s GROUP BY 1) h ON h.who = u.user_id',
                   m.model, m.active_version, m.model || '_users', m.user_column, m.order_columns[1], about, holomamba_internal.name_for(m.interactions), m.interactions,
                   m.model || '_items', m.item_column, known.joins) INTO same;
    RETURN same;
END $$;
-- What a training reads
CREATE FUNCTION pg_temp.histories(model text, version integer) RETURNS TABLE (held_out integer, items text, about text) LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY EXECUTE (SELECT format('SELECT h.held_out, h.items::text, h.about::text FROM (%s) h', q.query)
                          FROM holomamba_internal.training_queries(model, version) q WHERE q.kind = 'histories');
END $$;
\set small '{"dimension": 8, "layers": 1, "state_size": 2, "epochs": 1, "threads": 1}'

-- Every type of time is the same moments
CREATE TABLE moments (who integer, ware integer, id integer, tz timestamptz, ts timestamp, d date, i2 smallint, i4 integer, i8 bigint, f4 real, f8 double precision, n numeric);
CREATE INDEX ON moments (who);
INSERT INTO moments SELECT u, 1 + (u * 5 + n * n) % 7, n, timestamptz '1970-01-01 00:00Z' + n * interval '90.25 seconds', timestamp '1970-01-01' + n * interval '90.25 seconds',
    date '1970-01-01' + n, n, n, n, n + 0.5, n + 0.5, n + 0.5
FROM generate_series(1, 3) u, generate_series(1, 2) n;
CREATE PROCEDURE pg_temp.tell(c name) LANGUAGE plpgsql AS $$
DECLARE
    h record;
BEGIN
    PERFORM holomamba.create_model('moments', 'moments', 'who', 'ware', '{id}', options => '{"dimension": 8, "layers": 1, "state_size": 2, "epochs": 1, "threads": 1}', time_column => c);
    CALL holomamba.train('moments');
    INSERT INTO moments VALUES (1, 1, 7, 'infinity', 'infinity', 'infinity', 32767, 2147483647, 9223372036854775807, 'infinity', 'infinity', 'NaN');
    INSERT INTO moments VALUES (2, 1, 7, '-infinity', '-infinity', '-infinity', -32768, -2147483648, -9223372036854775808, 'NaN', 'NaN', '1e500'),
                               (3, 1, 7, '4714-11-24 00:00:00Z BC', '294276-12-31 23:59:59.999999', '5874897-12-31', 0, 0, 0, '1e-40', '1e-300', '1e-500');
    INSERT INTO moments VALUES (4, 1, 7);
    INSERT INTO moments VALUES (4, 2, 8, '2026-01-01 00:00:00.1Z', '2026-01-01 00:00:00.1', '1969-12-31', -1, -1, -1, -1.5, -1.5, -1.5);
    FOR h IN SELECT * FROM pg_temp.histories('moments', 1) LOOP
        RAISE INFO '% %', c, h.about;
    END LOOP;
    RAISE INFO '%: % and %', c, (SELECT count(*) FROM holomamba.check_state('moments')), pg_temp.same_as_in_sql('moments');
    DELETE FROM moments WHERE id > 2;
    PERFORM holomamba.drop_model('moments');
END $$;
SELECT format('CALL pg_temp.tell(%L)', c) FROM unnest('{tz,ts,d,i2,i4,i8,f4,f8,n}'::name[]) c \gexec
