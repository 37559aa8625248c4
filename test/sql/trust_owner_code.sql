-- Code that the owner of a model hangs on its tables: what it sets is not set for whoever made it run, and what it alters is seen
-- before a value is read of it
\set VERBOSITY terse
CREATE ROLE code_mallory;
CREATE SCHEMA code_mallory AUTHORIZATION code_mallory;
GRANT ALL ON SCHEMA public TO code_mallory;
SET ROLE code_mallory;
CREATE TABLE code_mallory.events (user_id integer, item_id integer, t integer, PRIMARY KEY (user_id, t));
INSERT INTO code_mallory.events SELECT u, 1 + (u * 5 + n * n) % 12, n FROM generate_series(1, 6) u, generate_series(1, 6) n;
SELECT holomamba.create_model('code', 'code_mallory.events', 'user_id', 'item_id', '{t}', options => '{"dimension": 8, "layers": 1, "state_size": 2, "epochs": 1, "threads": 1}');
SET client_min_messages = warning;
CALL holomamba.train('code');
RESET client_min_messages;

-- Settings
CREATE FUNCTION code_mallory.set() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('search_path', 'code_mallory, pg_catalog', false), set_config('work_mem', '77MB', false), set_config('holomamba.model', 'code', false);
    RETURN NEW;
END $$;
CREATE TRIGGER a BEFORE INSERT OR UPDATE ON holomamba.code_users FOR EACH ROW EXECUTE FUNCTION code_mallory.set();
CREATE TRIGGER a BEFORE INSERT OR UPDATE ON holomamba.code_items FOR EACH ROW EXECUTE FUNCTION code_mallory.set();
RESET ROLE;
CREATE FUNCTION settings() RETURNS text LANGUAGE sql AS $$ SELECT format('%s; %s; %s', current_setting('search_path'), current_setting('work_mem') = '77MB', current_setting('holomamba.model', true)) $$;
SET search_path = public;
SELECT holomamba.rebuild_state('code');
SELECT settings();
INSERT INTO code_mallory.events VALUES (1, 2, 50);
INSERT INTO code_mallory.events VALUES (7, 2, 50), (8, 2, 50);
UPDATE code_mallory.events SET item_id = 3 WHERE t = 50;
SELECT settings();
SELECT holomamba.activate('code', 1);
SELECT settings();
SET client_min_messages = warning;
CALL holomamba.train('code');
RESET client_min_messages;
SELECT settings();
SELECT count(*) FROM holomamba.check_state('code');
SELECT settings();
RESET search_path;
SET ROLE code_mallory;
DROP TRIGGER a ON holomamba.code_users;
DROP TRIGGER a ON holomamba.code_items;

-- Columns of another type, of the same name in another place, and tables that are others, in the middle of a statement
CREATE FUNCTION code_mallory.alter() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('code_mallory.done', true) IS DISTINCT FROM 'yes' THEN
        PERFORM set_config('code_mallory.done', 'yes', true);
        EXECUTE TG_ARGV[0];
    END IF;
    RETURN NEW;
END $$;
CREATE PROCEDURE code_mallory.try(command text, statement text) LANGUAGE plpgsql AS $$
DECLARE
    message text;
    state text;
BEGIN
    EXECUTE format('CREATE TRIGGER b BEFORE INSERT OR UPDATE ON holomamba.code_users FOR EACH ROW EXECUTE FUNCTION code_mallory.alter(%L)', command);
    BEGIN
        EXECUTE statement;
        RAISE NOTICE 'done';
    EXCEPTION WHEN OTHERS THEN
        GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, state = RETURNED_SQLSTATE;
        RAISE NOTICE '%: %', state, message;
    END;
    PERFORM set_config('code_mallory.done', 'no', true);
    ROLLBACK;
END $$;
\set more '''INSERT INTO code_mallory.events VALUES (77, 1, 1), (78, 2, 1)'''
\set changed '''UPDATE code_mallory.events SET item_id = 12 - item_id'''
\set rebuilt '''SELECT holomamba.rebuild_state(''''code'''')'''
CALL code_mallory.try('ALTER TABLE holomamba.code_items ALTER token TYPE bigint USING 4660', :more);
CALL code_mallory.try('ALTER TABLE holomamba.code_items ALTER token TYPE bigint USING 4660', :changed);
CALL code_mallory.try('ALTER TABLE holomamba.code_items ALTER token TYPE bigint USING 4660', :rebuilt);
CALL code_mallory.try('ALTER TABLE holomamba.code_items RENAME token TO a; ALTER TABLE holomamba.code_items RENAME target TO token; ALTER TABLE holomamba.code_items RENAME a TO target', :more);
CALL code_mallory.try('ALTER TABLE holomamba.code_items RENAME TO gone', :more);
CALL code_mallory.try('ALTER TABLE code_mallory.events ALTER user_id TYPE bigint', :rebuilt);
-- What changes nothing of that is nobody's business
CALL code_mallory.try('ANALYZE holomamba.code_items; ALTER TABLE holomamba.code_items ADD price numeric', :more);
SELECT count(*) FROM holomamba.check_state('code');

SELECT holomamba.drop_model('code');
RESET ROLE;
DROP FUNCTION settings;
DROP SCHEMA code_mallory CASCADE;
REVOKE ALL ON SCHEMA public FROM code_mallory;
DROP ROLE code_mallory;
