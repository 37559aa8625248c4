-- Ids and labels of every kind: too long for a key, under two collations, of types whose casts are somebody's functions
\pset format unaligned
\set SHOW_CONTEXT never
SET client_min_messages = warning;

-- Ids longer than a key may be, of before the model or unseen by its triggers: said before anything is trained, and nothing is
-- left of the training
CREATE TABLE li_items (item text PRIMARY KEY);
CREATE TABLE li_events (who text, item text, t integer);
CREATE INDEX ON li_events (t);
INSERT INTO li_events SELECT 'u' || u, 'i' || 1 + (u * 5 + n * 7) % 12, n FROM generate_series(1, 8) u, generate_series(1, 8) n;
SET client_min_messages = error;
SELECT holomamba.create_model('li', 'li_events', 'who', 'item', '{t}', 'li_items', 'item', options => '{"dimension": 8, "layers": 1, "state_size": 1, "epochs": 1, "batch_size": 8, "threads": 1}');
SET client_min_messages = warning;
ALTER TABLE li_events DISABLE TRIGGER USER;
ALTER TABLE li_items DISABLE TRIGGER USER;
CREATE FUNCTION pg_temp.noise(bytes integer) RETURNS text LANGUAGE sql AS $$ SELECT left(string_agg(md5(i::text), ''), bytes) FROM generate_series(1, bytes / 32 + 1) i $$;
INSERT INTO li_events VALUES ('u1', 'é' || pg_temp.noise(4000), 100);
CALL holomamba.train('li');
\echo :LAST_ERROR_SQLSTATE
UPDATE li_events SET item = repeat('é', 1001) WHERE t = 100;
CALL holomamba.train('li');
UPDATE li_events SET item = 'i1', who = pg_temp.noise(2001) WHERE t = 100;
CALL holomamba.train('li');
\echo :LAST_ERROR_SQLSTATE
UPDATE li_events SET item = NULL WHERE t = 100;
INSERT INTO li_items VALUES (repeat('x', 100000));
CALL holomamba.train('li');
SELECT count(*) AS versions FROM holomamba.versions;
-- The longest serves, and so does whatever is in a row that counts for nothing
UPDATE li_items SET item = pg_temp.noise(2000);
ALTER TABLE li_events ENABLE TRIGGER USER;
ALTER TABLE li_items ENABLE TRIGGER USER;
INSERT INTO li_events VALUES (pg_temp.noise(2000), '', 101), ('', pg_temp.noise(2000), 102), ('u1', E'quote '' " \\ {} , \t\n%s NULL ü 字', 103);
CALL holomamba.train('li');
SELECT active, items, users FROM holomamba.versions;
SELECT count(*) FROM recommend(pg_temp.noise(2000), 100);
SELECT user_id = '' AS nameless, events FROM holomamba.li_users WHERE length(user_id) IN (0, 2000) ORDER BY 1;
SELECT octet_length(item_id) AS bytes, popularity FROM holomamba.li_items WHERE length(item_id) NOT BETWEEN 1 AND 3 ORDER BY item_id COLLATE "C";
SELECT holomamba.drop_model('li');
DROP TABLE li_items, li_events;

-- Values of attributes have no such limit
CREATE TABLE lv_items (item integer PRIMARY KEY, kind text, tags text[]);
INSERT INTO lv_items SELECT i, (ARRAY[repeat('long', 300000), pg_temp.noise(100000), '', E'quote '' " \\ {} , \t\n%s NULL ü 字'])[1 + i % 4], ARRAY[repeat('tag', i * 1000), '{}', NULL, 'a,"b'] FROM generate_series(1, 12) i;
CREATE TABLE lv_events (who integer, item integer, t integer);
CREATE INDEX ON lv_events (who);
INSERT INTO lv_events SELECT u, 1 + (u * 5 + n * 7) % 12, n FROM generate_series(1, 8) u, generate_series(1, 8) n;
SELECT holomamba.create_model('lv', 'lv_events', 'who', 'item', '{t}', 'lv_items', 'item', '{kind,tags}', '{"dimension": 8, "layers": 1, "state_size": 1, "epochs": 1, "batch_size": 8, "threads": 1}');
CALL holomamba.train('lv');
SELECT field, array_length(labels, 1) AS labels, max(length(l)) AS longest FROM holomamba.vocabulary, unnest(labels) l WHERE field <> '' GROUP BY field, labels ORDER BY field;
SELECT count(*) AS known FROM explain_recommendation(1, 3) WHERE kind = 'attribute';
SELECT holomamba.drop_model('lv');
DROP TABLE lv_items, lv_events;

-- Key and item column with two collations of their own. What is equal is equal in the item column
CREATE COLLATION li_blind (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE TABLE two_items (item text COLLATE "POSIX" PRIMARY KEY, kind text COLLATE li_blind, price real);
INSERT INTO two_items SELECT 'i' || i, (CASE WHEN i % 2 = 0 THEN 'Kind ' ELSE 'kind ' END) || i % 3, i FROM generate_series(1, 12) i;
CREATE TABLE two_events (who text COLLATE "POSIX", item text COLLATE "C", t integer);
CREATE INDEX ON two_events (who);
INSERT INTO two_events SELECT 'u' || u, 'i' || 1 + (u * 5 + n * 7) % 12, n FROM generate_series(1, 8) u, generate_series(1, 8) n;
SELECT holomamba.create_model('two', 'two_events', 'who', 'item', '{t}', 'two_items', 'item', '{kind,price}', '{"dimension": 8, "layers": 1, "state_size": 1, "epochs": 1, "batch_size": 8, "threads": 1}');
CALL holomamba.train('two', holdout => 'leave_one_out');
SELECT users FROM holomamba.evaluate('two');
SELECT labels FROM holomamba.vocabulary WHERE field = 'kind';
INSERT INTO two_items VALUES ('i13', 'KIND 1', 13);
UPDATE two_items SET kind = 'kind 2' WHERE item = 'i1';
INSERT INTO two_events VALUES ('u1', 'i13', 100), ('u9', 'i3', 100);
SELECT count(*) AS items, count(target) AS on_sale FROM holomamba.two_items;
SELECT holomamba.activate('two', 1);
SELECT count(*) FROM holomamba.check_state('two');
SELECT count(*) AS recommended FROM recommend('u1', 20);
SELECT kind, count(*) FROM explain_recommendation('u1', 'i3') WHERE kind <> 'event' GROUP BY kind ORDER BY kind;
SELECT holomamba.drop_model('two');
-- An item column that does not tell upper case from lower
ALTER TABLE two_events ALTER item TYPE text COLLATE li_blind;
UPDATE two_events SET item = upper(item) WHERE t % 2 = 0;
SELECT holomamba.create_model('two', 'two_events', 'who', 'item', '{t}', 'two_items', 'item', '{kind,price}', '{"dimension": 8, "layers": 1, "state_size": 1, "epochs": 1, "batch_size": 8, "threads": 1}');
CALL holomamba.train('two', holdout => 'leave_one_out');
SELECT items FROM holomamba.versions;
SELECT users FROM holomamba.evaluate('two');
SELECT count(*) AS items, count(target) AS on_sale, sum(popularity) AS events FROM holomamba.two_items;
INSERT INTO two_items VALUES ('I14', 'kind 1', 14);
INSERT INTO two_events VALUES ('u1', 'i14', 100);
SELECT count(*) FROM holomamba.check_state('two');
SELECT count(*) AS recommended FROM recommend('u3', 20);
SELECT kind, count(*) FROM explain_recommendation('u1', 'I3') WHERE kind <> 'event' GROUP BY kind ORDER BY kind;
SELECT holomamba.drop_model('two');
DROP TABLE two_items, two_events;
DROP COLLATION li_blind;

-- An enum's cast to text and a domain's constraint are their owner's functions: nobody else runs them by asking a model
CREATE ROLE regress_enums;
CREATE SCHEMA AUTHORIZATION regress_enums;
SET ROLE regress_enums;
SET search_path = regress_enums, public;
CREATE TYPE size AS ENUM ('small', 'large');
CREATE DOMAIN sizes AS size;
CREATE TABLE calls (role name);
CREATE FUNCTION trap(anything size) RETURNS text LANGUAGE plpgsql AS $$ BEGIN INSERT INTO regress_enums.calls VALUES (current_user); RETURN 'trapped'; END $$;
CREATE FUNCTION trap(anything integer) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN INSERT INTO regress_enums.calls VALUES (current_user); RETURN true; END $$;
CREATE TABLE goods (item integer PRIMARY KEY, one size, many size[], two sizes);
INSERT INTO goods SELECT i, 'small', '{small,large}', 'large' FROM generate_series(1, 12) i;
CREATE DOMAIN moment AS integer;
CREATE TABLE events (who integer, item integer, t moment);
CREATE INDEX ON events (who);
INSERT INTO events SELECT u, 1 + (u * 5 + n * 7) % 12, n FROM generate_series(1, 8) u, generate_series(1, 8) n;
SELECT holomamba.create_model('enums', 'events', 'who', 'item', '{t}', 'goods', 'item', '{one,many,two}', '{"dimension": 8, "layers": 1, "state_size": 1, "epochs": 1, "batch_size": 8, "threads": 1}');
CALL holomamba.train('enums', holdout => 'time', options => '{"cutoff": "8"}');
CREATE CAST (size AS text) WITH FUNCTION trap(size);
ALTER DOMAIN moment ADD CHECK (trap(VALUE));
TRUNCATE calls;
RESET ROLE;
SELECT count(*) AS ranked FROM holomamba.evaluate('enums');
SELECT kind, value FROM explain_recommendation(1, 3, 'enums') WHERE kind = 'attribute' ORDER BY value;
SELECT count(*) AS described FROM holomamba.describe_items('enums', 1, '{1,13}');
SELECT count(*) AS vectors FROM holomamba.item_vectors('enums', 1);
SELECT count(*) FROM recommend(1, 5, 'enums'), recommend_batch('{1}'::bigint[], 5, 'enums'), similar_items(1, 5, 'enums'), holomamba.popular_items('enums', 5);
SELECT field, labels FROM holomamba.vocabulary WHERE field <> '' ORDER BY field;
SELECT * FROM calls;

-- Nor by a column that is of another type by now, with casts of its owner's: into ids, into texts, and implicit ones, by which a
-- comparison finds its operator
SET ROLE regress_enums;
CREATE FUNCTION number(anything size) RETURNS bigint LANGUAGE plpgsql AS $$ BEGIN INSERT INTO regress_enums.calls VALUES (current_user); RETURN 1; END $$;
CREATE FUNCTION small_number(anything size) RETURNS integer LANGUAGE plpgsql AS $$ BEGIN INSERT INTO regress_enums.calls VALUES (current_user); RETURN 1; END $$;
CREATE CAST (size AS bigint) WITH FUNCTION number(size);
CREATE CAST (size AS integer) WITH FUNCTION small_number(size) AS IMPLICIT;
RESET ROLE;
CREATE FUNCTION pg_temp.asked_after(changes text) RETURNS TABLE (asked text, outcome text, runs text) LANGUAGE plpgsql AS $$
BEGIN
    FOREACH asked IN ARRAY ARRAY[$q$recommend(1, 5, 'enums', exclude_seen => false)$q$, $q$recommend(1, 5, 'enums')$q$, $q$recommend_next('{1,2}'::bigint[], 5, 'enums')$q$,
        $q$recommend_batch(NULL::bigint[], 5, 'enums')$q$, $q$similar_items(1, 5, 'enums')$q$, $q$explain_recommendation(1, 3, 'enums')$q$, $q$holomamba.popular_items('enums')$q$,
        $q$holomamba.evaluate('enums')$q$, $q$holomamba.item_vectors('enums', 1)$q$] LOOP
        BEGIN
            SET LOCAL ROLE regress_enums;
            EXECUTE changes;
            RESET ROLE;
            EXECUTE 'SELECT count(*) FROM ' || asked INTO outcome;
            RAISE no_data_found;
        EXCEPTION
            WHEN no_data_found THEN
                runs := (SELECT string_agg(DISTINCT c.role, ' ') FROM regress_enums.calls c);
            WHEN OTHERS THEN
                outcome := SQLSTATE || ' ' || SQLERRM;
        END;
        RETURN NEXT;
    END LOOP;
END $$;
SELECT count(*) AS asked, count(*) FILTER (WHERE outcome !~ '^[0-9]+$') AS refused, string_agg(runs, ', ') AS ran FROM pg_temp.asked_after('DROP INDEX holomamba.enums_items_target_idx; ALTER TABLE holomamba.enums_items DROP CONSTRAINT enums_items_pkey, ALTER item_id TYPE size USING ''small''');
SELECT count(*) AS asked, count(*) FILTER (WHERE outcome !~ '^[0-9]+$') AS refused, string_agg(runs, ', ') AS ran FROM pg_temp.asked_after('ALTER TABLE holomamba.enums_users DROP CONSTRAINT enums_users_pkey, ALTER user_id TYPE size USING ''small''');
-- past the event trigger, which refuses such changes
SET session_replication_role = replica;
SELECT count(*) AS asked, count(*) FILTER (WHERE outcome !~ '^[0-9]+$') AS refused, string_agg(runs, ', ') AS ran FROM pg_temp.asked_after('ALTER TABLE events ALTER item TYPE size USING ''small''');
SELECT count(*) AS asked, count(*) FILTER (WHERE outcome !~ '^[0-9]+$') AS refused, string_agg(runs, ', ') AS ran FROM pg_temp.asked_after('ALTER TABLE goods DROP CONSTRAINT goods_pkey, ALTER item TYPE size USING ''small''');
RESET session_replication_role;
SELECT holomamba.drop_model('enums');
DROP SCHEMA regress_enums CASCADE;
DROP ROLE regress_enums;
