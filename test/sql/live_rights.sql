-- What the owner of a model has hung on its tables runs in his name, whoever writes an event or an item, and cannot take the writer's
\pset format unaligned
\set SHOW_CONTEXT never
SET client_min_messages = warning;

CREATE ROLE hung_owner;
CREATE SCHEMA hung AUTHORIZATION hung_owner;
SET ROLE hung_owner;
CREATE TABLE hung.events (user_id integer, item_id integer, t integer);
CREATE INDEX ON hung.events (user_id);
CREATE TABLE hung.items (item_id integer PRIMARY KEY, genre text);
INSERT INTO hung.items SELECT i, 'genre ' || i % 3 FROM generate_series(1, 12) i;
INSERT INTO hung.events SELECT u, 1 + (u * 5 + n * n) % 12, n FROM generate_series(1, 5) u, generate_series(1, 6) n;
SELECT holomamba.create_model('hung', 'hung.events', 'user_id', 'item_id', '{t}', 'hung.items', 'item_id', '{genre}',
    '{"dimension": 8, "layers": 1, "state_size": 2, "epochs": 1, "threads": 1}');
CALL holomamba.train('hung');

-- Notes in whose name it runs, and tries to become who the session is
CREATE TABLE hung.spied (place text, who name, outcomes text[]);
CREATE FUNCTION hung.spy(place text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    outcomes text[];
    attempt text;
BEGIN
    FOREACH attempt IN ARRAY '{RESET ROLE,RESET SESSION AUTHORIZATION,SET ROLE NONE,CREATE TEMPORARY TABLE spied (x integer)}'::text[] LOOP
        BEGIN
            EXECUTE attempt;
            outcomes := outcomes || attempt;
        EXCEPTION WHEN OTHERS THEN
            outcomes := outcomes || SQLSTATE::text;
        END;
    END LOOP;
    INSERT INTO hung.spied VALUES (place, current_user, outcomes);
END $$;
CREATE FUNCTION hung.in_index(bigint) RETURNS bigint IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN PERFORM hung.spy('index'); RETURN $1; END $$;
CREATE FUNCTION hung.in_predicate(bigint) RETURNS boolean IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN PERFORM hung.spy('predicate'); RETURN true; END $$;
CREATE FUNCTION hung.in_constant() RETURNS bigint IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN PERFORM hung.spy('constant'); RETURN 1; END $$;
CREATE FUNCTION hung.in_default() RETURNS integer LANGUAGE plpgsql AS $$ BEGIN PERFORM hung.spy('default'); RETURN 1; END $$;
CREATE FUNCTION hung.in_policy() RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN PERFORM hung.spy('policy'); RETURN true; END $$;
CREATE FUNCTION hung.in_check(bigint) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN PERFORM hung.spy('check'); RETURN true; END $$;
CREATE FUNCTION hung.in_trigger() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM hung.spy('trigger ' || TG_OP || ' ' || TG_TABLE_NAME); RETURN NEW; END $$;
RESET ROLE;

-- A superuser writes: one event, of an old user and a new one, some, a late one; an item
GRANT CREATE ON SCHEMA holomamba TO hung_owner;
CREATE PROCEDURE hung_write(hang text, INOUT spied text[] DEFAULT NULL) LANGUAGE plpgsql AS $$
BEGIN
    SET LOCAL ROLE hung_owner;
    EXECUTE hang;
    DELETE FROM hung.spied;
    RESET ROLE;
    INSERT INTO hung.events VALUES (1, 3, 100);
    INSERT INTO hung.events VALUES (50, 3, 1);
    INSERT INTO hung.events VALUES (2, 3, 100), (51, 4, 1);
    INSERT INTO hung.events VALUES (3, 3, -1);
    UPDATE hung.events SET item_id = 2 WHERE user_id = 4 AND t = 1;
    INSERT INTO hung.items VALUES (20, 'genre 1');
    spied := ARRAY(SELECT DISTINCT concat_ws(' ', s.place, s.who, s.outcomes) FROM hung.spied s ORDER BY 1);
    ROLLBACK;
END $$;
CALL hung_write('CREATE INDEX ON holomamba.hung_users (hung.in_index(events))');
CALL hung_write('CREATE INDEX ON holomamba.hung_users (events) WHERE hung.in_predicate(events)');
CALL hung_write('CREATE INDEX ON holomamba.hung_users ((events + hung.in_constant()))');
CALL hung_write('CREATE INDEX ON holomamba.hung_items (hung.in_index(popularity))');
CALL hung_write('ALTER TABLE holomamba.hung_users ADD COLUMN more integer; ALTER TABLE holomamba.hung_users ALTER more SET DEFAULT hung.in_default()');
CALL hung_write('ALTER TABLE holomamba.hung_users ADD CHECK (hung.in_check(events)) NOT VALID');
CALL hung_write('CREATE TRIGGER t BEFORE INSERT OR UPDATE ON holomamba.hung_users FOR EACH ROW EXECUTE FUNCTION hung.in_trigger()');
CALL hung_write('CREATE TRIGGER t AFTER INSERT OR UPDATE ON holomamba.hung_users FOR EACH STATEMENT EXECUTE FUNCTION hung.in_trigger()');
CALL hung_write('CREATE TRIGGER t BEFORE INSERT OR UPDATE ON holomamba.hung_items FOR EACH ROW EXECUTE FUNCTION hung.in_trigger()');
CALL hung_write('CREATE POLICY p ON holomamba.hung_users USING (hung.in_policy()); ALTER TABLE holomamba.hung_users ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY');
CALL hung_write('CREATE POLICY p ON hung.items USING (hung.in_policy()); ALTER TABLE hung.items ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY');

-- What would run at the end of the transaction, when nobody knows in whose name it was asked for, is refused
SET ROLE hung_owner;
CREATE CONSTRAINT TRIGGER late AFTER INSERT OR UPDATE ON holomamba.hung_users DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION hung.in_trigger();
RESET ROLE;
INSERT INTO hung.events VALUES (1, 3, 100);
INSERT INTO hung.events VALUES (1, 3, 100), (2, 3, 100);
INSERT INTO hung.events VALUES (50, 3, 1);
SELECT holomamba.rebuild_state('hung', '{1}');
DROP TRIGGER late ON holomamba.hung_users;
SET ROLE hung_owner;
CREATE CONSTRAINT TRIGGER late AFTER INSERT OR UPDATE ON holomamba.hung_items DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION hung.in_trigger();
RESET ROLE;
INSERT INTO hung.items VALUES (21, 'genre 1');
DROP TRIGGER late ON holomamba.hung_items;

-- What keeps rows out of the model's tables, or changes their ids, ends in an error or in nothing, not in an endless loop
CREATE PROCEDURE hung_kept_out(hang text, does text) LANGUAGE plpgsql AS $$
DECLARE
    outcome text := 'done';
BEGIN
    BEGIN
        SET LOCAL ROLE hung_owner;
        EXECUTE hang;
        RESET ROLE;
        EXECUTE does;
    EXCEPTION WHEN OTHERS OR query_canceled THEN
        outcome := SQLSTATE || ' ' || SQLERRM;
    END;
    RAISE WARNING '%', outcome;
    ROLLBACK;
END $$;
CREATE FUNCTION hung.keep_out() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
CREATE FUNCTION hung.other_id() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW := json_populate_record(NEW, json_build_object(TG_ARGV[0], (100000 + random() * 10000000)::integer)::text::json); RETURN NEW; END $$;
CALL hung_kept_out('CREATE TRIGGER t BEFORE INSERT ON holomamba.hung_users FOR EACH ROW EXECUTE FUNCTION hung.keep_out()', 'INSERT INTO hung.events VALUES (70, 3, 1), (71, 3, 1)');
CALL hung_kept_out('CREATE TRIGGER t BEFORE INSERT ON holomamba.hung_users FOR EACH ROW EXECUTE FUNCTION hung.keep_out()', 'INSERT INTO hung.events VALUES (70, 3, 1)');
CALL hung_kept_out('CREATE TRIGGER t BEFORE INSERT ON holomamba.hung_users FOR EACH ROW EXECUTE FUNCTION hung.other_id(''user_id'')', 'INSERT INTO hung.events VALUES (70, 3, 1), (71, 3, 1)');
CALL hung_kept_out('CREATE TRIGGER t BEFORE INSERT ON holomamba.hung_users FOR EACH ROW EXECUTE FUNCTION hung.keep_out()', 'SELECT holomamba.rebuild_state(''hung'', ''{72}'')');
CALL hung_kept_out('CREATE POLICY p ON holomamba.hung_users FOR SELECT USING (user_id > 100); CREATE POLICY q ON holomamba.hung_users FOR INSERT WITH CHECK (true);
                    ALTER TABLE holomamba.hung_users ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', 'INSERT INTO hung.events VALUES (70, 3, 1), (71, 3, 1)');
CALL hung_kept_out('CREATE RULE r AS ON INSERT TO holomamba.hung_users DO INSTEAD NOTHING', 'INSERT INTO hung.events VALUES (70, 3, 1), (71, 3, 1)');
CALL hung_kept_out('CREATE TRIGGER t BEFORE INSERT ON holomamba.hung_items FOR EACH ROW EXECUTE FUNCTION hung.keep_out()', 'SELECT holomamba.activate(''hung'', 1)');
CALL hung_kept_out('CREATE TRIGGER t BEFORE INSERT ON holomamba.hung_items FOR EACH ROW EXECUTE FUNCTION hung.other_id(''item_id'')', 'SELECT holomamba.activate(''hung'', 1)');
DROP PROCEDURE hung_kept_out;

-- Nor does it matter what the writer may see: the model is looked up in the name of its owner
CREATE ROLE hung_writer;
GRANT USAGE ON SCHEMA hung TO hung_writer;
GRANT INSERT ON hung.events TO hung_writer;
REVOKE USAGE ON SCHEMA holomamba FROM PUBLIC;
GRANT USAGE ON SCHEMA holomamba TO hung_owner;
\c -
SET client_min_messages = warning;
SET ROLE hung_writer;
INSERT INTO hung.events VALUES (1, 3, 200);
INSERT INTO hung.events VALUES (1, 4, 201), (60, 4, 1);
RESET ROLE;
GRANT USAGE ON SCHEMA holomamba TO PUBLIC;
REVOKE USAGE ON SCHEMA holomamba FROM hung_owner;
SELECT * FROM holomamba.check_state('hung');

SELECT holomamba.drop_model('hung');
DROP PROCEDURE hung_write;
DROP SCHEMA hung CASCADE;
DROP OWNED BY hung_owner, hung_writer;
DROP ROLE hung_owner, hung_writer;
