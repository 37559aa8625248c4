-- Types of a role, with casts, operators and functions of its own, in columns of its tables and of another's: they do not run in the
-- name of who asks a model for something, nor of the model's owner
\set VERBOSITY terse
\pset format unaligned
SET client_min_messages = error;
CREATE ROLE types_mallory;
CREATE ROLE types_victim;
CREATE SCHEMA types_mallory AUTHORIZATION types_mallory;
CREATE SCHEMA types_victim AUTHORIZATION types_victim;
GRANT USAGE ON SCHEMA types_mallory TO types_victim;
-- The witness outlives the transaction that it is called in. Each name but hers counts.
CREATE SEQUENCE types_witness;
GRANT USAGE ON SEQUENCE types_witness TO PUBLIC;
CREATE FUNCTION in_names_of_others() RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    calls bigint := (SELECT s.last_value - CASE WHEN s.is_called THEN 0 ELSE 1 END FROM types_witness s);
BEGIN
    PERFORM setval('types_witness', 1, false);
    RETURN calls;
END $$;
CREATE FUNCTION options() RETURNS jsonb LANGUAGE sql AS $$ SELECT '{"dimension": 8, "layers": 1, "state_size": 1, "epochs": 1, "batch_size": 8, "threads": 1}'::jsonb $$;

SET ROLE types_mallory;
SET search_path = types_mallory, public;
CREATE FUNCTION bear_witness() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF current_user <> 'types_mallory' THEN
        PERFORM nextval('public.types_witness');
    END IF;
END $$;
CREATE TYPE label AS ENUM ('1', '2', '3', '4', '5', '6', '7', '8', '9', '10', '11', '12', '13');
CREATE DOMAIN labels AS label;
CREATE TYPE pair AS (x text);
CREATE FUNCTION trap(a label, b integer) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN PERFORM types_mallory.bear_witness(); RETURN true; END $$;
CREATE FUNCTION trap(a label, b bigint) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN PERFORM types_mallory.bear_witness(); RETURN true; END $$;
CREATE FUNCTION abs(a label) RETURNS double precision LANGUAGE plpgsql AS $$ BEGIN PERFORM types_mallory.bear_witness(); RETURN 1; END $$;
CREATE OPERATOR = (LEFTARG = label, RIGHTARG = integer, FUNCTION = trap);
CREATE OPERATOR = (LEFTARG = label, RIGHTARG = bigint, FUNCTION = trap);
CREATE PROCEDURE make_cast(source text, target text, result text) LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE FUNCTION types_mallory.%I(a %s) RETURNS %s LANGUAGE plpgsql AS %L', 'cast to ' || target, source, target,
                   format('BEGIN PERFORM types_mallory.bear_witness(); RETURN %L; END', result));
    EXECUTE format('CREATE CAST (%s AS %s) WITH FUNCTION types_mallory.%I(%1$s) AS IMPLICIT', source, target, 'cast to ' || target);
END $$;
RESET ROLE;
-- The witness sees what it is to see
BEGIN;
SET LOCAL ROLE types_mallory;
CALL make_cast('label', 'text', '1');
RESET ROLE;
SELECT '3'::label::text;
ROLLBACK;
SELECT in_names_of_others();

-- Two models with an attribute of each kind: one of hers, and one of the victim's, whose columns get types of hers
SET ROLE types_mallory;
CREATE TABLE goods (item integer PRIMARY KEY, price numeric, kind text, tags text[]);
INSERT INTO goods SELECT i, i, i % 3 + 1, ARRAY[i % 2 + 1, 3] FROM generate_series(1, 12) i;
CREATE TABLE sales (who integer, item integer, t integer, PRIMARY KEY (who, t));
INSERT INTO sales SELECT u, 1 + (u * 5 + n * 7) % 12, n FROM generate_series(1, 8) u, generate_series(1, 8) n;
SELECT holomamba.create_model('hers', 'sales', 'who', 'item', '{t}', 'goods', 'item', '{price,kind,tags}', options());
CALL holomamba.train('hers', 1, 'leave_one_out');
RESET ROLE;
CREATE TABLE types_victim.wares AS SELECT * FROM goods;
ALTER TABLE types_victim.wares ADD PRIMARY KEY (item), OWNER TO types_victim;
CREATE TABLE types_victim.sales AS SELECT * FROM sales;
ALTER TABLE types_victim.sales ADD PRIMARY KEY (who, t), OWNER TO types_victim;
SELECT holomamba.create_model('victims', 'types_victim.sales', 'who', 'item', '{t}', 'types_victim.wares', 'item', '{price,kind,tags}', options());
SET ROLE types_victim;
CALL holomamba.train('victims', 1, 'leave_one_out');
RESET ROLE;

-- A column gets a type of hers, this gets casts, and everything is asked, and all of it is undone. The event trigger refuses or
-- warns: `past` is whether it is passed by. Of events of such a type nothing is
-- written here: what a statement casts by itself is the affair of whoever wrote it.
CREATE FUNCTION pg_temp.ask_all(model text, asker name, sales text, goods text, of_events boolean, OUT answered integer, OUT refused integer)
LANGUAGE plpgsql AS $$
DECLARE
    question text;
BEGIN
    answered := 0;
    refused := 0;
    FOREACH question IN ARRAY ARRAY['SELECT count(*) FROM recommend(1, 5, %1$L)', 'SELECT count(*) FROM recommend_next(''{1,2}''::bigint[], 5, %1$L)',
        'SELECT count(*) FROM recommend_batch(NULL::bigint[], 5, %1$L)', 'SELECT count(*) FROM similar_items(1, 5, %1$L)',
        'SELECT count(*) FROM recommend_basket(''{1,2}''::bigint[], 5, %1$L)', 'SELECT count(*) FROM recommend_users(1, 5, %1$L)', 'SELECT count(*) FROM similar_users(1, 5, %1$L)',
        'SELECT count(*) FROM explain_recommendation(1, 3, %1$L)', 'SELECT count(*) FROM holomamba.popular_items(%1$L)',
        'SELECT count(*) FROM holomamba.evaluate(%1$L)', 'SELECT count(*) FROM holomamba.item_vectors(%1$L, 1)',
        'SELECT count(*) FROM holomamba.describe_items(%1$L, 1, ''{1,2,13}'')', 'SELECT count(*) FROM holomamba.check_state(%1$L)',
        'SELECT holomamba.activate(%1$L, 1)', 'SELECT holomamba.rebuild_state(%1$L)', 'SELECT count(*) FROM holomamba_internal.begin_training(%1$L, 1, ''none'', ''{}'')',
        'SELECT count(*) FROM holomamba_internal.training_queries(%1$L, 1)', 'SELECT holomamba.change_items(%1$L, ''%3$s'')',
        'INSERT INTO %2$s VALUES (1, 3, 100)', 'INSERT INTO %2$s VALUES (1, 13, 100), (9, 3, 1)', 'UPDATE %2$s SET item = 13 - item', 'DELETE FROM %2$s WHERE who < 3',
        'INSERT INTO %3$s SELECT (regexp_replace(format(''%%s'', g), ''[0-9]+'', ''13'')::%3$s).* FROM %3$s g LIMIT 1',
        'UPDATE %3$s SET (price, kind, tags) = (SELECT g.price, g.kind, g.tags FROM %3$s g LIMIT 1)', 'DELETE FROM %3$s', 'TRUNCATE %3$s']
    LOOP
        CONTINUE WHEN of_events AND question LIKE '%\%2$s%';
        BEGIN
            EXECUTE format('SET LOCAL ROLE %I', asker);
            EXECUTE format(question, model, sales, goods);
            RAISE no_data_found;
        EXCEPTION
            WHEN no_data_found THEN answered := answered + 1;
            WHEN OTHERS THEN refused := refused + 1;
        END;
    END LOOP;
END $$;
CREATE FUNCTION pg_temp.asked_after(model text, asker name, past boolean, table_name text, change text, casts text[],
                                    OUT answered integer, OUT refused integer, OUT calls bigint) LANGUAGE plpgsql AS $$
DECLARE
    goods CONSTANT text := CASE model WHEN 'hers' THEN 'types_mallory.goods' ELSE 'types_victim.wares' END;
    sales CONSTANT text := CASE model WHEN 'hers' THEN 'types_mallory.sales' ELSE 'types_victim.sales' END;
    one text[];
BEGIN
    BEGIN
        PERFORM set_config('session_replication_role', CASE WHEN past THEN 'replica' ELSE 'origin' END, true);
        EXECUTE format('SET LOCAL ROLE types_%s', CASE model WHEN 'hers' THEN 'mallory' ELSE 'victim' END);
        EXECUTE format('ALTER TABLE %s ALTER %s', CASE table_name WHEN 'sales' THEN sales ELSE goods END, change);
        SET LOCAL ROLE types_mallory;
        FOREACH one SLICE 1 IN ARRAY casts LOOP
            CALL make_cast(one[1], one[2], CASE WHEN one[2] LIKE '%[]' THEN '{1}' WHEN one[2] = 'pair' THEN '(1)' ELSE '1' END);
        END LOOP;
        RESET ROLE;
        SET LOCAL session_replication_role = origin;
        SELECT a.answered, a.refused INTO asked_after.answered, asked_after.refused FROM pg_temp.ask_all(model, asker, sales, goods, table_name = 'sales') a;
        RAISE no_data_found;
    EXCEPTION
        WHEN no_data_found THEN NULL;
    END;
    calls := in_names_of_others();
END $$;
CREATE TEMP TABLE changes (number serial, table_name text, change text, casts text[]);
INSERT INTO changes (table_name, change, casts) VALUES
    ('goods', 'price TYPE label USING ''1''', '{{label,text},{label,double precision}}'),
    ('goods', 'kind TYPE label USING kind::label', '{{label,text}}'),
    ('goods', 'kind TYPE labels USING kind::labels', '{{label,text}}'),
    ('goods', 'tags TYPE label[] USING tags::label[]', '{{label,text},{label[],text[]}}'),
    ('goods', 'tags TYPE labels[] USING tags::labels[]', '{{label,text}}'),
    ('goods', 'kind TYPE label USING kind::label', '{{text,label}}'),
    ('goods', 'price TYPE pair USING ROW(1)', '{{pair,text},{pair,double precision}}'),
    ('goods', 'kind TYPE pair USING ROW(kind)', '{{pair,text}}'),
    ('goods', 'tags TYPE pair[] USING ARRAY[ROW(1)::pair]', '{{pair,text},{pair[],text[]}}'),
    ('goods', 'item TYPE label USING item::text::label', '{{label,text},{label,integer}}'),
    ('goods', 'item TYPE labels USING item::text::labels', '{{label,text},{label,bigint}}'),
    ('goods', 'item TYPE label USING item::text::label', '{{integer,label},{text,label}}'),
    ('goods', 'item TYPE pair USING ROW(item)', '{{pair,text},{pair,integer}}'),
    ('sales', 't TYPE label USING t::text::label', '{{label,text},{label,integer}}'),
    ('sales', 'item TYPE label USING item::text::label', '{{label,text},{label,integer}}'),
    ('sales', 'who TYPE pair USING ROW(who)', '{{pair,text},{pair,bigint}}');
SELECT c.table_name, c.change, c.casts, a.* FROM changes c, pg_temp.asked_after('hers', current_user, true, c.table_name, c.change, c.casts) a ORDER BY c.number;
SELECT c.change, c.casts, a.* FROM changes c, pg_temp.asked_after('victims', 'types_victim', true, c.table_name, c.change, c.casts) a WHERE c.table_name = 'goods' ORDER BY c.number;
SELECT c.change, c.casts, a.* FROM changes c, pg_temp.asked_after('victims', current_user, true, c.table_name, c.change, c.casts) a WHERE c.table_name = 'goods' ORDER BY c.number;

-- Trainings, which commit
CREATE PROCEDURE pg_temp.alter_goods(goods regclass, change text) LANGUAGE plpgsql AS $$
BEGIN
    SET LOCAL session_replication_role = replica;
    EXECUTE format('ALTER TABLE %s ALTER %s', goods, change);
END $$;
SET ROLE types_mallory;
CALL make_cast('label', 'integer', '1');
CALL make_cast('pair', 'text', '1');
RESET ROLE;
CALL pg_temp.alter_goods('goods', 'kind TYPE pair USING ROW(kind)::pair');
CALL holomamba.train('hers');
CALL pg_temp.alter_goods('goods', 'kind TYPE text USING ''2''');
CALL pg_temp.alter_goods('goods', 'item TYPE label USING format(''%s'', item)::label');
CALL holomamba.train('hers');
CALL pg_temp.alter_goods('types_victim.wares', 'item TYPE label USING format(''%s'', item)::label');
SET ROLE types_victim;
CALL holomamba.train('victims');
RESET ROLE;
CALL pg_temp.alter_goods('types_victim.wares', 'item TYPE integer USING format(''%s'', item)::integer');
CALL pg_temp.alter_goods('types_victim.wares', 'tags TYPE pair[] USING ARRAY[ROW(1)::pair]');
SET ROLE types_victim;
CALL holomamba.train('victims');
SELECT holomamba.drop_model('victims');
RESET ROLE;
SELECT in_names_of_others();

-- By the functions that create_model() and change_items() are made of, the same is refused
SET ROLE types_mallory;
SELECT holomamba.drop_model('hers');
CREATE TABLE things (item integer PRIMARY KEY, kind pair, key label UNIQUE);
CREATE TABLE visits (who integer, item integer, t integer, at pair, PRIMARY KEY (who, t));
INSERT INTO visits SELECT * FROM sales;
SELECT holomamba_internal.declare_model('made', 'visits', 'who', 'item', '{t}', 'things', 'item', '{kind}', options());
SELECT holomamba_internal.declare_model('made', 'visits', 'who', 'item', '{at}', NULL, NULL, '{}', options());
SELECT holomamba_internal.declare_model('made', 'visits', 'at', 'item', '{t}', NULL, NULL, '{}', options());
SELECT holomamba_internal.declare_model('made', 'visits', 'who', 'item', '{t}', 'things', 'key', '{}', options());
CREATE TABLE goods_2 (item integer PRIMARY KEY, kind text);
SELECT holomamba.create_model('made', 'visits', 'who', 'item', '{t}', 'goods_2', 'item', '{kind}', options());
SELECT holomamba_internal.set_tables('made', 'visits', 'things', false);
ALTER TABLE things DROP kind, ADD kind text;
ALTER TABLE things RENAME item TO number;
ALTER TABLE things RENAME key TO item;
SELECT holomamba_internal.set_tables('made', 'visits', 'things', false);
CREATE TABLE visits_2 (who integer, item integer, t pair);
SELECT holomamba_internal.set_tables('made', 'visits_2', 'goods_2', true);
CREATE TABLE visits_3 (who label, item integer, t integer);
SELECT holomamba_internal.set_tables('made', 'visits_3', 'goods_2', true);
SELECT holomamba.drop_model('made');

-- Enums are attributes, whatever their casts do: values are as they are put out
CREATE DOMAIN many_labels AS label[];
CREATE TABLE enums (item integer PRIMARY KEY, one label, two labels, many label[], more labels[], most many_labels);
INSERT INTO enums SELECT i, l, l, ARRAY[l, '1'], ARRAY[l, '2']::labels[], ARRAY[l, '3'] FROM generate_series(1, 12) i, LATERAL (SELECT (i % 4 + 4)::text::label) v (l);
SELECT holomamba.create_model('enums', 'sales', 'who', 'item', '{t}', 'enums', 'item', '{one,two,many,more,most}', options());
CALL make_cast('label', 'text', 'trapped');
CALL make_cast('label', 'bigint', '1');
CALL make_cast('label[]', 'text[]', '{trapped}');
CALL make_cast('text', 'label', '1');
RESET ROLE;
CALL holomamba.train('enums', 1, 'leave_one_out');
SELECT kind, value FROM explain_recommendation(1, 3, 'enums') WHERE kind = 'attribute' ORDER BY value;
SELECT field, labels FROM holomamba.vocabulary WHERE field <> '' ORDER BY field;
INSERT INTO enums VALUES (13, '4', '4', '{4}', '{4,5}', '{6}');
UPDATE enums SET many = '{5}', two = '6' WHERE item = 3;
SELECT value FROM explain_recommendation(1, 3, 'enums') WHERE kind = 'attribute' ORDER BY value;
SELECT holomamba.activate('enums', 1);
SELECT count(*) AS evaluated FROM holomamba.evaluate('enums');
SELECT in_names_of_others();

SELECT holomamba.drop_model('enums');
DROP SCHEMA types_mallory, types_victim CASCADE;
DROP SEQUENCE types_witness;
DROP FUNCTION in_names_of_others, options;
DROP ROLE types_mallory, types_victim;
