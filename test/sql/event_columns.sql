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

-- Attributes of every type, one of them a domain over an enum; what a version knows of them
CREATE PROCEDURE pg_temp.make(name text, arguments text) LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('SELECT holomamba.create_model(%L, ''acts'', ''who'', ''ware'', ''{id}'', options => ''{"dimension": 8, "layers": 1, "state_size": 2, "epochs": 1, "threads": 1}'', %s)',
                   name, arguments);
END $$;
CALL pg_temp.make('acts', $$time_column => 'at', event_attributes => '{kind,device,rating,gift,quantity,price,code,stamp}'$$);
CALL holomamba.train('acts');
SELECT timed, event_attributes, event_values FROM holomamba.version_catalogue WHERE model = 'acts';
SELECT field, labels FROM holomamba.vocabulary WHERE model = 'acts' AND field <> '' ORDER BY field;
SELECT items, about FROM pg_temp.histories('acts', 1) LIMIT 1;
SELECT count(*) FROM holomamba.check_state('acts');
SELECT pg_temp.same_as_in_sql('acts');
-- It matters
SELECT bool_or(u.vector <-> ssm_vector(ssm_update(ssm_initial('acts', 1), t.tokens)) > 1e-3) AS known
FROM holomamba.acts_users u JOIN (SELECT who, array_agg(i.token ORDER BY a.id) AS tokens FROM acts a JOIN holomamba.acts_items i ON i.item_id = a.ware GROUP BY who) t ON t.who = u.user_id;

-- One at a time, many at once, late, unknown, nothing known at all
CREATE FUNCTION pg_temp.right() RETURNS text LANGUAGE sql AS
    $$ SELECT CASE WHEN EXISTS (SELECT FROM holomamba.check_state('acts')) THEN 'wrong' WHEN pg_temp.same_as_in_sql('acts') THEN 'right' ELSE 'other than in SQL' END $$;
INSERT INTO acts (id, who, ware, at, kind, device, rating, quantity, gift, price, code, stamp)
VALUES (111, 1, 5, '2026-02-01', 'cart', 'phone', 4.5, 2, true, 3.5, 'ab', '2026-02-01');
INSERT INTO acts (id, who, ware) VALUES (112, 1, 6);
INSERT INTO acts (id, who, ware, at, kind, device, quantity, rating) VALUES (113, 1, 7, 'infinity', 'view', 'a watch', 100, 'NaN');
INSERT INTO acts (id, who, ware, at, kind, device, code) VALUES (901, 9, 7, '2026-02-01', 'view', 'desk', 'cd');
SELECT pg_temp.right();
INSERT INTO acts (id, who, ware, at, kind, device, rating, quantity, gift, price, code, stamp)
SELECT u * 100 + 50 + n, u, 1 + n % 12, CASE WHEN n % 7 > 0 THEN timestamptz '2026-02-02' + n * interval '1 minute' END, (ARRAY['cart', 'view', NULL])[1 + n % 3]::kind,
       (ARRAY['desk', 'watch', NULL])[1 + n % 3], n / 3.0, n % 5, NULLIF(n % 3, 0) = 1, 10 ^ n, (ARRAY['ab    ', 'xy', NULL])[1 + n % 3], '2026-02-01'
FROM generate_series(1, 12) u, generate_series(1, 9) n;
SELECT pg_temp.right();
INSERT INTO acts (id, who, ware, at, kind) VALUES (149, 1, 3, '2026-01-20', 'purchase');
INSERT INTO acts (id, who, ware, at, kind) VALUES (148, 1, 3, '2026-01-20', 'return'), (248, 2, 3, NULL, NULL);
SELECT pg_temp.right();

-- An UPDATE of what a state depends on replays the user; of anything else it touches nothing
CREATE FUNCTION pg_temp.touched(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    before CONSTANT jsonb := (SELECT jsonb_object_agg(u.user_id, ROW (u.xmin, u.ctid)::text) FROM holomamba.acts_users u);
    users text;
BEGIN
    EXECUTE statement;
    SELECT string_agg(u.user_id::text, ' ' ORDER BY u.user_id) INTO users FROM holomamba.acts_users u WHERE before ->> u.user_id::text IS DISTINCT FROM ROW (u.xmin, u.ctid)::text;
    RETURN coalesce(users, 'nobody');
END $$;
SELECT pg_temp.touched($$UPDATE acts SET at = at + interval '1 hour' WHERE id = 103$$);
SELECT pg_temp.touched($$UPDATE acts SET kind = 'return' WHERE id IN (203, 304)$$);
SELECT pg_temp.touched($$UPDATE acts SET device = 'DESK' WHERE id IN (204, 404)$$);
SELECT pg_temp.touched($$UPDATE acts SET rating = NULL, quantity = 77 WHERE id = 505$$);
SELECT pg_temp.touched($$UPDATE acts SET extra = '{}', tags = '{a}', seconds = 5, day = NULL$$);
SELECT pg_temp.touched($$UPDATE acts SET at = at, kind = kind, rating = rating$$);
SELECT pg_temp.right();
DELETE FROM acts WHERE id IN (149, 112, 901);
SELECT pg_temp.right();
-- Values are the same where their bytes are
CREATE COLLATION acts_fold (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
ALTER TABLE acts ALTER device TYPE text COLLATE acts_fold;
SELECT pg_temp.touched($$UPDATE acts SET device = 'Desk' WHERE id = 204$$);
SELECT pg_temp.right();
ALTER TABLE acts ALTER device TYPE text;
SELECT pg_temp.right();

-- Rows that a subscription applies, one by one
SELECT holomamba.enable_logical_replica('acts');
SET session_replication_role = replica;
INSERT INTO acts (id, who, ware, at, kind, device) VALUES (190, 1, 2, '2026-03-01', 'cart', 'phone'), (1301, 13, 2, '2026-03-01', 'cart', NULL);
UPDATE acts SET kind = 'view' WHERE id = 190;
UPDATE acts SET at = '2026-03-02' WHERE id = 1301;
DELETE FROM acts WHERE id = 190;
RESET session_replication_role;
SELECT pg_temp.right();

-- Explained by what was known of the events
SELECT kind, value, round(contribution::numeric, 4) <> 'NaN' AS number FROM explain_recommendation(1, 5, 'acts') WHERE kind = 'event' ORDER BY value::integer LIMIT 3;
SELECT count(*) FROM explain_recommendation(13, 5, 'acts') WHERE kind = 'event';
CREATE ROLE regress_acts_reader;
GRANT USAGE ON SCHEMA acts TO regress_acts_reader;
GRANT SELECT ON holomamba.acts_users, holomamba.acts_items TO regress_acts_reader;
GRANT SELECT (who, ware, at, id, device, rating, gift, quantity, price, code, stamp) ON acts TO regress_acts_reader;
SET ROLE regress_acts_reader;
SELECT pg_temp.outcome('SELECT count(*) FROM explain_recommendation(1, 5, ''acts'')');
SELECT field FROM holomamba.labels WHERE model = 'acts' ORDER BY field;
SELECT count(*) FROM recommend(1, 3, 'acts', exclude_seen => false);
RESET ROLE;
GRANT SELECT ON acts TO regress_acts_reader;
SET ROLE regress_acts_reader;
SELECT pg_temp.outcome('SELECT count(*) > 0 FROM explain_recommendation(1, 5, ''acts'')');
RESET ROLE;
-- Numbers that are none
SELECT pg_temp.outcome(format('SELECT holomamba_internal.advance_state(ssm_initial(''acts'', 1), ARRAY[NULL::hrr], %L::double precision[])', about))
FROM unnest('{"{}","{{0,0,0,0,0,0,0,0}}","{{0,0,0,0,0,0,0,0,NULL}}","{{Infinity,0,0,0,0,0,0,0,0}}","{{0,4,0,0,0,0,0,0,0}}","{{0,-1,0,0,0,0,0,0,0}}","{{0,0.5,0,0,0,0,0,0,0}}","{{0,0,0,1e40,0,0,0,0,0}}"}'::text[]) about;
SELECT holomamba_internal.advance_state(NULL, '{}', NULL) IS NULL AND holomamba_internal.advance_state(ssm_initial('acts', 1), NULL, NULL) IS NULL AS nothing;
SELECT holomamba_internal.advance_state(ssm_initial('acts', 1), ARRAY[NULL::hrr], NULL)::text = ssm_update(ssm_initial('acts', 1), NULL::hrr)::text AS nothing_known;

-- Renamed: the columns, and labels of the enum
ALTER TABLE acts RENAME at TO moment;
ALTER TABLE acts RENAME kind TO "What Kind";
ALTER TABLE acts RENAME rating TO stars;
SELECT time_column, event_attributes FROM holomamba.models WHERE model = 'acts';
SELECT event_attributes FROM holomamba.version_catalogue WHERE model = 'acts';
SELECT field FROM holomamba.vocabulary WHERE model = 'acts' AND field <> '' ORDER BY field COLLATE "C";
SELECT pg_temp.right();
ALTER TYPE kind RENAME VALUE 'cart' TO 'basket';
SELECT labels FROM holomamba.vocabulary WHERE model = 'acts' AND field = 'event.What Kind';
INSERT INTO acts (id, who, ware, moment, "What Kind") VALUES (191, 1, 2, '2026-03-05', 'basket');
SELECT pg_temp.right();
ALTER TYPE kind ADD VALUE 'gift';
INSERT INTO acts (id, who, ware, moment, "What Kind") VALUES (192, 1, 2, '2026-03-06', 'gift');
SELECT pg_temp.right();
SELECT holomamba.activate('acts', 1);
SELECT pg_temp.right();
ALTER TABLE acts RENAME moment TO at;
ALTER TABLE acts RENAME "What Kind" TO kind;
ALTER TABLE acts RENAME stars TO rating;

-- Not to what another field of the vocabulary is called
SELECT holomamba.create_model('both', 'acts', 'who', 'ware', '{id}', 'wares', 'id', '{event.brand}', event_attributes => '{device}');
SELECT pg_temp.outcome('ALTER TABLE acts RENAME device TO brand');
SELECT pg_temp.outcome('ALTER TABLE wares RENAME "event.brand" TO "event.device"');
SELECT holomamba.drop_model('both');

-- Dropped, or of another type
SELECT pg_temp.outcome(format('ALTER TABLE acts DROP COLUMN %I', c)) FROM unnest('{at,kind,code}'::name[]) c;
SELECT pg_temp.outcome('ALTER TABLE acts ALTER at TYPE text');
SELECT pg_temp.outcome('ALTER TABLE acts ALTER device TYPE text[] USING ARRAY[device]');
ALTER TABLE acts ALTER at TYPE timestamp USING at AT TIME ZONE 'UTC';
SELECT pg_temp.right();
ALTER TABLE acts ALTER at TYPE date;
SELECT pg_temp.right();
ALTER TABLE acts ALTER quantity TYPE bigint, ALTER code TYPE varchar(10), ALTER rating TYPE numeric;
SELECT pg_temp.right();
ALTER TABLE acts ALTER kind TYPE text;
SELECT pg_temp.right();
ALTER TABLE acts ALTER kind TYPE kind USING kind::kind;
-- A category that becomes a number, and back
ALTER TABLE acts ALTER quantity TYPE numeric;
SELECT count(*) FROM holomamba.check_state('acts');
SELECT pg_temp.outcome('SELECT holomamba.evaluate(''acts'')');
INSERT INTO acts (id, who, ware, at, quantity) VALUES (193, 1, 2, '2026-03-07', 1.5);
SELECT count(*) FROM holomamba.check_state('acts');
CALL holomamba.train('acts');
SELECT event_values FROM holomamba.version_catalogue WHERE model = 'acts' AND version = 2;
SELECT pg_temp.right();
-- The scale of a number is that of the version that a training starts from, if it was a number there
UPDATE acts SET device = 'a new one' WHERE id = 505;
CALL holomamba.train('acts', options => '{"warm_start": 2}');
SELECT v.version, v.event_values, w.shape FROM holomamba.version_catalogue v JOIN holomamba.parameters w USING (model, version) WHERE model = 'acts' AND w.name = 'events.values.device' ORDER BY version;
SELECT count(DISTINCT labels) FROM holomamba.vocabulary WHERE model = 'acts' AND field = 'event.quantity' AND version > 1;
BEGIN;
SELECT version FROM holomamba_internal.begin_training('acts', 1, 'none', '{"warm_start": 1}');
SELECT version, labels FROM holomamba.vocabulary WHERE model = 'acts' AND field = 'event.quantity' ORDER BY version;
ROLLBACK;
ALTER TABLE acts ALTER quantity TYPE integer;
SELECT count(*) FROM holomamba.check_state('acts');
CALL holomamba.train('acts');
SELECT pg_temp.right();

-- Another table
CREATE TABLE others (LIKE acts);
CREATE INDEX ON others (who);
ALTER TABLE others DROP COLUMN device;
SELECT pg_temp.outcome('SELECT holomamba.change_interactions(''acts'', ''others'')') LIKE '42703 | column "device" of table acts.others does not exist |%' AS refused;
ALTER TABLE others ADD device jsonb;
SELECT pg_temp.outcome('SELECT holomamba.change_interactions(''acts'', ''others'')');
SELECT pg_temp.outcome('SELECT holomamba_internal.set_tables(''acts'', ''others'', NULL, true)');
ALTER TABLE others DROP COLUMN device, ADD device text;
INSERT INTO others SELECT o.* FROM acts a, LATERAL jsonb_populate_record(NULL::others, to_jsonb(a)) o WHERE a.who < 4;
SELECT holomamba.change_interactions('acts', 'others');
SELECT pg_temp.right();
INSERT INTO others (id, who, ware, at, kind) VALUES (194, 1, 2, '2026-03-08', 'view');
SELECT pg_temp.right();
SELECT holomamba.drop_model('acts');

-- What the triggers find where no event trigger has followed the ALTER
CALL pg_temp.make('acts', $$time_column => 'at', event_attributes => '{device,price}'$$);
CALL holomamba.train('acts', holdout => 'leave_one_out');
SELECT format('ALTER EVENT TRIGGER %I DISABLE', evtname) FROM pg_event_trigger WHERE evtfoid::regproc::text LIKE 'holomamba_internal.%' ORDER BY evtname \gexec
BEGIN;
ALTER TABLE acts ALTER at TYPE text;
SELECT pg_temp.outcome('INSERT INTO acts (id, who, ware) VALUES (195, 1, 2)');
ROLLBACK;
BEGIN;
ALTER TABLE acts ALTER device TYPE text[] USING ARRAY[device];
SELECT pg_temp.outcome('INSERT INTO acts (id, who, ware) VALUES (195, 1, 2)');
SELECT pg_temp.outcome('SELECT holomamba_internal.begin_training(''acts'', 1, ''none'', ''{}'')');
ROLLBACK;
BEGIN;
ALTER TABLE acts DROP COLUMN price;
SELECT pg_temp.outcome('INSERT INTO acts (id, who, ware) VALUES (195, 1, 2)');
ROLLBACK;
SELECT format('ALTER EVENT TRIGGER %I ENABLE', evtname) FROM pg_event_trigger WHERE evtfoid::regproc::text LIKE 'holomamba_internal.%' ORDER BY evtname \gexec
-- What stands in the catalogue
BEGIN;
UPDATE holomamba.vocabulary_catalogue SET labels = '{}' WHERE model = 'acts' AND field = 'event.price';
ALTER TYPE kind RENAME VALUE 'gift' TO 'present';
SELECT pg_temp.outcome('INSERT INTO acts (id, who, ware) VALUES (195, 1, 2)');
SELECT pg_temp.outcome('SELECT holomamba.evaluate(''acts'')');
UPDATE holomamba.vocabulary_catalogue SET labels = '{1,nothing}' WHERE model = 'acts' AND field = 'event.price';
SELECT pg_temp.outcome('INSERT INTO acts (id, who, ware) VALUES (195, 1, 2)');
UPDATE holomamba.vocabulary_catalogue SET labels = '{1,0}' WHERE model = 'acts' AND field = 'event.price';
SELECT pg_temp.outcome('INSERT INTO acts (id, who, ware) VALUES (195, 1, 2)');
SELECT pg_temp.outcome('SELECT holomamba.evaluate(''acts'')');
UPDATE holomamba.vocabulary_catalogue SET labels = '{}' WHERE model = 'acts' AND field = 'event.device';
SELECT pg_temp.outcome('INSERT INTO acts (id, who, ware) VALUES (195, 1, 2)');
DELETE FROM holomamba.vocabulary_catalogue WHERE model = 'acts' AND field = 'event.price';
SELECT pg_temp.outcome('INSERT INTO acts (id, who, ware) VALUES (195, 1, 2)');
ROLLBACK;
BEGIN;
UPDATE holomamba.version_catalogue SET event_values = '{3,-1}' WHERE model = 'acts';
SELECT pg_temp.outcome('SELECT holomamba.evaluate(''acts'')');
ROLLBACK;
BEGIN;
UPDATE holomamba.model_catalogue SET event_attributes = '{device}' WHERE model = 'acts';
ALTER TABLE acts ADD COLUMN more text;
SELECT pg_temp.outcome('INSERT INTO acts (id, who, ware) VALUES (195, 1, 2)');
UPDATE holomamba.model_catalogue SET event_attributes = '{device,price,kind,rating,gift,code,stamp,seconds,day}' WHERE model = 'acts';
ALTER TABLE acts DROP COLUMN more;
SELECT pg_temp.outcome('INSERT INTO acts (id, who, ware) VALUES (195, 1, 2)');
ROLLBACK;
SELECT pg_temp.right();
SELECT holomamba.drop_model('acts');

-- Targets and weights: where they are read, and where not
DELETE FROM acts WHERE id % 100 > 10 OR who > 8;
UPDATE acts SET quantity = id % 4 - 1;
CALL pg_temp.make('acts', $$target_column => 'kind', target_values => '{purchase,basket}', weight_column => 'quantity'$$);
CALL holomamba.train('acts', holdout => 'leave_one_out');
SELECT held_out, about FROM pg_temp.histories('acts', 1) LIMIT 2;
SELECT pg_temp.touched($$UPDATE acts SET kind = 'view' WHERE id = 101$$);
SELECT pg_temp.touched($$UPDATE acts SET quantity = 5 WHERE id = 101$$);
SELECT pg_temp.outcome(format('ALTER TABLE acts DROP COLUMN %I', c)) FROM unnest('{kind,quantity}'::name[]) c;
SELECT pg_temp.outcome('ALTER TABLE acts ALTER kind TYPE text[] USING ARRAY[kind]');
SELECT pg_temp.outcome('ALTER TABLE acts ALTER quantity TYPE text');
ALTER TABLE acts RENAME kind TO what;
ALTER TABLE acts RENAME quantity TO number;
ALTER TYPE kind RENAME VALUE 'basket' TO 'cart';
SELECT time_column, event_attributes, target_column, target_values, weight_column FROM holomamba.models WHERE model = 'acts';
SELECT pg_temp.touched($$ALTER TABLE acts ALTER number TYPE double precision, ALTER what TYPE text$$);
SELECT ranker, users, events FROM holomamba.evaluate('acts') ORDER BY ranker;
UPDATE acts SET number = NULL WHERE id % 3 = 0;
SELECT about FROM pg_temp.histories('acts', 1) LIMIT 1;
UPDATE acts SET number = 'NaN' WHERE id = 101;
CALL holomamba.train('acts');
UPDATE acts SET what = 'purchase' WHERE id = 101;
\set SHOW_CONTEXT never
CALL holomamba.train('acts');
UPDATE acts SET number = '-Infinity' WHERE id = 101;
CALL holomamba.train('acts');
UPDATE acts SET number = 1e31 WHERE id = 101;
CALL holomamba.train('acts');
UPDATE acts SET number = -1;
CALL holomamba.train('acts');
UPDATE acts SET number = 1, what = 'view';
CALL holomamba.train('acts');
SELECT holomamba.drop_model('acts');

-- The event that is held back is one to be predicted
CREATE TABLE few (who integer, ware integer, t integer, good boolean);
CREATE INDEX ON few (who);
INSERT INTO few SELECT u, 1 + (u + n) % 5, n, n IN (2, 3, 6) FROM generate_series(1, 5) u, generate_series(1, 8) n;
INSERT INTO few SELECT 6, n, n, false FROM generate_series(1, 5) n;
SELECT holomamba.create_model('few', 'few', 'who', 'ware', '{t}', options => :'small', target_column => 'good', target_values => '{true}');
CALL holomamba.train('few', holdout => 'leave_one_out');
CALL holomamba.train('few', holdout => 'time', options => '{"cutoff": 4}');
CALL holomamba.train('few', holdout => 'time', options => '{"cutoff": 7}');
SELECT v.version, v.holdout, v.users, v.events, e.users AS tested, e.events AS tests FROM holomamba.versions v, LATERAL holomamba.evaluate('few', version => v.version) e
WHERE v.model = 'few' AND e.ranker = 'popularity' ORDER BY v.version;
SELECT pg_temp.outcome($$SELECT count(*) FROM holomamba.few_items$$) AS items_of_all_events;
SELECT holomamba.drop_model('few');

-- Who may write events needs no right on what the model knows of them; in a session that has not read it yet
CALL pg_temp.make('acts', $$event_attributes => '{gift,day}', time_column => 'seconds'$$);
CALL holomamba.train('acts');
GRANT INSERT ON acts TO regress_acts_reader;
\c -
SET search_path = acts, public;
SET ROLE regress_acts_reader;
INSERT INTO acts (id, who, ware, seconds, gift, day) VALUES (196, 1, 2, 10, true, '2026-05-01');
INSERT INTO acts (id, who, ware, seconds, gift, day) VALUES (1401, 14, 2, 10, true, '2026-05-01');
INSERT INTO acts (id, who, ware, seconds, gift, day) VALUES (197, 1, 2, 20, NULL, '2026-05-01'), (198, 1, 2, NULL, true, 'infinity');
RESET ROLE;
SELECT count(*) FROM holomamba.check_state('acts');
SELECT holomamba.drop_model('acts');

DROP OWNED BY regress_acts_reader;
DROP ROLE regress_acts_reader;
\set VERBOSITY terse
SET client_min_messages = error;
DROP SCHEMA acts CASCADE;
