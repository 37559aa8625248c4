-- Who may do what: events by those who may only insert, recommendations by those who may read, models by their owners
\pset format unaligned
\set SHOW_CONTEXT never
SET client_min_messages = warning;

CREATE FUNCTION public.rights_outcome(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    result text = 'done';
BEGIN
    IF statement LIKE 'SELECT%' THEN
        EXECUTE statement INTO result;
    ELSE
        EXECUTE statement;
    END IF;
    RETURN coalesce(result, 'NULL');
EXCEPTION WHEN OTHERS THEN
    RETURN concat_ws(' | ', SQLSTATE, SQLERRM);
END $$;

CREATE ROLE rights_owner;
CREATE ROLE rights_member IN ROLE rights_owner;
CREATE ROLE rights_writer;
CREATE ROLE rights_reader;
CREATE ROLE rights_stranger;
CREATE SCHEMA rights AUTHORIZATION rights_owner;
GRANT USAGE ON SCHEMA rights TO PUBLIC;

-- A model of an ordinary role, made, trained and dropped without a superuser
SET ROLE rights_owner;
CREATE TABLE rights.events (user_id integer, item_id integer, t integer);
CREATE INDEX ON rights.events (user_id);
CREATE TABLE rights.items (item_id integer PRIMARY KEY, genre text);
INSERT INTO rights.items SELECT i, 'genre ' || i % 3 FROM generate_series(1, 12) i;
INSERT INTO rights.events SELECT u, 1 + (u * 5 + n * n) % 12, n FROM generate_series(1, 5) u, generate_series(1, 6) n;
SELECT holomamba.create_model('rights_model', 'rights.events', 'user_id', 'item_id', '{t}', 'rights.items', 'item_id', '{genre}',
    '{"dimension": 8, "layers": 1, "state_size": 2, "epochs": 1, "threads": 1}');
CALL holomamba.train('rights_model');
CALL holomamba.train('rights_model', 1, 'leave_one_out');
SELECT count(*) FROM holomamba.evaluate('rights_model');
SELECT count(*) FROM recommend(1, 5, 'rights_model');
GRANT INSERT ON rights.events TO rights_writer;
GRANT SELECT ON rights.events, holomamba.rights_model_items, holomamba.rights_model_users TO rights_reader;
SELECT model, owner, active_version FROM holomamba.models;
RESET ROLE;
SELECT c.relname, pg_get_userbyid(c.relowner) FROM pg_class c WHERE c.relnamespace = 'holomamba'::regnamespace AND c.relname LIKE 'rights%' AND c.relkind = 'r' ORDER BY 1;

-- Who may only insert inserts: of old users, new ones, late events, with COPY. The states move, and he sees none of them.
CREATE TEMPORARY TABLE before AS SELECT user_id, state::text AS state, events FROM holomamba.rights_model_users;
SET ROLE rights_writer;
INSERT INTO rights.events VALUES (1, 3, 100);
INSERT INTO rights.events VALUES (2, 3, -1), (50, 3, 1), (51, 999, 1), (NULL, 1, 1), (1, NULL, 1);
COPY rights.events FROM STDIN;
3	4	200
52	5	1
\.
SELECT what, public.rights_outcome(what) FROM (VALUES
    ('SELECT count(*) FROM rights.events'), ('SELECT count(*) FROM holomamba.rights_model_users'), ('SELECT count(*) FROM holomamba.rights_model_items'),
    ('INSERT INTO holomamba.rights_model_users (user_id) VALUES (1)'), ('UPDATE holomamba.rights_model_users SET events = 0'), ('DELETE FROM holomamba.rights_model_users'),
    ('UPDATE rights.events SET t = 0'), ('DELETE FROM rights.events'), ('TRUNCATE rights.events'),
    ($$SELECT count(*) FROM recommend(1, 5, 'rights_model')$$), ($$SELECT count(*) FROM recommend(1, 5, 'rights_model', exclude_seen => false)$$),
    ($$SELECT holomamba.rebuild_state('rights_model', '{1}')$$), ($$SELECT count(*) FROM holomamba.check_state('rights_model')$$)) AS t (what);
RESET ROLE;
SELECT u.user_id, u.events - coalesce(b.events, 0) AS more, b.state IS DISTINCT FROM u.state::text AS moved
FROM holomamba.rights_model_users u LEFT JOIN before b USING (user_id) ORDER BY 1;
SELECT count(*) AS wrong
FROM (SELECT e.user_id, ssm_vector(ssm_update(ssm_initial('rights_model', 2), array_agg(i.token ORDER BY e.t))) AS vector
      FROM rights.events e LEFT JOIN holomamba.rights_model_items i USING (item_id)
      WHERE e.user_id IS NOT NULL AND e.item_id IS NOT NULL GROUP BY 1) r
FULL JOIN holomamba.rights_model_users u USING (user_id) WHERE NOT coalesce(r.vector <-> u.vector, 1) < 1e-4;

-- Who may read the events and the model's tables may ask
SET ROLE rights_reader;
SELECT count(*) FROM recommend(1, 5, 'rights_model');
SELECT count(*) FROM recommend_next('{1,2}'::bigint[], 5, 'rights_model');
SELECT count(*) FROM similar_items(1, 5, 'rights_model');
SELECT hrr_dims(ssm_vector(ssm_update(state, token))) FROM holomamba.rights_model_users, holomamba.rights_model_items i WHERE user_id = 1 AND i.item_id = 1;
SELECT what, public.rights_outcome(what) FROM (VALUES
    ($$INSERT INTO rights.events VALUES (1, 1, 1)$$), ('UPDATE holomamba.rights_model_users SET events = 0'), ('DELETE FROM holomamba.rights_model_items'),
    ($$SELECT holomamba.activate('rights_model', 1)$$), ($$SELECT holomamba.forget_version('rights_model', 1)$$), ($$SELECT holomamba.drop_model('rights_model')$$),
    ($$SELECT holomamba.rebuild_state('rights_model')$$),
    ($$SELECT count(*) FROM holomamba.vocabulary WHERE model = 'rights_model'$$)) AS t (what);
CALL holomamba.train('rights_model');
\echo :LAST_ERROR_SQLSTATE
SELECT holomamba.evaluate('rights_model');
\echo :LAST_ERROR_SQLSTATE

-- Who may do nothing may do nothing, not through the catalogue either
SET ROLE rights_stranger;
SELECT what, public.rights_outcome(what) FROM (VALUES
    ($$SELECT count(*) FROM recommend(1, 5, 'rights_model')$$), ($$SELECT count(*) FROM recommend(1, 5, 'rights_model', exclude_seen => false)$$),
    ($$SELECT count(*) FROM recommend_next('{1,2}'::bigint[], 5, 'rights_model')$$), ($$SELECT count(*) FROM similar_items(1, 5, 'rights_model')$$),
    ($$SELECT holomamba.activate('rights_model', 1)$$), ($$SELECT holomamba.forget_version('rights_model', 1)$$), ($$SELECT holomamba.drop_model('rights_model')$$),
    ($$SELECT holomamba.rebuild_state('rights_model')$$), ($$SELECT count(*) FROM holomamba.evaluate('rights_model')$$),
    ($$SELECT holomamba.create_model('mine', 'rights.events', 'user_id', 'item_id', '{t}')$$),
    ($$SELECT count(*) FROM holomamba.item_vectors('rights_model', 1)$$),
    ($$SELECT holomamba_internal.create_tables('rights_model')$$), ($$SELECT holomamba_internal.create_triggers('rights_model')$$),
    ($$SELECT holomamba_internal.begin_training('rights_model', 1, 'none', '{}')$$),
    ($$UPDATE holomamba.model_catalogue SET active_version = 1$$), ($$DELETE FROM holomamba.model_catalogue$$), ($$DELETE FROM holomamba.version_catalogue$$),
    ($$UPDATE holomamba.version_catalogue SET fingerprint = 0$$), ($$UPDATE holomamba.parameters SET data = ''$$), ($$DELETE FROM holomamba.training_log$$),
    ($$INSERT INTO holomamba.parameters VALUES ('rights_model', 1, 'more', '{}', '')$$), ($$UPDATE holomamba.vocabulary SET labels = '{}'$$),
    ($$INSERT INTO holomamba.vocabulary VALUES ('rights_model', 1, 'more', '{}')$$), ($$SELECT count(*) FROM holomamba.vocabulary_catalogue$$),
    ($$TRUNCATE holomamba.training_log$$), ($$UPDATE holomamba.model_catalogue SET interactions = 'pg_class'$$),
    ($$CREATE TABLE holomamba.mine (x integer)$$), ($$CREATE FUNCTION holomamba.mine() RETURNS integer LANGUAGE sql AS 'SELECT 1'$$)) AS t (what);
CALL holomamba.train('rights_model');
\echo :LAST_ERROR_SQLSTATE
-- Nor by a trigger function of the model hung on a table of his own
CREATE TEMPORARY TABLE mine (user_id integer, item_id integer, t integer);
CREATE TRIGGER t AFTER INSERT ON mine REFERENCING NEW TABLE AS new_events FOR EACH STATEMENT EXECUTE FUNCTION holomamba_internal.follow_events('rights_model');
CREATE TRIGGER r AFTER INSERT ON mine FOR EACH ROW EXECUTE FUNCTION holomamba_internal.follow_events('rights_model');
CREATE TRIGGER u AFTER TRUNCATE ON mine FOR EACH STATEMENT EXECUTE FUNCTION holomamba_internal.follow_events('rights_model');
CREATE TRIGGER v AFTER TRUNCATE ON mine FOR EACH STATEMENT EXECUTE FUNCTION holomamba_internal.follow_items('rights_model');
SELECT what, public.rights_outcome(what) FROM (VALUES ('INSERT INTO mine VALUES (1, 3, 1000)'), ('TRUNCATE mine')) AS t (what);
DROP TRIGGER u ON mine;
SELECT public.rights_outcome('TRUNCATE mine');
DROP TABLE mine;
-- Models and versions are no secret
SELECT model, active_version FROM holomamba.models;
SELECT count(*) FROM holomamba.versions;
RESET ROLE;
SELECT active_version, (SELECT count(*) FROM holomamba.versions) AS versions, (SELECT count(*) FROM holomamba.rights_model_users) AS users FROM holomamba.models;

-- A member of the owning role may do what the owner may; a superuser too
SET ROLE rights_member;
SELECT holomamba.activate('rights_model', 1);
CALL holomamba.train('rights_model');
RESET ROLE;
CALL holomamba.train('rights_model');
SET ROLE rights_owner;
INSERT INTO rights.events VALUES (1, 3, 300), (60, 3, 1);
SELECT holomamba.activate('rights_model', 2);
RESET ROLE;

-- A writer whose search_path leads elsewhere changes nothing: operators, functions, types, relations of the same names, temporary ones too
CREATE SCHEMA rights_trap AUTHORIZATION rights_writer;
SET ROLE rights_writer;
CREATE FUNCTION rights_trap.steal(a integer, b integer) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'trapped as %', current_user; END $$;
CREATE OPERATOR rights_trap.= (LEFTARG = integer, RIGHTARG = integer, FUNCTION = rights_trap.steal);
CREATE OPERATOR rights_trap.> (LEFTARG = integer, RIGHTARG = integer, FUNCTION = rights_trap.steal);
CREATE FUNCTION rights_trap.ssm_update(public.ssm_state, public.hrr[]) RETURNS public.ssm_state LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'trapped as %', current_user; END $$;
CREATE FUNCTION rights_trap.ssm_vector(public.ssm_state) RETURNS public.hrr LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'trapped as %', current_user; END $$;
CREATE FUNCTION rights_trap.ssm_events(public.ssm_state) RETURNS bigint LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'trapped as %', current_user; END $$;
CREATE FUNCTION rights_trap.ssm_initial(text, integer) RETURNS public.ssm_state LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'trapped as %', current_user; END $$;
CREATE FUNCTION rights_trap.active_version(name) RETURNS integer LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'trapped as %', current_user; END $$;
CREATE FUNCTION rights_trap.current_setting(text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'trapped as %', current_user; END $$;
CREATE FUNCTION rights_trap.count() RETURNS bigint LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'trapped as %', current_user; END $$;
CREATE FUNCTION rights_trap.unnest(integer[]) RETURNS SETOF integer LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'trapped as %', current_user; END $$;
CREATE TEMPORARY TABLE model_catalogue (model name, active_version integer);
CREATE TEMPORARY TABLE version_catalogue (model name, version integer, options jsonb, fingerprint bigint);
CREATE TEMPORARY TABLE parameters (name text, data bytea);
CREATE TEMPORARY TABLE events (user_id integer, item_id integer, t integer);
SET search_path = rights_trap, pg_temp, pg_catalog;
-- The trap is set
SELECT 1 = 1;
INSERT INTO rights.events VALUES (2, 7, 400);
INSERT INTO rights.events VALUES (2, 8, 400), (61, 7, 1), (1, 7, -7);
RESET search_path;
SET search_path = pg_temp, rights_trap, pg_catalog, public;
INSERT INTO rights.events VALUES (2, 9, 500), (62, 7, 1);
RESET search_path;
RESET ROLE;
SELECT user_id, events FROM holomamba.rights_model_users WHERE user_id IN (1, 2, 61, 62) ORDER BY 1;
-- Nor does a path that leads nowhere
SET search_path = '';
INSERT INTO rights.events VALUES (2, 9, 600), (63, 7, 1);
SELECT pg_catalog.count(*) FROM holomamba.recommend(63, 5, 'rights_model');
RESET search_path;
-- The owner of a model, tricked into activating it with the same path
GRANT USAGE ON SCHEMA rights_trap TO rights_owner;
SET ROLE rights_owner;
SET search_path = rights_trap, pg_catalog, public;
SELECT holomamba.activate('rights_model', 1);
SELECT holomamba.rebuild_state('rights_model');
SELECT pg_catalog.count(*) FROM recommend(1, 3, 'rights_model');
CALL holomamba.train('rights_model');
SELECT pg_catalog.count(*) FROM holomamba.evaluate('rights_model', version => 2);
RESET search_path;
RESET ROLE;

-- Row level security on the events: who sees only some rows still moves the state of a user by all of his events
ALTER TABLE rights.events ENABLE ROW LEVEL SECURITY;
CREATE POLICY new_only ON rights.events FOR INSERT TO rights_writer WITH CHECK (t > 1000);
SET ROLE rights_writer;
INSERT INTO rights.events VALUES (1, 5, 1001);
SELECT public.rights_outcome('INSERT INTO rights.events VALUES (1, 5, 1000)');
RESET ROLE;
SELECT u.events = (SELECT count(*) FROM rights.events e WHERE e.user_id = 1 AND item_id IS NOT NULL) AS all_of_them FROM holomamba.rights_model_users u WHERE user_id = 1;
ALTER TABLE rights.events DISABLE ROW LEVEL SECURITY;

-- Dropped by its owner, all of it
SET ROLE rights_owner;
SELECT holomamba.drop_model('rights_model');
SELECT count(*) FROM holomamba.models;
SELECT count(*) FROM rights.events;
RESET ROLE;
SELECT count(*) FROM pg_class WHERE relnamespace = 'holomamba'::regnamespace AND relname LIKE 'rights%';
SELECT count(*) FROM pg_proc WHERE pronamespace = 'holomamba'::regnamespace AND proname LIKE 'rights%';
DROP SCHEMA rights, rights_trap CASCADE;
DROP FUNCTION public.rights_outcome(text);
DROP OWNED BY rights_owner, rights_member, rights_writer, rights_reader, rights_stranger;
DROP ROLE rights_owner, rights_member, rights_writer, rights_reader, rights_stranger;

-- The tables of a model are made in its owner's name, but by the owner of the extension: neither his tablespaces nor his default
-- privileges are the model's
SET client_min_messages = warning;
SET allow_in_place_tablespaces = true;
CREATE TABLESPACE regress_fast LOCATION '';
CREATE ROLE made_for;
CREATE ROLE made_friend;
CREATE SCHEMA made AUTHORIZATION made_for;
ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC;
ALTER DEFAULT PRIVILEGES IN SCHEMA holomamba GRANT ALL ON TABLES TO made_friend;
ALTER DEFAULT PRIVILEGES FOR ROLE made_for GRANT SELECT ON TABLES TO made_friend WITH GRANT OPTION;
SET ROLE made_for;
CREATE TABLE made.events (user_id integer, item_id integer, t integer, PRIMARY KEY (user_id, t));
SET default_tablespace = regress_fast;
CREATE TABLE made.no (x integer);
SELECT holomamba.create_model('made', 'made.events', 'user_id', 'item_id', '{t}');
RESET default_tablespace;
SELECT holomamba.create_model('made', 'made.events', 'user_id', 'item_id', '{t}');
RESET ROLE;
SELECT relname, a.grantee::regrole, a.privilege_type, a.is_grantable FROM pg_class, aclexplode(relacl) a WHERE relname IN ('made_users', 'made_items') AND a.grantee <> relowner ORDER BY 1;
SET ROLE made_for;
SELECT holomamba.drop_model('made');
RESET ROLE;
GRANT CREATE ON TABLESPACE regress_fast TO made_for;
SET ROLE made_for;
SET default_tablespace = regress_fast;
SELECT holomamba.create_model('made', 'made.events', 'user_id', 'item_id', '{t}');
RESET ROLE;
RESET default_tablespace;
SELECT relname, spcname FROM pg_class JOIN pg_tablespace s ON s.oid = reltablespace WHERE relname LIKE 'made%' ORDER BY 1;
SELECT holomamba.drop_model('made');
ALTER DEFAULT PRIVILEGES REVOKE SELECT ON TABLES FROM PUBLIC;
ALTER DEFAULT PRIVILEGES IN SCHEMA holomamba REVOKE ALL ON TABLES FROM made_friend;
DROP SCHEMA made CASCADE;
ALTER DEFAULT PRIVILEGES FOR ROLE made_for REVOKE SELECT ON TABLES FROM made_friend;
REVOKE CREATE ON TABLESPACE regress_fast FROM made_for;
DROP ROLE made_for, made_friend;
DROP TABLESPACE regress_fast;
