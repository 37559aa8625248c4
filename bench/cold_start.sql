-- What bench/cold_start.sh asks.
SET client_min_messages = warning;
CREATE TABLE cold_items AS SELECT * FROM items WHERE md5(item_id::text) < '1a';
CREATE TABLE cold_users AS SELECT DISTINCT user_id FROM events WHERE md5('user ' || user_id) < '1a';
-- Of the users who are trained on: the last event, where it is of a cold item.
CREATE TABLE item_tests AS
    SELECT l.user_id, l.item_id
    FROM (SELECT DISTINCT ON (user_id) user_id, item_id FROM events ORDER BY user_id, id DESC) l
    WHERE l.item_id IN (SELECT item_id FROM cold_items) AND l.user_id NOT IN (SELECT user_id FROM cold_users);
-- Of the others: the first events, and the one after each.
CREATE TABLE user_tests AS
    SELECT s.user_id, n AS events, s.items[1:n] AS history, s.items[n + 1] AS item_id
    FROM (SELECT user_id, array_agg(item_id ORDER BY id) AS items FROM events
          WHERE user_id IN (SELECT user_id FROM cold_users) AND item_id NOT IN (SELECT item_id FROM cold_items) GROUP BY user_id) s,
         generate_series(1, 5) n
    WHERE cardinality(s.items) > n;
DELETE FROM events WHERE user_id IN (SELECT user_id FROM cold_users) OR item_id IN (SELECT item_id FROM cold_items);
DELETE FROM items WHERE item_id IN (SELECT item_id FROM cold_items);
VACUUM ANALYZE;

SELECT holomamba.create_model('with_attributes', 'events', 'user_id', 'item_id', '{id}', 'items', 'item_id', ARRAY[:'attribute']::name[]),
       holomamba.create_model('items_alone', 'events', 'user_id', 'item_id', '{id}', 'items', 'item_id') \g /dev/null
CALL holomamba.train('with_attributes', holdout => 'leave_one_out', options => jsonb_build_object('seed', :seed));
CALL holomamba.train('items_alone', holdout => 'leave_one_out', options => jsonb_build_object('seed', :seed));
INSERT INTO items SELECT * FROM cold_items;

CREATE FUNCTION gain(rank bigint) RETURNS double precision LANGUAGE sql IMMUTABLE AS 'SELECT coalesce(1 / log(2.0, rank + 1.0), 0)::double precision';
CREATE FUNCTION figures(hit_rate double precision, ndcg double precision) RETURNS text LANGUAGE sql IMMUTABLE AS
    $$ SELECT round(hit_rate::numeric, 4) || ' / ' || round(ndcg::numeric, 4) $$;

-- The rank of the item sought among the ten that are recommended, NULL where it is not there.
CREATE TABLE user_ranks AS
    SELECT t.events, m.model,
           (SELECT r.rank FROM (SELECT n.item_id, row_number() OVER () AS rank FROM recommend_next(t.history, 10, model => m.model) n) r
            WHERE r.item_id = t.item_id) AS rank
    FROM user_tests t, unnest('{with_attributes,items_alone}'::text[]) m (model);
INSERT INTO user_ranks
    SELECT t.events, 'popularity',
           (SELECT r.rank
            FROM (SELECT p.item_id, row_number() OVER (ORDER BY p.events DESC, p.item_id) AS rank
                  FROM (SELECT item_id, count(*) AS events FROM events GROUP BY item_id ORDER BY 2 DESC LIMIT 100) p WHERE p.item_id <> ALL (t.history)) r
            WHERE r.item_id = t.item_id AND r.rank <= 10)
    FROM user_tests t;
\pset format unaligned
\t on
\echo
\echo '| events of a new user | users | with attributes | items alone | popularity |'
\echo '| --- | --- | --- | --- | --- |'
SELECT format('| %s | %s | %s | %s | %s |', events, count(*) FILTER (WHERE model = 'popularity'),
              figures(avg((rank IS NOT NULL)::integer) FILTER (WHERE model = 'with_attributes'), avg(gain(rank)) FILTER (WHERE model = 'with_attributes')),
              figures(avg((rank IS NOT NULL)::integer) FILTER (WHERE model = 'items_alone'), avg(gain(rank)) FILTER (WHERE model = 'items_alone')),
              figures(avg((rank IS NOT NULL)::integer) FILTER (WHERE model = 'popularity'), avg(gain(rank)) FILTER (WHERE model = 'popularity')))
FROM user_ranks GROUP BY events ORDER BY events;

CREATE TABLE item_ranks AS
    SELECT (SELECT r.rank FROM (SELECT n.item_id, row_number() OVER () AS rank
                                FROM recommend(t.user_id, 10, candidates => c.ids, model => 'with_attributes') n) r
            WHERE r.item_id = t.item_id) AS rank
    FROM item_tests t, (SELECT array_agg(item_id) AS ids FROM cold_items) c;
\echo
\echo '| new items | users | with attributes | without, in random order | times the ndcg@10 |'
\echo '| --- | --- | --- | --- | --- |'
SELECT format('| %s | %s | %s | %s | %s |', n.items, m.users, figures(m.hit_rate, m.ndcg), figures(10.0 / n.items, o.ndcg), round((m.ndcg / o.ndcg)::numeric, 1))
FROM (SELECT count(*) AS users, avg((rank IS NOT NULL)::integer)::double precision AS hit_rate, avg(gain(rank)) AS ndcg FROM item_ranks) m,
     (SELECT count(*) AS items FROM cold_items) n,
     LATERAL (SELECT sum(gain(rank)) / n.items AS ndcg FROM generate_series(1::bigint, 10) rank) o;
-- Without attributes all of them have one score.
SELECT 'different scores of the new items without attributes: ' || count(DISTINCT r.score)
FROM (SELECT user_id FROM item_tests LIMIT 1) u, (SELECT array_agg(item_id) AS ids FROM cold_items) c,
     recommend(u.user_id, 10000, candidates => c.ids, model => 'items_alone') r;
