-- Updates of what a model does not read touch nothing of it; those of what it reads, however they come about, are followed
\pset format unaligned
\set SHOW_CONTEXT never
SET client_min_messages = warning;

CREATE TABLE upd_events (gone integer, id serial PRIMARY KEY, u integer, i integer, t integer NOT NULL, note text, region integer NOT NULL DEFAULT 1);
ALTER TABLE upd_events DROP COLUMN gone;
CREATE INDEX ON upd_events (u);
CREATE TABLE upd_goods (item_id integer PRIMARY KEY, genre text, tags text[], stock integer);
INSERT INTO upd_goods SELECT n, 'genre ' || n % 3, ARRAY['tag ' || n % 2], 100 FROM generate_series(1, 12) n;
INSERT INTO upd_events (u, i, t) SELECT u, 1 + (u * 5 + n * n) % 11, n FROM generate_series(1, 6) u, generate_series(1, 6) n;
SELECT holomamba.create_model('upd', 'upd_events', 'u', 'i', '{t,id}', 'upd_goods', 'item_id', '{genre,tags}', '{"dimension": 8, "layers": 1, "state_size": 2, "epochs": 1, "threads": 1}');
CALL holomamba.train('upd');

-- Whether a statement has looked at the states, whom it has moved, and who is wrong
CREATE FUNCTION pg_temp.does(statement text, OUT looked boolean, OUT moved text, OUT wrong text) LANGUAGE plpgsql AS $$
BEGIN
    CREATE TEMPORARY TABLE before AS SELECT user_id, s.*::text AS row FROM holomamba.upd_users s;
    BEGIN
        EXECUTE statement;
        looked := EXISTS (SELECT FROM pg_locks l WHERE l.pid = pg_backend_pid() AND l.relation = 'holomamba.upd_users'::regclass AND l.mode = 'RowExclusiveLock');
        SELECT string_agg(coalesce(b.user_id, s.user_id)::text, ' ' ORDER BY coalesce(b.user_id, s.user_id)::text) INTO moved
        FROM before b FULL JOIN holomamba.upd_users s USING (user_id) WHERE s.*::text IS DISTINCT FROM b.row;
        SELECT string_agg(user_id || ' ' || difference, ', ' ORDER BY user_id) INTO wrong FROM holomamba.check_state('upd');
        RAISE EXCEPTION USING ERRCODE = 'UTEST';
    EXCEPTION WHEN SQLSTATE 'UTEST' THEN
        NULL;
    END;
    DROP TABLE before;
END $$;
SELECT * FROM pg_temp.does('SELECT 1');
SELECT * FROM pg_temp.does('UPDATE upd_events SET note = ''seen''');
SELECT * FROM pg_temp.does('UPDATE upd_events SET note = repeat(''long'', 10000) WHERE id = 7');
SELECT * FROM pg_temp.does('UPDATE upd_events SET i = i, t = t, u = u');
SELECT * FROM pg_temp.does('UPDATE upd_events SET note = ''none'' WHERE false');
SELECT * FROM pg_temp.does('UPDATE upd_events SET note = ''x'', i = CASE WHEN id = 36 THEN 12 ELSE i END');
SELECT * FROM pg_temp.does('UPDATE upd_events SET u = 1 WHERE id = 12');
SELECT * FROM pg_temp.does('UPDATE upd_events SET u = NULL WHERE id = 12');
SELECT * FROM pg_temp.does('UPDATE upd_events SET i = NULL WHERE id = 12');
SELECT * FROM pg_temp.does('UPDATE upd_events SET t = -t WHERE u = 2');
SELECT * FROM pg_temp.does('UPDATE upd_events SET id = id + 1000 WHERE u = 2');
-- Two rows that become each other are what they were
SELECT * FROM pg_temp.does('UPDATE upd_events SET t = 3 - t WHERE u = 2 AND t IN (1, 2)');
SELECT * FROM pg_temp.does('UPDATE upd_events SET (t, i, id) = (SELECT e.t, e.i, e.id + 1000 FROM upd_events e WHERE e.u = 2 AND e.t = 3 - upd_events.t) WHERE u = 2 AND t IN (1, 2)');
-- Several updates in one statement, and beside other changes
SELECT * FROM pg_temp.does('WITH a AS (UPDATE upd_events SET note = ''a'' WHERE u = 1), b AS (UPDATE upd_events SET note = ''b'' WHERE u = 2) UPDATE upd_events SET note = ''c'' WHERE u = 3');
SELECT * FROM pg_temp.does('WITH a AS (UPDATE upd_events SET note = ''a'' WHERE u = 1), b AS (UPDATE upd_events SET i = 12 WHERE u = 2) UPDATE upd_events SET note = ''c'' WHERE u = 3');
SELECT * FROM pg_temp.does('WITH a AS (DELETE FROM upd_events WHERE u = 1 AND t > 3) UPDATE upd_events SET note = ''c'' WHERE u = 3');
SELECT * FROM pg_temp.does('INSERT INTO upd_events (id, u, i, t) SELECT id, u, i, t FROM upd_events WHERE u = 4 ON CONFLICT (id) DO UPDATE SET note = ''again''');
-- A trigger that assigns what the statement does not name
CREATE FUNCTION upd_assign() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.i := 12; RETURN NEW; END $$;
BEGIN;
CREATE TRIGGER a BEFORE UPDATE ON upd_events FOR EACH ROW WHEN (NEW.u = 5) EXECUTE FUNCTION upd_assign();
SELECT * FROM pg_temp.does('UPDATE upd_events SET note = ''a'' WHERE u = 5 AND t = 1');
SELECT * FROM pg_temp.does('UPDATE upd_events SET note = ''a'' WHERE u = 4 AND t = 1');
ROLLBACK;
-- Columns that were added later, one of them read
BEGIN;
ALTER TABLE upd_events ADD COLUMN more text NOT NULL DEFAULT 'more', ADD COLUMN even_more integer DEFAULT 7;
SELECT * FROM pg_temp.does('UPDATE upd_events SET even_more = 8');
ROLLBACK;

-- The place of an event may be shared by another where no unique index says otherwise
CREATE PROCEDURE upd_ties(ddl text, INOUT looked boolean DEFAULT NULL, INOUT moved text DEFAULT NULL, INOUT wrong text DEFAULT NULL) LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE ddl;
    SELECT d.* INTO looked, moved, wrong FROM pg_temp.does('UPDATE upd_events SET note = ''moved''') d;
    ROLLBACK;
END $$;
CALL upd_ties('SELECT');
CALL upd_ties('ALTER TABLE upd_events DROP CONSTRAINT upd_events_pkey');
CALL upd_ties('ALTER TABLE upd_events DROP CONSTRAINT upd_events_pkey; CREATE UNIQUE INDEX ON upd_events (id)');
CALL upd_ties('ALTER TABLE upd_events DROP CONSTRAINT upd_events_pkey; CREATE UNIQUE INDEX ON upd_events (t, u, id)');
CALL upd_ties('ALTER TABLE upd_events DROP CONSTRAINT upd_events_pkey; CREATE UNIQUE INDEX ON upd_events (t, u)');
CALL upd_ties('ALTER TABLE upd_events DROP CONSTRAINT upd_events_pkey; CREATE UNIQUE INDEX ON upd_events (t, u); ALTER TABLE upd_events ALTER u SET NOT NULL');
CALL upd_ties('ALTER TABLE upd_events DROP CONSTRAINT upd_events_pkey; CREATE UNIQUE INDEX ON upd_events (id, region)');
CALL upd_ties('ALTER TABLE upd_events DROP CONSTRAINT upd_events_pkey; CREATE UNIQUE INDEX ON upd_events (id) WHERE u > 0');
CALL upd_ties('ALTER TABLE upd_events DROP CONSTRAINT upd_events_pkey; CREATE UNIQUE INDEX ON upd_events ((id + 1))');
CALL upd_ties('ALTER TABLE upd_events DROP CONSTRAINT upd_events_pkey; CREATE UNIQUE INDEX ON upd_events (id) INCLUDE (note)');
CALL upd_ties('ALTER TABLE upd_events DROP CONSTRAINT upd_events_pkey, ADD PRIMARY KEY (id) DEFERRABLE INITIALLY DEFERRED');
CALL upd_ties('ALTER TABLE upd_events DROP CONSTRAINT upd_events_pkey, ALTER id DROP NOT NULL; CREATE UNIQUE INDEX ON upd_events (id)');
CALL upd_ties('CREATE TABLE upd_child () INHERITS (upd_events)');

-- With ties those move whose tied events move, and nobody else
VACUUM FULL upd_events;
BEGIN;
ALTER TABLE upd_events DROP CONSTRAINT upd_events_pkey;
INSERT INTO upd_events (id, u, i, t) VALUES (6, 1, 4, 6), (12, 2, 8, 6), (12, 2, 9, 7), (24, 4, 9, 7), (18, 3, 5, 6);
SELECT * FROM pg_temp.does('UPDATE upd_events SET note = ''moved''');
SELECT * FROM pg_temp.does('UPDATE upd_events SET note = ''moved'' WHERE i < 8');
SELECT * FROM pg_temp.does('UPDATE upd_events SET note = ''moved'' WHERE i < 8 AND t < 6');
SELECT * FROM pg_temp.does('UPDATE upd_events SET note = ''moved'' WHERE u = 1 AND i = 9');
SELECT * FROM pg_temp.does('UPDATE upd_events SET note = ''moved'', i = CASE WHEN u = 6 THEN 12 ELSE i END WHERE i > 8');
ROLLBACK;

-- Items: stocks and the like change no target
CREATE FUNCTION pg_temp.does_to_items(statement text, OUT looked boolean, OUT changed text) LANGUAGE plpgsql AS $$
BEGIN
    CREATE TEMPORARY TABLE before AS SELECT item_id, s.*::text AS row FROM holomamba.upd_items s;
    BEGIN
        EXECUTE statement;
        looked := EXISTS (SELECT FROM pg_locks l WHERE l.pid = pg_backend_pid() AND l.relation = 'holomamba.upd_users'::regclass AND l.mode = 'RowExclusiveLock');
        SELECT string_agg(coalesce(b.item_id, s.item_id)::text, ' ' ORDER BY coalesce(b.item_id, s.item_id)) INTO changed
        FROM before b FULL JOIN holomamba.upd_items s USING (item_id) WHERE s.*::text IS DISTINCT FROM b.row;
        RAISE EXCEPTION USING ERRCODE = 'UTEST';
    EXCEPTION WHEN SQLSTATE 'UTEST' THEN
        NULL;
    END;
    DROP TABLE before;
END $$;
SELECT * FROM pg_temp.does_to_items('UPDATE upd_goods SET stock = stock - 1');
SELECT * FROM pg_temp.does_to_items('UPDATE upd_goods SET stock = stock - 1, genre = CASE WHEN item_id = 7 THEN ''genre 0'' ELSE genre END');
SELECT * FROM pg_temp.does_to_items('UPDATE upd_goods SET tags = ''{tag 1,tag 0}'' WHERE item_id = 3');
SELECT * FROM pg_temp.does_to_items('UPDATE upd_goods SET item_id = 77 WHERE item_id = 3');
SELECT * FROM pg_temp.does_to_items('INSERT INTO upd_goods VALUES (3, ''x'', NULL, 1) ON CONFLICT (item_id) DO UPDATE SET stock = 1');
BEGIN;
-- past the event trigger, which refuses it
SET LOCAL session_replication_role = replica;
ALTER TABLE upd_goods DROP COLUMN genre;
SET LOCAL session_replication_role = origin;
SAVEPOINT a;
UPDATE upd_goods SET stock = 3 WHERE item_id = 1;
ROLLBACK TO a;
DELETE FROM upd_goods WHERE item_id = 1;
SELECT target IS NULL AS gone FROM holomamba.upd_items WHERE item_id = 1;
ROLLBACK;

-- One row at a time, as logical replication applies them
SELECT holomamba.enable_logical_replica('upd');
SET session_replication_role = replica;
SELECT * FROM pg_temp.does('UPDATE upd_events SET note = ''seen''');
SELECT * FROM pg_temp.does('UPDATE upd_events SET i = 12 WHERE u = 2 AND t = 1');
SELECT * FROM pg_temp.does_to_items('UPDATE upd_goods SET stock = stock - 1');
SELECT * FROM pg_temp.does_to_items('UPDATE upd_goods SET genre = ''genre 0'' WHERE item_id = 7');
RESET session_replication_role;
SELECT holomamba.drop_model('upd');
DROP TABLE upd_events, upd_goods;

-- Partitions, by a column that the model does not read; and values that lie in the TOAST table
CREATE TABLE upd_events (id integer NOT NULL, u text, i integer, t text COLLATE "C" NOT NULL, note text, region integer NOT NULL, UNIQUE (id, region)) PARTITION BY LIST (region);
CREATE TABLE upd_one PARTITION OF upd_events FOR VALUES IN (1);
CREATE TABLE upd_two (region integer NOT NULL, note text, t text COLLATE "C" NOT NULL, u text, i integer, id integer NOT NULL);
ALTER TABLE upd_events ATTACH PARTITION upd_two FOR VALUES IN (2);
CREATE UNIQUE INDEX upd_order ON upd_events (id, region);
CREATE INDEX ON upd_events (u);
ALTER TABLE upd_events ALTER t SET STORAGE EXTERNAL;
INSERT INTO upd_events SELECT u * 10 + n, 'user ' || u, 1 + (u * 5 + n * n) % 11, n || repeat('t', 3000), NULL, 1 + u % 2 FROM generate_series(1, 6) u, generate_series(1, 6) n;
SELECT holomamba.create_model('upd', 'upd_events', 'u', 'i', '{region,t,id}', options => '{"dimension": 8, "layers": 1, "state_size": 2, "epochs": 1, "threads": 1}');
CALL holomamba.train('upd');
SELECT looked, wrong FROM pg_temp.does('UPDATE upd_events SET note = ''seen''');
SELECT looked, wrong FROM pg_temp.does('UPDATE upd_one SET note = ''seen''');
SELECT looked, wrong FROM pg_temp.does('UPDATE upd_events SET t = t || ''t'' WHERE id = 11');
SELECT looked, wrong FROM pg_temp.does('UPDATE upd_events SET region = 3 - region WHERE id = 11');
SELECT holomamba.drop_model('upd');
SELECT holomamba.create_model('upd', 'upd_events', 'u', 'i', '{t,id}', options => '{"dimension": 8, "layers": 1, "state_size": 2, "epochs": 1, "threads": 1}');
CALL holomamba.train('upd');
-- The key of the partitions is not part of the order, so no index says that there are no ties
SELECT looked, moved, wrong FROM pg_temp.does('UPDATE upd_events SET note = ''seen''');
SELECT looked, moved, wrong FROM pg_temp.does('UPDATE upd_events SET region = 3 - region WHERE id % 3 = 0');
BEGIN;
CREATE TABLE upd_three PARTITION OF upd_events DEFAULT;
INSERT INTO upd_events SELECT id, u, 3, t, note, 1 FROM upd_events WHERE id = 16;
SELECT region, i FROM upd_events WHERE id = 16 ORDER BY tableoid;
SELECT looked, moved, wrong FROM pg_temp.does('UPDATE upd_events SET region = 3 WHERE id = 16 AND region = 1');
SELECT looked, moved, wrong FROM pg_temp.does('UPDATE upd_events SET region = 3 WHERE id = 16 AND region = 2');
SELECT looked, moved, wrong FROM pg_temp.does('UPDATE upd_events SET region = 3 WHERE id = 15');
ROLLBACK;
-- A move that ends nowhere
CREATE FUNCTION upd_nowhere() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN CASE WHEN NEW.note = 'lost' THEN NULL ELSE NEW END; END $$;
CREATE TRIGGER a BEFORE INSERT ON upd_one FOR EACH ROW EXECUTE FUNCTION upd_nowhere();
SELECT looked, moved, wrong FROM pg_temp.does('UPDATE upd_events SET region = 3 - region, note = CASE id WHEN 11 THEN ''lost'' ELSE ''kept'' END WHERE u = ''user 1''');
SELECT holomamba.drop_model('upd');
DROP TABLE upd_events;
DROP FUNCTION upd_assign, upd_nowhere;
DROP PROCEDURE upd_ties;

-- Orders of a domain over an enum, NOT NULL and not
CREATE TYPE upd_phase AS ENUM ('dawn', 'noon', 'dusk', 'night');
CREATE DOMAIN upd_some_phase AS upd_phase;
CREATE DOMAIN upd_phase_of_day AS upd_some_phase;
CREATE TABLE phases (u integer, i integer, day integer, phase upd_phase_of_day NOT NULL, part upd_some_phase, note text);
CREATE INDEX ON phases (u, day);
INSERT INTO phases SELECT u, 1 + (u * 5 + n * n) % 11, n / 4, (enum_range(NULL::upd_phase))[1 + n % 4], (enum_range(NULL::upd_phase))[1 + u % 4] FROM generate_series(1, 8) u, generate_series(0, 11) n;
SELECT holomamba.create_model('phases', 'phases', 'u', 'i', '{phase,part,day}', options => '{"dimension": 8, "layers": 1, "state_size": 2, "epochs": 1, "threads": 1}');
CALL holomamba.train('phases', holdout => 'time', options => '{"cutoff": "dusk"}');
CALL holomamba.train('phases', holdout => 'leave_one_out');
UPDATE phases SET note = 'x' WHERE u = 1 AND day = 1 AND phase::upd_phase = 'noon';
UPDATE phases SET note = 'x';
INSERT INTO phases SELECT 2, 5, 0, 'noon', 'dusk' FROM generate_series(1, 3);
INSERT INTO phases VALUES (3, 4, 5, 'night', NULL);
INSERT INTO phases VALUES (3, 5, 5, 'night', NULL);
UPDATE phases SET note = 'y' WHERE u = 2 AND i = 5;
UPDATE phases SET note = 'y' WHERE u = 3 AND day = 5;
UPDATE phases SET phase = 'dawn', day = 7 WHERE u = 4 AND i > 5;
DELETE FROM phases WHERE u = 5 AND phase::upd_phase > 'noon';
SELECT * FROM holomamba.check_state('phases');
SELECT count(*) AS reasons FROM explain_recommendation(1, 4, 'phases') WHERE kind = 'event';
SELECT users FROM holomamba.evaluate('phases');
SELECT holomamba.drop_model('phases');
DROP TABLE phases;
DROP TYPE upd_phase CASCADE;
