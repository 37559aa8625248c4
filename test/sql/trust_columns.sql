-- Columns that a model reads get other types, collations and values by ALTER: states stay those of a replay, or the command is
-- refused
\pset format unaligned
\set SHOW_CONTEXT never
SET client_min_messages = warning;
\getenv helpers PG_ABS_SRCDIR
\set outcome :helpers '/helpers/outcome.sql'
\i :outcome
CREATE SCHEMA columns;
SET search_path = columns, public;
CREATE FUNCTION options() RETURNS jsonb LANGUAGE sql AS $$ SELECT '{"dimension": 8, "layers": 1, "state_size": 2, "epochs": 1, "threads": 1}'::jsonb $$;
CREATE FUNCTION wrong() RETURNS bigint LANGUAGE sql AS $$ SELECT count(*) FROM holomamba.check_state('retyped') $$;
-- The types of the model's own columns, and whether its rows are where they were
CREATE FUNCTION own_columns() RETURNS text LANGUAGE plpgsql AS $$ BEGIN RETURN (
    SELECT string_agg(format('%s %s%s', a.attname, format_type(a.atttypid, a.atttypmod),
                             (SELECT ' ' || l.collname FROM pg_collation l WHERE l.oid = a.attcollation AND l.collname <> 'default')), ', ' ORDER BY a.attname)
           || (SELECT format('; %s, %s', m.user_type, m.item_type) FROM holomamba.model_catalogue m WHERE m.model = 'retyped')
    FROM pg_attribute a
    WHERE a.attrelid IN ('holomamba.retyped_users'::regclass, 'holomamba.retyped_items'::regclass) AND a.attname ~ '^(user_id|item_id|last_)');
END $$;

-- Ids that grow: a wider type, without a replay
CREATE TABLE events (id serial, u smallint, i integer, t integer);
CREATE INDEX ON events (u);
CREATE TABLE wares (i smallint PRIMARY KEY, genre text, price integer);
INSERT INTO wares SELECT n, 'genre ' || n % 3, n FROM generate_series(1, 12) n;
INSERT INTO events (u, i, t) SELECT u, 1 + (u * 5 + n * n) % 12, n FROM generate_series(1, 6) u, generate_series(1, 6) n;
SELECT holomamba.create_model('retyped', 'events', 'u', 'i', '{t,id}', 'wares', 'i', '{genre,price}', options());
CALL holomamba.train('retyped');
GRANT SELECT ON holomamba.retyped_users TO PUBLIC;
SET client_min_messages = notice;
ALTER TABLE events ALTER u TYPE integer;
SELECT own_columns();
ALTER TABLE events ALTER u TYPE bigint USING u::bigint, ALTER COLUMN i SET DATA TYPE bigint USING CAST(i AS bigint);
ALTER TABLE events ALTER t TYPE bigint USING t;
SELECT own_columns(), wrong();
INSERT INTO events (u, i, t) VALUES (4294967296 + 5, 4294967296 + 3, 5000000000);
INSERT INTO events (u, i, t) VALUES (5, 3, 5000000000), (4294967296 + 6, 3, 5000000001), (65536 + 5, 3, 1);
UPDATE events SET t = t + 1 WHERE u > 6;
SELECT user_id, events, last_1 FROM holomamba.retyped_users WHERE user_id >= 5 ORDER BY 1;
SELECT wrong();
ALTER TABLE wares ALTER i TYPE bigint;
INSERT INTO wares VALUES (4294967296 + 3, 'genre 1', 3);
SELECT wrong(), (SELECT count(*) FROM holomamba.retyped_items WHERE item_id > 4294967296 AND target IS NOT NULL) AS on_sale;
SELECT count(*) FROM recommend(4294967296 + 5, 100, 'retyped');
SELECT relacl IS NOT NULL AS granted FROM pg_class WHERE oid = 'holomamba.retyped_users'::regclass;
-- Activation, training, an index with the ids as keys
SELECT holomamba.check_index('holomamba.retyped_items_target_idx');
SELECT holomamba.activate('retyped', 1);
SET client_min_messages = warning;
CALL holomamba.train('retyped');
SET client_min_messages = notice;
SELECT wrong();

-- Other values of the same type are an UPDATE of all events
ALTER TABLE events ALTER u TYPE bigint USING CASE WHEN u = 1 THEN 2 ELSE u END;
SELECT wrong(), (SELECT events FROM holomamba.retyped_users WHERE user_id = 2);
ALTER TABLE events ALTER t TYPE bigint USING -t;
SELECT wrong();
ALTER TABLE events ALTER i TYPE bigint USING i % 12 + 1;
SELECT wrong();
ALTER TABLE events ALTER t TYPE bigint USING id;
SELECT wrong();
-- Other types of users and times are, too
ALTER TABLE events ALTER u TYPE text;
SELECT own_columns(), wrong();
INSERT INTO events (u, i, t) VALUES ('new', 3, 5000000000), ('2', 3, 5000000000);
INSERT INTO events (u, i, t) VALUES ('2', 4, 5000000001);
SELECT wrong();
ALTER TABLE events ALTER t TYPE timestamp USING timestamp '2026-01-01' + (t % 1000000) * interval '0.3 second';
SET TimeZone = 'UTC';
ALTER TABLE events ALTER t TYPE timestamptz;
SELECT own_columns(), wrong();
SET TimeZone = 'Europe/Berlin';
ALTER TABLE events ALTER t TYPE timestamp;
SELECT own_columns(), wrong();
INSERT INTO events (u, i, t) VALUES ('2', 3, '2030-01-01'), ('2', 3, '2031-01-01');
INSERT INTO events (u, i, t) VALUES ('2', 4, '2032-01-01');
RESET TimeZone;
SELECT wrong();
-- Rounded, but not where there is nothing to round
ALTER TABLE events ALTER t TYPE timestamp(0);
SELECT wrong();
ALTER TABLE events ALTER t TYPE timestamp(3);
ALTER TABLE events ALTER t TYPE date;
SELECT own_columns(), wrong();
-- Texts: a limit, a longer one, none, a domain
ALTER TABLE events ALTER u TYPE varchar(10);
SELECT own_columns(), wrong();
ALTER TABLE events ALTER u TYPE varchar(20);
ALTER TABLE events ALTER u TYPE text;
SELECT own_columns(), wrong();
CREATE DOMAIN name_of_user AS text CHECK (length(value) < 30);
ALTER TABLE events ALTER u TYPE name_of_user;
INSERT INTO events (u, i, t) VALUES ('2', 4, '2033-01-01');
CREATE DOMAIN short_name AS varchar(25);
ALTER TABLE events ALTER u TYPE short_name;
SELECT own_columns(), wrong();
-- Users who are one by a new collation
INSERT INTO events (u, i, t) VALUES ('Anna', 4, '2033-01-01'), ('anna', 5, '2033-01-02');
CREATE COLLATION nearly (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
ALTER TABLE events ALTER u TYPE text COLLATE nearly;
SELECT own_columns(), wrong(), (SELECT events FROM holomamba.retyped_users WHERE user_id = 'ANNA');
INSERT INTO events (u, i, t) VALUES ('aNNa', 4, '2034-01-01');
SELECT wrong(), (SELECT events FROM holomamba.retyped_users WHERE user_id = 'ANNA');
SET client_min_messages = warning;
CALL holomamba.train('retyped');
SET client_min_messages = notice;
ALTER TABLE events ALTER u TYPE text COLLATE "C";
SELECT own_columns(), wrong(), (SELECT count(*) FROM holomamba.retyped_users WHERE user_id ~* 'anna');

-- Refused: types that cannot be those of ids or orders, ids of items of another kind or narrower, keys that do not fit
ALTER TABLE events ALTER u TYPE json USING to_json(u);
ALTER TABLE events ALTER t TYPE point USING '(1,1)';
ALTER TABLE events ALTER i TYPE text;
ALTER TABLE events ALTER i TYPE numeric;
ALTER TABLE events ALTER i TYPE integer;
ALTER TABLE wares ALTER i TYPE text;
ALTER TABLE wares ALTER genre TYPE json USING to_json(genre);
ALTER TABLE events ALTER id TYPE bigint, ALTER i TYPE smallint USING 1;
BEGIN ISOLATION LEVEL REPEATABLE READ;
ALTER TABLE events ALTER u TYPE text USING u || 'x';
ROLLBACK;
-- and dropped columns, also with their type
CREATE TYPE mood AS ENUM ('sad', 'happy');
ALTER TABLE events ADD COLUMN mood mood;
ALTER TABLE wares ALTER genre TYPE mood USING 'happy';
DROP TYPE mood;
DROP TYPE mood CASCADE;
ALTER TABLE wares ALTER genre TYPE text;
DROP TYPE mood CASCADE;
ALTER TABLE events DROP COLUMN t;
ALTER TABLE events DROP COLUMN i CASCADE;
ALTER TABLE events DROP COLUMN IF EXISTS u, DROP COLUMN IF EXISTS nothing;
ALTER TABLE wares DROP COLUMN price;
ALTER TABLE wares DROP COLUMN i;
ALTER TABLE events ADD COLUMN note text;
ALTER TABLE events ALTER note TYPE varchar(10), ALTER note SET DEFAULT 'x';
ALTER TABLE events DROP COLUMN note;
INSERT INTO events (u, i, t) VALUES ('2', 4, '2035-01-01');
SELECT own_columns(), wrong();

-- Keys and attributes of other values: those go, these come
ALTER TABLE wares ALTER i TYPE bigint USING i + 1;
SELECT string_agg(item_id::text, ',' ORDER BY item_id) AS on_sale FROM holomamba.retyped_items WHERE target IS NOT NULL;
SELECT wrong();
ALTER TABLE wares ALTER price TYPE bigint;
ALTER TABLE wares ALTER price TYPE bigint USING price % 5;
ALTER TABLE wares ALTER genre TYPE varchar(7);
SELECT holomamba.drop_model('retyped');

-- Texts as item ids: a limit is no other id, a collation that takes two for one is
CREATE TABLE songs (u integer, i varchar(10), t integer);
CREATE INDEX ON songs (u);
CREATE TABLE titles (i text PRIMARY KEY);
INSERT INTO songs SELECT u, 'song ' || (u * 5 + n * n) % 12, n FROM generate_series(1, 5) u, generate_series(1, 6) n;
INSERT INTO titles SELECT DISTINCT i FROM songs;
SET client_min_messages = warning;
SELECT holomamba.create_model('retyped', 'songs', 'u', 'i', '{t}', 'titles', 'i', options => options());
CALL holomamba.train('retyped');
SET client_min_messages = notice;
ALTER TABLE songs ALTER i TYPE text;
SELECT own_columns(), wrong();
INSERT INTO songs VALUES (1, 'a song of more than ten', 10), (1, 'song 3', 11);
ALTER TABLE songs ALTER i TYPE text COLLATE "C";
SELECT own_columns(), wrong();
ALTER TABLE songs ALTER i TYPE text COLLATE nearly;
ALTER TABLE titles ALTER i TYPE varchar(40) USING 'the ' || i;
SELECT string_agg(item_id::text, ',' ORDER BY item_id) AS on_sale FROM holomamba.retyped_items WHERE target IS NOT NULL;
SELECT wrong();
SELECT holomamba.drop_model('retyped');

-- Partitions follow their whole; a model that is not trained yet follows without a replay
CREATE TABLE visits (u integer, i integer, t integer) PARTITION BY RANGE (u);
CREATE TABLE visits_1 (t integer, u integer, i integer);
ALTER TABLE visits ATTACH PARTITION visits_1 FOR VALUES FROM (0) TO (1000);
CREATE INDEX ON visits (u);
SET client_min_messages = warning;
SELECT holomamba.create_model('retyped', 'visits', 'u', 'i', '{t}', options => options());
SET client_min_messages = notice;
ALTER TABLE visits ALTER t TYPE text;
INSERT INTO visits SELECT u, 1 + (u * 5 + n * n) % 12, n FROM generate_series(1, 5) u, generate_series(1, 6) n;
SET client_min_messages = warning;
CALL holomamba.train('retyped');
SET client_min_messages = notice;
ALTER TABLE visits ALTER i TYPE bigint;
INSERT INTO visits_1 VALUES ('7', 1, 4294967296 + 3), ('8', 2, 3);
INSERT INTO visits_1 VALUES ('9', 1, 4);
SELECT own_columns(), wrong();
SELECT pg_temp.outcome('ALTER TABLE visits_1 ALTER i TYPE integer');
ALTER TABLE visits ALTER t TYPE bigint USING t::bigint;
SELECT own_columns(), wrong();

-- What others have made of the model's tables can stop the command, as with any table
CREATE VIEW of_users AS SELECT last_1 FROM holomamba.retyped_users;
ALTER TABLE visits ALTER t TYPE text;
DROP VIEW of_users;
-- What the owner has made of them does not run with the rights of whoever gives the command
CREATE ROLE columns_owner;
GRANT ALL ON SCHEMA columns TO columns_owner;
ALTER TABLE visits OWNER TO columns_owner;
DELETE FROM visits WHERE u > 2;
SET ROLE columns_owner;
CREATE FUNCTION whoever(x bigint) RETURNS bigint LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RAISE NOTICE 'as %', current_user; RETURN x; END $$;
CREATE FUNCTION whoever() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE NOTICE 'trigger as %', current_user; RETURN NULL; END $$;
SET client_min_messages = warning;
ALTER TABLE holomamba.retyped_users ADD CHECK (columns.whoever(events) >= 0);
CREATE TRIGGER whoever AFTER DELETE ON holomamba.retyped_users FOR EACH STATEMENT EXECUTE FUNCTION columns.whoever();
SET client_min_messages = notice;
RESET ROLE;
SELECT count(*) FROM holomamba.retyped_users;
ALTER TABLE visits ALTER t TYPE bigint USING -t;
ALTER TABLE visits ALTER t TYPE numeric;
SET client_min_messages = error;
SELECT holomamba.drop_model('retyped');
DROP SCHEMA columns CASCADE;
DROP ROLE columns_owner;
