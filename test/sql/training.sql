-- train(), evaluate(), versions: what is learned from, what is held out, what is refused
\pset format unaligned
\set SHOW_CONTEXT never
SET client_min_messages = warning;

-- What a statement comes to: its value, or its error in full.
\getenv helpers PG_ABS_SRCDIR
\set outcome :helpers '/helpers/outcome.sql'
\i :outcome

CREATE TYPE train_size AS ENUM ('small', 'large');
CREATE TABLE train_items (
    item_id integer PRIMARY KEY, genres text[], kind varchar(10), adult boolean, size train_size, years integer[],
    price real, score numeric, released date, stamp timestamp
);
INSERT INTO train_items
SELECT i, (CASE WHEN i % 4 = 0 THEN NULL WHEN i % 5 = 0 THEN '{}' WHEN i % 2 = 0 THEN '{drama,war,NULL}' ELSE '{comedy,drama,comedy}' END)::text[],
       CASE WHEN i % 3 > 0 THEN 'kind ' || i % 3 END, CASE WHEN i % 3 < 2 THEN i % 2 = 0 END, (CASE i % 3 WHEN 0 THEN 'small' WHEN 1 THEN 'large' END)::train_size,
       ARRAY[1990 + i % 2, 2000], CASE i WHEN 3 THEN NULL WHEN 4 THEN 'NaN' WHEN 5 THEN 'Infinity' ELSE i::real END,
       NULLIF(i, 6) / 4.0, CASE i WHEN 7 THEN NULL WHEN 8 THEN 'infinity' ELSE date '2020-01-01' + i END, '2020-01-01'
FROM generate_series(1, 14) i;
-- Users 1 to 8 have 8 events, user 9 none that counts, 10 one, 11 two, 12 three; item 20 is in events only, items 13 and 14 in no event
CREATE TABLE train_events (user_id integer, item_id integer, t integer);
CREATE INDEX ON train_events (user_id);
INSERT INTO train_events SELECT u, 1 + (u * 5 + n * CASE WHEN u < 3 THEN n ELSE 7 END) % 12, n FROM generate_series(1, 8) u, generate_series(1, 8) n;
INSERT INTO train_events VALUES (9, NULL, 1), (NULL, 3, 1), (10, 1, 5), (11, 1, 1), (11, 2, 7), (12, 1, 1), (12, 2, 2), (12, 3, 9), (1, 20, 0), (3, 20, 9);
SELECT holomamba.create_model('tm', 'train_events', 'user_id', 'item_id', '{t}', 'train_items', 'item_id',
    '{genres,kind,adult,size,years,price,score,released,stamp}',
    '{"dimension": 8, "layers": 1, "state_size": 2, "epochs": 2, "learning_rate": 0.02, "batch_size": 2, "threads": 1, "seed": 1}');

-- Errors
CALL holomamba.train(NULL);
\echo :LAST_ERROR_SQLSTATE
CALL holomamba.train('nobody');
\echo :LAST_ERROR_SQLSTATE
CALL holomamba.train('');
CALL holomamba.train('tm', holdout => 'half');
\echo :LAST_ERROR_SQLSTATE
CALL holomamba.train('tm', holdout => 'None');
CALL holomamba.train('tm', holdout => NULL);
CALL holomamba.train('tm', holdout => 'time');
\echo :LAST_ERROR_SQLSTATE
CALL holomamba.train('tm', holdout => 'time', options => '{"cutoff": ""}');
CALL holomamba.train('tm', options => '{"cutoff": "5"}');
CALL holomamba.train('tm', holdout => 'leave_one_out', options => '{"cutoff": "5"}');
CALL holomamba.train('tm', holdout => 'time', options => '{"cutoff": "yesterday"}');
\echo :LAST_ERROR_SQLSTATE
CALL holomamba.train('tm', holdout => 'time', options => '{"cutoff": null}');
CALL holomamba.train('tm', holdout => 'time', options => $${"cutoff": "5'; DROP TABLE train_items; --"}$$);
BEGIN;
CALL holomamba.train('tm');
\echo :LAST_ERROR_SQLSTATE
ROLLBACK;
CREATE FUNCTION pg_temp.train() RETURNS void LANGUAGE plpgsql AS $$ BEGIN CALL holomamba.train('tm'); END $$;
SELECT pg_temp.train();
\echo :LAST_ERROR_SQLSTATE
DO $$
BEGIN
    CALL holomamba.train('tm');
EXCEPTION WHEN division_by_zero THEN
END $$;
\echo :LAST_ERROR_SQLSTATE
-- What there is to do with a model that is not trained
SELECT pg_temp.outcome($$SELECT holomamba.evaluate('tm')$$);
SELECT pg_temp.outcome($$SELECT holomamba.evaluate('tm', version => 1)$$);
SELECT pg_temp.outcome($$SELECT holomamba.activate('tm', 1)$$);
SELECT pg_temp.outcome($$SELECT holomamba.forget_version('tm', 1)$$);
SELECT holomamba.rebuild_state('tm');
SELECT count(*) AS versions, (SELECT count(*) FROM holomamba.training_log), (SELECT active_version FROM holomamba.models),
       (SELECT count(*) FROM holomamba.tm_items) AS items, (SELECT count(*) FROM holomamba.tm_users) AS users
FROM holomamba.versions;

-- Without a holdout every event with a user and an item is learned from
CALL holomamba.train('tm');
SELECT version, active, status, holdout, seed, epochs, best_epoch, events, users, items, loss > 0 AS loss, hit_rate, ndcg, finished_at >= started_at AS finished
FROM holomamba.versions;
SELECT count(*) FROM train_events WHERE user_id IS NOT NULL AND item_id IS NOT NULL;
SELECT version, epoch, loss > 0 AS loss, hit_rate, ndcg, seconds >= 0 AS seconds, logged_at IS NOT NULL AS logged FROM holomamba.training_log ORDER BY epoch;
SELECT (SELECT l.loss FROM holomamba.training_log l WHERE epoch = 2) < (SELECT l.loss FROM holomamba.training_log l WHERE epoch = 1) AS learns;
SELECT active_version FROM holomamba.models;

-- What it knows: each item of the table and of the events; each value of each attribute, once; of numbers their mean and deviation
SELECT field, labels FROM holomamba.vocabulary WHERE field NOT IN ('price', 'score', 'released') ORDER BY field;
SELECT field, abs(labels[1]::float8 / e.mean - 1) < 1e-6 AS mean, abs(labels[2]::float8 / e.deviation - 1) < 1e-6 AS deviation
FROM holomamba.vocabulary JOIN (
    SELECT 'price', avg(price), stddev_pop(price) FROM train_items WHERE price < 'Infinity'
    UNION ALL SELECT 'score', avg(score), stddev_pop(score) FROM train_items
    UNION ALL SELECT 'released', avg(extract(epoch FROM released)), stddev_pop(extract(epoch FROM released)) FROM train_items WHERE isfinite(released)
) e (field, mean, deviation) USING (field) ORDER BY field;
SELECT i.item_id, hrr_dims(token) AS token, hrr_dims(target) AS target, popularity FROM holomamba.tm_items i ORDER BY item_id;
-- An item that is not in the table of items is known to the encoder, and never recommended
SELECT ssm_vector(ssm_update(s, i.token)) <-> ssm_vector(ssm_update(s, ARRAY[NULL]::hrr[])) > 1e-3 AS known
FROM ssm_initial('tm', 1) s, holomamba.tm_items i WHERE item_id = 20;
SELECT array_agg(item_id ORDER BY item_id) FROM recommend(12345, 100, 'tm');
SELECT array_agg(item_id ORDER BY item_id) FROM recommend(1, 100, 'tm', exclude_seen => false, candidates => '{1,20,21}');
-- Each attribute is a part of the token: of its item, and of no other
CREATE TEMPORARY TABLE tokens AS SELECT item_id, token FROM holomamba.tm_items;
CREATE FUNCTION pg_temp.moved(change text) RETURNS integer[] LANGUAGE plpgsql AS $$
DECLARE
    result integer[];
BEGIN
    EXECUTE 'UPDATE train_items SET ' || change;
    PERFORM holomamba.activate('tm', 1);
    SELECT array_agg(item_id ORDER BY item_id) INTO result FROM holomamba.tm_items i JOIN tokens t USING (item_id) WHERE i.token <-> t.token > 1e-5;
    RAISE EXCEPTION '%', coalesce(result, '{}');
EXCEPTION WHEN raise_exception THEN
    RETURN SQLERRM;
END $$;
SELECT change, pg_temp.moved(change || ' WHERE item_id IN (1, 2)') FROM unnest(ARRAY[
    $$genres = '{war}'$$, 'genres = NULL', $$kind = 'kind 0'$$, $$kind = CASE kind WHEN 'kind 1' THEN 'kind 2' ELSE 'kind 1' END$$, 'kind = NULL', 'adult = NOT adult',
    $$size = (CASE item_id WHEN 1 THEN 'small' ELSE 'large' END)::train_size$$, 'years = years[2:]', 'price = 7', $$price = 'NaN'$$, 'score = 3', 'score = NULL',
    $$released = '2020-01-10'$$, $$stamp = '2021-01-01'$$]) change;
-- The order of an array, what it repeats and its NULL elements say nothing
SELECT pg_temp.moved($$genres = '{drama,comedy}' WHERE item_id = 1$$), pg_temp.moved($$genres = '{NULL,drama,NULL,comedy,drama}' WHERE item_id = 1$$);

-- Leave one out: the last event of each user is the test, the one before it the validation; who has fewer than three events is only learned from
CALL holomamba.train('tm', holdout => 'leave_one_out');
WITH u AS (SELECT user_id, count(*) AS n FROM train_events WHERE user_id IS NOT NULL AND item_id IS NOT NULL GROUP BY 1)
SELECT v.events = sum(n) - 2 * count(*) FILTER (WHERE n > 2) AS learned_from, count(*) FILTER (WHERE n > 2) AS tested, v.holdout, v.status, v.active
FROM u, holomamba.versions v WHERE version = 2 GROUP BY v.events, v.holdout, v.status, v.active;
SELECT split_part(ranker, ',', 1) AS ranker, users FROM holomamba.evaluate('tm');
SELECT epoch, hit_rate BETWEEN 0 AND 1 AS hit_rate, ndcg BETWEEN 0 AND hit_rate AS ndcg FROM holomamba.training_log WHERE version = 2 ORDER BY epoch;
-- Without the validation event there is one more to learn from
CALL holomamba.train('tm', holdout => 'leave_one_out', options => '{"validation": "off"}');
WITH u AS (SELECT user_id, count(*) AS n FROM train_events WHERE user_id IS NOT NULL AND item_id IS NOT NULL GROUP BY 1)
SELECT v.events = sum(n) - count(*) FILTER (WHERE n > 1) AS learned_from, count(*) FILTER (WHERE n > 1) AS tested
FROM u, holomamba.versions v WHERE version = 3 GROUP BY v.events;
SELECT split_part(ranker, ',', 1) AS ranker, users FROM holomamba.evaluate('tm');
SELECT epoch, hit_rate, ndcg FROM holomamba.training_log WHERE version = 3 ORDER BY epoch;

-- By time: nothing from the cutoff on is learned from, and the first event of each user from there on is the test
CALL holomamba.train('tm', holdout => 'time', options => '{"cutoff": "7", "validation": "off"}');
WITH u AS (SELECT user_id, count(*) AS n, count(*) FILTER (WHERE t < 7) AS b FROM train_events WHERE user_id IS NOT NULL AND item_id IS NOT NULL GROUP BY 1)
SELECT v.events, v.events = sum(b) AS learned_from, count(*) FILTER (WHERE n > b) AS tested FROM u, holomamba.versions v WHERE version = 4 GROUP BY v.events;
SELECT split_part(ranker, ',', 1) AS ranker, users FROM holomamba.evaluate('tm');
CALL holomamba.train('tm', holdout => 'time', options => '{"cutoff": "7"}');
WITH u AS (SELECT user_id, count(*) AS n, count(*) FILTER (WHERE t < 7) AS b FROM train_events WHERE user_id IS NOT NULL AND item_id IS NOT NULL GROUP BY 1)
SELECT v.events, v.events = sum(b) - count(*) FILTER (WHERE n > b AND b > 1) AS learned_from, count(*) FILTER (WHERE n > b) AS tested
FROM u, holomamba.versions v WHERE version = 5 GROUP BY v.events;
SELECT split_part(ranker, ',', 1) AS ranker, users FROM holomamba.evaluate('tm', version => 5);
SELECT t.targets, split_part(e.ranker, ',', 1) AS ranker, e.segment, e.users, e.events
FROM unnest('{first,last,successive}'::text[]) t (targets), holomamba.evaluate('tm', targets => t.targets, segments => true) e WHERE e.ranker LIKE 'model%';
SELECT count(*) FROM (SELECT row_number() OVER (PARTITION BY user_id ORDER BY t) AS n, t FROM train_events WHERE user_id IS NOT NULL AND item_id IS NOT NULL) e WHERE t >= 7;
-- A cutoff that nothing lies behind tests nobody, and one that everything lies behind leaves nothing to learn from
CALL holomamba.train('tm', holdout => 'time', options => '{"cutoff": "100"}');
SELECT version, events, (SELECT max(users) FROM holomamba.evaluate('tm')) AS tested FROM holomamba.versions WHERE active;
CALL holomamba.train('tm', holdout => 'time', options => '{"cutoff": "-100"}');
\echo :LAST_ERROR_SQLSTATE
SELECT active_version FROM holomamba.models;
SELECT holomamba.activate('tm', 2);
DO $$ BEGIN PERFORM holomamba.forget_version(model, version) FROM holomamba.versions WHERE version > 5; END $$;

-- The figures of evaluate(), recomputed: the rank of the held-out item among all that are on sale, by brute force; ties count against the
-- ranker, and so does an item that is not
CREATE TEMPORARY TABLE train_held AS
    SELECT user_id, (array_agg(item_id ORDER BY t DESC))[1] AS item_id, (array_agg(item_id ORDER BY t))[1:count(*)::integer - 1] AS seen
    FROM train_events WHERE user_id IS NOT NULL AND item_id IS NOT NULL GROUP BY user_id HAVING count(*) > 2;
CREATE TEMPORARY TABLE train_scores AS
    SELECT 'model' AS ranker, h.user_id, v.item_id::integer,
           -(v.target <#> ssm_vector(s.state)) + CASE WHEN v.item_id::integer = ANY (h.seen) THEN r.repeat_score ELSE 0 END AS score
    FROM train_held h,
         LATERAL (SELECT ssm_update(ssm_initial('tm', 2), array_agg(i.token ORDER BY n)) AS state
                  FROM unnest(h.seen) WITH ORDINALITY u (item_id, n) JOIN holomamba.tm_items i USING (item_id)) s,
         holomamba.item_vectors('tm', 2) v JOIN train_items a ON a.item_id = v.item_id::integer, (SELECT repeat_score FROM holomamba.version_catalogue WHERE model = 'tm' AND version = 2) r
    UNION ALL
    SELECT 'popularity', h.user_id, i.item_id,
           (SELECT count(*) FROM train_held l, unnest(l.seen[:cardinality(l.seen) - 1]) s (item_id) WHERE s.item_id = i.item_id)
           + (SELECT count(*) FROM train_events e WHERE e.item_id = i.item_id AND e.user_id NOT IN (SELECT user_id FROM train_held))
    FROM train_held h, train_items i;
CREATE FUNCTION pg_temp.brute_force(k integer, exclude_seen boolean)
RETURNS TABLE (ranker text, users bigint, hit_rate float8, ndcg float8, mrr float8, coverage float8) LANGUAGE sql AS $$
    WITH open AS MATERIALIZED (
        SELECT s.*, row_number() OVER (PARTITION BY s.ranker, s.user_id ORDER BY s.score DESC, s.item_id) AS place
        FROM train_scores s JOIN train_held h USING (user_id) WHERE NOT (exclude_seen AND s.item_id = ANY (h.seen))
    ), ranks AS (
        -- 0 where the held-out item is not among those that are ranked
        SELECT r.ranker, h.user_id, count(o.item_id) AS rank
        FROM train_held h CROSS JOIN (VALUES ('model'), ('popularity')) r (ranker)
        LEFT JOIN open t ON t.ranker = r.ranker AND t.user_id = h.user_id AND t.item_id = h.item_id
        LEFT JOIN open o ON o.ranker = r.ranker AND o.user_id = h.user_id AND o.score >= t.score
        GROUP BY r.ranker, h.user_id
    )
    SELECT r.ranker, count(*), avg((rank BETWEEN 1 AND k)::integer)::float8,
           avg(CASE WHEN rank BETWEEN 1 AND k THEN 1 / log(2, rank + 1.0) ELSE 0 END)::float8, avg(CASE WHEN rank BETWEEN 1 AND k THEN 1.0 / rank ELSE 0 END)::float8,
           (SELECT count(DISTINCT o.item_id) FROM open o WHERE o.ranker = r.ranker AND o.place <= k)::float8 / (SELECT count(*) FROM train_items)
    FROM ranks r GROUP BY r.ranker
$$;
SELECT k, exclude_seen, e.ranker, e.users = b.users AS users, abs(e.hit_rate - b.hit_rate) < 1e-9 AS hit_rate, abs(e.ndcg - b.ndcg) < 1e-9 AS ndcg,
       abs(e.mrr - b.mrr) < 1e-9 AS mrr, abs(e.coverage - b.coverage) < 1e-9 AS coverage
FROM (VALUES (1, true), (3, true), (10, true), (10000, true), (1, false), (3, false), (10, false), (10000, false)) p (k, exclude_seen),
     LATERAL (SELECT split_part(ranker, ' ', 1) AS ranker, users, hit_rate, ndcg, mrr, coverage FROM holomamba.evaluate('tm', k, exclude_seen)) e
     JOIN LATERAL (SELECT * FROM pg_temp.brute_force(k, exclude_seen)) b ON b.ranker = e.ranker
ORDER BY exclude_seen, k, ranker;
-- Neither of them is always right or always wrong here, so the comparison says something
SELECT ranker, bool_or(hit_rate BETWEEN 0.01 AND 0.99) FROM generate_series(1, 10) k, pg_temp.brute_force(k, true) GROUP BY ranker ORDER BY ranker;
-- By popularity, with numbers: nine tested users; their items and how often each was learned from
SELECT h.user_id, h.item_id, s.score, s.item_id = ANY (h.seen) AS seen FROM train_held h JOIN train_scores s USING (user_id, item_id) WHERE s.ranker = 'popularity' ORDER BY 1;
SELECT round(hit_rate::numeric, 4) AS hit_rate, round(ndcg::numeric, 4) AS ndcg, round(mrr::numeric, 4) AS mrr, round(coverage::numeric, 4) AS coverage
FROM holomamba.evaluate('tm', 5) WHERE ranker = 'popularity';
-- Every event is of a segment by its item's novelty and by its item's popularity
SELECT e.ranker, e.segment, e.users, e.events, e.not_served FROM holomamba.evaluate('tm', segments => true) e WHERE e.ranker IN ('popularity', 'transitions');
DROP TABLE train_scores, train_held;

SELECT statement, pg_temp.outcome('SELECT holomamba.evaluate(' || statement || ')') FROM (VALUES
    ($$'tm', 0$$), ($$'tm', -1$$), ($$'tm', 10001$$), ($$'tm', NULL$$), ($$NULL$$), ($$'tm', targets => NULL$$), ($$'tm', segments => NULL$$), ($$'tm', targets => 'second'$$), ($$'nobody'$$), ($$'tm', version => 99$$),
    ($$'tm', version => 0$$), ($$'tm', version => 1$$)) AS t (statement);
SELECT count(*) FROM holomamba.evaluate('tm', version => NULL);

-- Early stopping: the best epoch is the one whose weights are kept, and patience bounds what comes after it
CALL holomamba.train('tm', 40, 'leave_one_out', '{"patience": 2, "learning_rate": 0.05}');
SELECT v.epochs < 40 AS stopped, v.epochs = v.best_epoch + 2 AS patient,
       v.epochs = (SELECT count(*) FROM holomamba.training_log l WHERE l.version = v.version) AS logged,
       v.ndcg = (SELECT max(ndcg) FROM holomamba.training_log l WHERE l.version = v.version) AS best,
       v.best_epoch = (SELECT epoch FROM holomamba.training_log l WHERE l.version = v.version ORDER BY ndcg DESC, epoch LIMIT 1) AS first_best
FROM holomamba.versions v WHERE active;

-- The argument epochs
CALL holomamba.train('tm', 1);
CALL holomamba.train('tm', epochs => 3);
SELECT version, epochs, best_epoch, options -> 'epochs' AS asked FROM holomamba.versions WHERE version > 6 ORDER BY version;

-- The same seed, the same weights, bit by bit; another seed, others
CALL holomamba.train('tm');
CALL holomamba.train('tm', options => '{"seed": 2}');
SELECT a.version, bool_and(a.data = b.data) AS same, count(*) > 10 AS several
FROM holomamba.parameters a JOIN holomamba.parameters b ON b.model = a.model AND b.version = 1 AND b.name = a.name AND b.shape = a.shape
WHERE a.version IN (9, 10) GROUP BY a.version ORDER BY a.version;
SELECT version, fingerprint = (SELECT fingerprint FROM holomamba.version_catalogue WHERE model = 'tm' AND version = 1) AS same
FROM holomamba.version_catalogue WHERE version IN (9, 10) ORDER BY version;
SELECT bool_and(octet_length(data) = 4 * (SELECT CASE WHEN min(n) > 0 THEN round(exp(sum(ln(greatest(n, 1))))) ELSE 0 END FROM unnest(shape) n)) AS shapes FROM holomamba.parameters;
-- As many threads as there are, twice
CALL holomamba.train('tm', options => '{"threads": 3}');
CALL holomamba.train('tm', options => '{"threads": 3}');
SELECT count(DISTINCT fingerprint) FROM holomamba.version_catalogue WHERE version IN (11, 12);

-- To and fro: each version recommends what it did
SELECT holomamba.activate('tm', 1);
CREATE TEMPORARY TABLE recommended AS SELECT 1 AS version, u, r.* FROM generate_series(1, 13) u, recommend(u, 100, 'tm') r;
SELECT holomamba.activate('tm', 10);
INSERT INTO recommended SELECT 10, u, r.* FROM generate_series(1, 13) u, recommend(u, 100, 'tm') r;
SELECT count(*) > 0 AS they_differ FROM recommended a JOIN recommended b USING (u, item_id) WHERE a.version = 1 AND b.version = 10 AND abs(a.score - b.score) > 1e-3;
SELECT holomamba.activate('tm', 1);
SELECT count(*) AS missing FROM (SELECT u, item_id FROM recommended WHERE version = 1 EXCEPT SELECT u, r.item_id FROM generate_series(1, 13) u, recommend(u, 100, 'tm') r) d;
SELECT bool_and(abs(r.score - a.score) < 1e-5) AS same FROM generate_series(1, 13) u, recommend(u, 100, 'tm') r JOIN recommended a USING (item_id) WHERE a.u = u.u AND version = 1;
SELECT holomamba.activate('tm', 10);
SELECT bool_and(abs(r.score - a.score) < 1e-5) AS same, count(*) = (SELECT count(*) FROM recommended WHERE version = 10) AS all_of_them
FROM generate_series(1, 13) u, recommend(u, 100, 'tm') r JOIN recommended a USING (item_id) WHERE a.u = u.u AND version = 10;
-- An activation that is rolled back never was
BEGIN;
SELECT holomamba.activate('tm', 1);
SELECT active_version FROM holomamba.models;
ROLLBACK;
SELECT bool_and(abs(r.score - a.score) < 1e-5) AS same, (SELECT active_version FROM holomamba.models)
FROM generate_series(1, 13) u, recommend(u, 100, 'tm') r JOIN recommended a USING (item_id) WHERE a.u = u.u AND version = 10;
-- A version remembers what was left to the data
SELECT count(*) AS left_to_the_data FROM holomamba.versions v, jsonb_each_text(v.options) o WHERE v.status = 'ready' AND o.value = 'auto';
SELECT statement, pg_temp.outcome('SELECT holomamba.' || statement) FROM (VALUES
    ($$activate('tm', 99)$$), ($$activate('tm', NULL)$$), ($$activate('tm', 0)$$), ($$activate('nobody', 1)$$), ($$activate(NULL, 1)$$),
    ($$forget_version('tm', 10)$$), ($$forget_version('tm', 99)$$), ($$forget_version('tm', NULL)$$), ($$forget_version('nobody', 1)$$), ($$forget_version(NULL, 1)$$),
    ($$rebuild_state('nobody')$$), ($$rebuild_state(NULL)$$)) AS t (statement);
SELECT holomamba.forget_version('tm', 9);
SELECT (SELECT count(*) FROM holomamba.versions WHERE version = 9) AS versions, (SELECT count(*) FROM holomamba.parameters WHERE version = 9) AS parameters,
       (SELECT count(*) FROM holomamba.training_log WHERE version = 9) AS log, (SELECT count(*) FROM holomamba.vocabulary WHERE version = 9) AS vocabulary;
SELECT pg_temp.outcome($$SELECT holomamba.activate('tm', 9)$$);

-- From a DO block, which may commit; and the next version's number is no former one's
SELECT max(version) + 1 AS next FROM holomamba.versions \gset
DO $$ BEGIN CALL holomamba.train('tm'); END $$;
SELECT active_version = :next AS next FROM holomamba.models;

-- What was dropped since: an error that says what, nothing begun, and the active version stays
CREATE VIEW train_before AS SELECT (SELECT count(*) FROM holomamba.versions) AS versions, (SELECT count(*) FROM holomamba.versions WHERE status = 'training') AS training, active_version = :next AS active FROM holomamba.models;
SELECT versions AS before FROM train_before \gset
BEGIN;
ALTER TABLE train_items RENAME TO train_items_kept;
COMMIT;
CALL holomamba.train('tm', 1);
SELECT versions - :before AS versions, training FROM train_before;
ALTER TABLE train_items_kept RENAME TO train_items;
SET session_replication_role = replica;  -- the event trigger would refuse it
ALTER TABLE train_items DROP COLUMN kind;
RESET session_replication_role;
CALL holomamba.train('tm');
\echo :LAST_ERROR_SQLSTATE
SELECT pg_temp.outcome($$SELECT holomamba.activate('tm', 10)$$);
SELECT pg_temp.outcome($$SELECT holomamba.evaluate('tm', version => 2)$$);
SELECT count(*) FROM recommend(1, 3, 'tm');
DROP TABLE train_items;
CALL holomamba.train('tm');
\echo :LAST_ERROR_SQLSTATE
SELECT pg_temp.outcome($$SELECT holomamba.activate('tm', 10)$$);
SELECT count(*) FROM recommend(1, 3, 'tm');
INSERT INTO train_events VALUES (1, 1, 100);
SELECT events FROM holomamba.tm_users WHERE user_id = 1;
DROP VIEW train_before;
SELECT holomamba.drop_model('tm');
DROP TABLE train_events;
DROP TYPE train_size;
