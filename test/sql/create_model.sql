-- Declaring and dropping a model: what it makes, what it refuses, and who may
\pset format unaligned
SET client_min_messages = warning;

-- What a statement comes to: its value, or its error in full.
\getenv helpers PG_ABS_SRCDIR
\set outcome :helpers '/helpers/outcome.sql'
\i :outcome

CREATE SCHEMA shop;
SET search_path = shop, public;

CREATE TYPE mood AS ENUM ('sad', 'happy');
CREATE DOMAIN customer AS bigint NOT NULL;
CREATE TABLE movies (movie_id integer PRIMARY KEY, title text, genres text[], moods mood[], mood mood, adult boolean,
                     price numeric, released date, extra jsonb, prices numeric[]);
CREATE TABLE ratings (id bigint PRIMARY KEY, user_id customer, movie_id integer, rated_at timestamptz, title text COLLATE "C",
                      extra jsonb, spot point, tags text[]);
CREATE INDEX ratings_by_user ON ratings (user_id, rated_at, id);

-- The model of the README
SET client_min_messages = notice;
SELECT holomamba.create_model('movies',
         interactions => 'ratings', user_column => 'user_id', item_column => 'movie_id', order_columns => '{rated_at,title,id}',
         items => 'movies', item_key => 'movie_id', attributes => '{genres,moods,mood,adult,title,price,released}',
         options => '{"dimension": 16}');
SET client_min_messages = warning;

SELECT model, owner = current_user AS mine, interactions, user_column, item_column, order_columns, items, item_key, attributes, options,
       active_version
FROM holomamba.models \gx
SELECT user_type, item_type FROM holomamba.model_catalogue;
-- 18 shows constraints of every column that is not null, too.
SELECT a.attrelid::regclass AS relation, a.attname AS column, format_type(a.atttypid, a.atttypmod) AS type,
       (SELECT l.collname FROM pg_collation l WHERE l.oid = a.attcollation AND l.collname <> 'default') AS collation,
       CASE WHEN a.attnotnull THEN 'not null' END AS nullable, pg_get_expr(d.adbin, d.adrelid) AS default, a.attstorage AS storage,
       col_description(a.attrelid, a.attnum) AS description
FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE a.attrelid IN ('holomamba.movies_items'::regclass, 'holomamba.movies_users'::regclass) AND a.attnum > 0
ORDER BY a.attrelid::regclass::text, a.attnum;
SELECT c.oid::regclass AS relation, c.reloptions AS options, pg_get_indexdef(i.indexrelid) AS index, i.indisprimary AS "primary"
FROM pg_class c JOIN pg_index i ON i.indrelid = c.oid
WHERE c.oid IN ('holomamba.movies_items'::regclass, 'holomamba.movies_users'::regclass)
ORDER BY c.oid::regclass::text, i.indexrelid::regclass::text;
SELECT t.tgrelid::regclass, t.tgname, t.tgfoid::regprocedure, t.tgisinternal, obj_description(t.oid, 'pg_trigger') AS comment,
       EXISTS (SELECT FROM pg_depend d WHERE d.objid = t.oid AND d.deptype IN ('e', 'x')) AS of_the_extension
FROM pg_trigger t WHERE t.tgname LIKE 'holomamba_movies_%' ORDER BY 1, 2;
SELECT * FROM holomamba_internal.model_triggers('movies') ORDER BY 2, 1;

-- Events wait for the training
INSERT INTO ratings (id, user_id, movie_id, rated_at) VALUES (1, 1, 1, '2026-01-01'), (2, 1, 2, '2026-01-02');
UPDATE ratings SET movie_id = 3 WHERE id = 2;
DELETE FROM ratings WHERE id = 1;
TRUNCATE ratings;
SELECT count(*) FROM holomamba.movies_users;

-- Every other type of id, an index by hash, no items
CREATE TABLE listens (who uuid, what varchar(20), at date);
CREATE INDEX ON listens USING hash (who);
SELECT holomamba.create_model('songs', 'listens', 'who', 'what', '{at}');
CREATE TABLE visits (who text COLLATE "C", what smallint, at date) PARTITION BY RANGE (at);
CREATE TABLE visits_2026 PARTITION OF visits FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE INDEX ON visits (who);
SELECT holomamba.create_model('_visits_2', 'visits', 'who', 'what', '{at}');
SELECT a.attrelid::regclass, a.attname, format_type(a.atttypid, a.atttypmod), nullif(a.attcollation, 0)::regcollation AS collation
FROM pg_attribute a
WHERE a.attrelid = ANY ('{holomamba.songs_users,holomamba.songs_items,holomamba._visits_2_users,holomamba._visits_2_items}'::regclass[])
  AND a.attname IN ('user_id', 'item_id', 'last_1') ORDER BY 1, 2;
INSERT INTO visits VALUES ('a', 1, '2026-05-05');

-- Names that need quotes, in every place
CREATE TABLE "Odd {users}" ("{user}" text, "it""em" text, "<<o#>>" integer, "select" integer);
CREATE INDEX ON "Odd {users}" ("{user}");
CREATE TABLE "Odd items" ("K;" text UNIQUE, "{at}" text);
SELECT holomamba.create_model(rpad('m', 40, 'x'), '"Odd {users}"', '{user}', 'it"em', '{<<o#>>,select}', '"Odd items"', 'K;', '{"{at}"}');
INSERT INTO "Odd {users}" VALUES ('u', 'i', 1, 1);
UPDATE "Odd {users}" SET "select" = 2;
DELETE FROM "Odd {users}";
UPDATE "Odd items" SET "K;" = 'k';
SELECT holomamba.drop_model(rpad('m', 40, 'x'));

-- A warning where the events of a user cannot be found; partial indexes are no use
CREATE TABLE unindexed (u integer, i integer, t integer);
CREATE INDEX ON unindexed (u) WHERE i > 0;
CREATE INDEX ON unindexed (i, u);
SELECT holomamba.create_model('unindexed', 'unindexed', 'u', 'i', '{t}');
SELECT holomamba.drop_model('unindexed');

-- Refused: names and arguments
CREATE FUNCTION pg_temp.attempt(arguments text) RETURNS text LANGUAGE sql AS
    $$ SELECT pg_temp.outcome(format('SELECT holomamba.create_model(%s)', arguments)) $$;
SELECT pg_temp.attempt($$'movies', 'ratings', 'user_id', 'movie_id', '{id}'$$);
SELECT pg_temp.attempt($$'Movies', 'ratings', 'user_id', 'movie_id', '{id}'$$);
SELECT pg_temp.attempt($$'', 'ratings', 'user_id', 'movie_id', '{id}'$$);
SELECT pg_temp.attempt($$rpad('m', 41, 'x'), 'ratings', 'user_id', 'movie_id', '{id}'$$);
SELECT pg_temp.attempt($$NULL, 'ratings', 'user_id', 'movie_id', '{id}'$$);
SELECT pg_temp.attempt($$'m', NULL, 'user_id', 'movie_id', '{id}'$$);
SELECT pg_temp.attempt($$'m', 'ratings', NULL, 'movie_id', '{id}'$$);
SELECT pg_temp.attempt($$'m', 'ratings', 'user_id', NULL, '{id}'$$);
SELECT pg_temp.attempt($$'m', 'ratings', 'user_id', 'movie_id', NULL$$);
SELECT pg_temp.attempt($$'m', 'ratings', 'user_id', 'movie_id', '{id}', attributes => NULL$$);
SELECT pg_temp.attempt($$'m', 'ratings', 'user_id', 'movie_id', '{id}', options => NULL$$);
SELECT pg_temp.attempt($$'m', 'ratings', 'user_id', 'movie_id', '{id}', options => '{"dimension": -1}'$$) LIKE '22023 |%' AS bad_option;
SELECT pg_temp.attempt($$'m', 'ratings', 'user_id', 'movie_id', '{id}', options => '{"dimensoin": 16}'$$) LIKE '%dimension%' AS named;

-- Refused: relations
CREATE VIEW a_view AS SELECT * FROM ratings;
CREATE TEMP TABLE temporary (user_id integer, movie_id integer, t integer);
CREATE UNLOGGED TABLE unlogged (user_id integer, movie_id integer, t integer);
SELECT pg_temp.attempt($$'m', 'a_view', 'user_id', 'movie_id', '{id}'$$);
SELECT pg_temp.attempt($$'m', 'ratings_pkey', 'user_id', 'movie_id', '{id}'$$);
SELECT pg_temp.attempt($$'m', 'temporary', 'user_id', 'movie_id', '{t}'$$) ~ '^42809 .* is a temporary table' AS temporary;
SELECT pg_temp.attempt($$'m', 'unlogged', 'user_id', 'movie_id', '{t}'$$);
SELECT pg_temp.attempt($$'m', 'visits_2026', 'who', 'what', '{at}'$$);
SELECT pg_temp.attempt($$'m', 'pg_class', 'oid', 'relname', '{oid}'$$);
SELECT pg_temp.attempt($$'m', 0::regclass, 'oid', 'relname', '{oid}'$$);
SELECT pg_temp.attempt($$'m', 'nowhere', 'user_id', 'movie_id', '{id}'$$);

-- Refused: columns
SELECT pg_temp.attempt($$'m', 'ratings', 'user', 'movie_id', '{id}'$$);
SELECT pg_temp.attempt($$'m', 'ratings', 'user_id', 'ctid', '{id}'$$);
SELECT pg_temp.attempt($$'m', 'ratings', 'rated_at', 'movie_id', '{id}'$$);
SELECT pg_temp.attempt($$'m', 'ratings', 'user_id', 'tags', '{id}'$$);
SELECT pg_temp.attempt($$'m', 'ratings', 'movie_id', 'movie_id', '{id}'$$);
SELECT pg_temp.attempt($$'m', 'ratings', 'user_id', 'movie_id', '{}'$$);
SELECT pg_temp.attempt($$'m', 'ratings', 'user_id', 'movie_id', '{rated_at,at}'$$);
SELECT pg_temp.attempt($$'m', 'ratings', 'user_id', 'movie_id', '{id,rated_at,id}'$$);
SELECT pg_temp.attempt($$'m', 'ratings', 'user_id', 'movie_id', '{spot}'$$);
SELECT pg_temp.attempt($$'m', 'ratings', 'user_id', 'movie_id', '{tags}'$$);
SELECT pg_temp.attempt($$'m', 'ratings', 'user_id', 'movie_id', ARRAY['id', NULL]$$);

-- Refused: items and attributes
CREATE TABLE loose (movie_id integer, other text, again integer);
CREATE UNIQUE INDEX ON loose (movie_id) WHERE again > 0;
CREATE UNIQUE INDEX ON loose (movie_id, again);
SELECT pg_temp.attempt($$'m', 'ratings', 'user_id', 'movie_id', '{id}', 'movies'$$);
SELECT pg_temp.attempt($$'m', 'ratings', 'user_id', 'movie_id', '{id}', item_key => 'movie_id'$$);
SELECT pg_temp.attempt($$'m', 'ratings', 'user_id', 'movie_id', '{id}', 'a_view', 'movie_id'$$);
SELECT pg_temp.attempt($$'m', 'ratings', 'user_id', 'movie_id', '{id}', 'ratings', 'id'$$);
SELECT pg_temp.attempt($$'m', 'ratings', 'user_id', 'movie_id', '{id}', 'loose', 'movie_id'$$);
SELECT pg_temp.attempt($$'m', 'ratings', 'user_id', 'movie_id', '{id}', 'loose', 'other'$$);
SELECT pg_temp.attempt($$'m', 'ratings', 'user_id', 'movie_id', '{id}', 'movies', 'id'$$);
SELECT pg_temp.attempt($$'m', 'ratings', 'user_id', 'movie_id', '{id}', attributes => '{genres}'$$);
SELECT pg_temp.attempt($$'m', 'ratings', 'user_id', 'movie_id', '{id}', 'movies', 'movie_id', '{genre}'$$);
SELECT pg_temp.attempt($$'m', 'ratings', 'user_id', 'movie_id', '{id}', 'movies', 'movie_id', '{extra}'$$);
SELECT pg_temp.attempt($$'m', 'ratings', 'user_id', 'movie_id', '{id}', 'movies', 'movie_id', '{prices}'$$);
SELECT pg_temp.attempt($$'m', 'ratings', 'user_id', 'movie_id', '{id}', 'movies', 'movie_id', '{genres,mood,genres}'$$);

-- A refusal leaves nothing behind
SELECT model FROM holomamba.models ORDER BY model;
SELECT count(*) FROM pg_class WHERE relnamespace = 'holomamba'::regnamespace AND relname IN ('m_users', 'm_items');

-- A role of its own: owns its tables, makes and drops its own model, and no other
CREATE ROLE regress_alice;
CREATE ROLE regress_bob;
CREATE ROLE regress_friend IN ROLE regress_alice;
GRANT USAGE ON SCHEMA shop TO regress_alice, regress_bob;
CREATE TABLE alices (u integer, i integer, t integer);
CREATE TABLE alices_items (i integer PRIMARY KEY);
CREATE INDEX ON alices (u);
ALTER TABLE alices OWNER TO regress_alice;
ALTER TABLE alices_items OWNER TO regress_alice;
GRANT INSERT ON alices TO regress_bob;
GRANT SELECT ON movies TO regress_alice;

SET ROLE regress_alice;
SELECT pg_temp.attempt($$'m', 'ratings', 'user_id', 'movie_id', '{id}'$$);
SELECT pg_temp.attempt($$'m', 'alices', 'u', 'i', '{t}', 'movies', 'movie_id'$$);
SELECT holomamba.create_model('alices', 'alices', 'u', 'i', '{t}', 'alices_items', 'i');
SELECT owner FROM holomamba.models WHERE model = 'alices';
SELECT pg_temp.outcome('SELECT holomamba.drop_model(''movies'')');
SELECT pg_temp.outcome('CREATE TABLE holomamba.mine ()');

SET ROLE regress_bob;
INSERT INTO alices VALUES (1, 1, 1);
SELECT pg_temp.outcome('SELECT * FROM holomamba.alices_users');
SELECT pg_temp.outcome('SELECT holomamba.drop_model(''alices'')');
SELECT pg_temp.outcome('SELECT holomamba.rebuild_state(''alices'')');
SELECT pg_temp.outcome('SELECT * FROM holomamba.check_state(''alices'')');
CREATE TEMP TABLE bobs (u integer, i integer, t integer);
CREATE TRIGGER fake AFTER INSERT ON bobs REFERENCING NEW TABLE AS new_events FOR EACH STATEMENT EXECUTE FUNCTION holomamba_internal.follow_events('alices');
SELECT pg_temp.outcome('INSERT INTO bobs VALUES (1, 1, 1)');

-- Behind the functions' back
SELECT pg_temp.outcome('UPDATE holomamba.model_catalogue SET active_version = 1 WHERE model = ''alices''');
SELECT pg_temp.outcome('UPDATE holomamba.model_catalogue SET model = ''bobs'' WHERE model = ''alices''');
SELECT pg_temp.outcome('DELETE FROM holomamba.model_catalogue WHERE model = ''alices''');
SELECT pg_temp.outcome('INSERT INTO holomamba.version_catalogue (model, version, status, holdout, options) '
                       'VALUES (''alices'', 1, ''ready'', ''none'', ''{}'')');
SELECT pg_temp.outcome('INSERT INTO holomamba.model_catalogue (model) VALUES (''b'')');
SELECT pg_temp.outcome('SELECT holomamba_internal.declare_model(''b'', ''alices'', ''u'', ''i'', ''{t}'', NULL, NULL, ''{}'', ''{}'')');
SELECT pg_temp.outcome('SELECT holomamba_internal.declare_model(''b'', ''bobs'', ''u'', ''i'', ''{t}'', ''alices'', ''i'', ''{}'', ''{}'')');
SELECT pg_temp.outcome('INSERT INTO holomamba.vocabulary VALUES (''alices'', 1, '''', ''{}'')');
SELECT pg_temp.outcome('SELECT count(*) FROM holomamba.vocabulary_catalogue');
SELECT pg_temp.outcome('TRUNCATE holomamba.training_log');
CREATE TEMP VIEW bobs_view AS SELECT * FROM bobs;
SELECT pg_temp.outcome('SELECT holomamba_internal.declare_model(''b'', ''bobs_view'', ''u'', ''i'', ''{t}'', NULL, NULL, ''{}'', ''{}'')')
       LIKE '42809 |%' AS not_of_a_view;

-- Her own, and her members' own
SET ROLE regress_alice;
SELECT pg_temp.outcome('INSERT INTO holomamba.training_log (model, version, epoch, loss) VALUES (''alices'', 1, 1, 0.5)');
RESET ROLE;
INSERT INTO holomamba.version_catalogue (model, version, status, holdout, options) VALUES ('alices', 1, 'training', 'none', '{}');
INSERT INTO holomamba.vocabulary_catalogue VALUES ('alices', 1, '', '{1,2}');
INSERT INTO holomamba.training_log (model, version, epoch, loss) VALUES ('alices', 1, 1, 0.5);
UPDATE holomamba.version_catalogue SET best_epoch = 1 WHERE model = 'alices';
SET ROLE regress_friend;
SELECT version, active, status, best_epoch, loss FROM holomamba.versions;
SELECT * FROM holomamba.vocabulary;
SET ROLE regress_bob;
SELECT count(*) FROM holomamba.vocabulary;
SET ROLE regress_friend;
SELECT holomamba.drop_model('alices');
RESET ROLE;
SELECT count(*) FROM holomamba.training_log;

-- A superuser makes the model in the name of the tables' owner, who must be able to read the items
SELECT pg_temp.attempt($$'alices', 'alices', 'u', 'i', '{t}', 'loose', 'movie_id'$$);
ALTER TABLE loose ADD UNIQUE (movie_id);
SELECT pg_temp.attempt($$'alices', 'alices', 'u', 'i', '{t}', 'loose', 'movie_id'$$);
SELECT holomamba.create_model('alices', 'alices', 'u', 'i', '{t}');
SELECT owner FROM holomamba.models WHERE model = 'alices';

-- Dropping a model takes its own things and nothing else, whatever became of the tables
SELECT pg_temp.outcome('SELECT holomamba.drop_model(''film'')');
SELECT pg_temp.outcome('SELECT holomamba.drop_model(NULL)');
CREATE VIEW of_users AS SELECT * FROM holomamba.movies_users;
SELECT pg_temp.outcome('SELECT holomamba.drop_model(''movies'')') LIKE '2BP01 |%' AS in_use;
DROP VIEW of_users;
ALTER TABLE ratings RENAME TO renamed;
DROP TABLE listens;
SELECT holomamba.drop_model(model) FROM (SELECT model FROM holomamba.models ORDER BY model) m;
SELECT tgname FROM pg_trigger WHERE tgname LIKE 'holomamba%';
SELECT c.oid::regclass FROM pg_class c WHERE c.relnamespace = 'holomamba'::regnamespace AND c.relname ~ '_(users|items)$' AND c.relkind = 'r';
SELECT count(*) FROM holomamba_internal.model_triggers('movies');
INSERT INTO renamed (id, user_id) VALUES (1, 1);
SELECT pg_temp.outcome('SELECT holomamba.drop_model(''movies'')');

SET client_min_messages = error;
DROP SCHEMA shop CASCADE;
DROP TABLE bobs CASCADE;
DROP ROLE regress_friend, regress_alice, regress_bob;
