-- Numbers that arithmetic in floats has no room for, as attributes of items: a training, new items and explanations go on
\pset format unaligned
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE DOMAIN nm_amount AS numeric CHECK (VALUE IS DISTINCT FROM 5);
CREATE TABLE nm_items (item integer PRIMARY KEY, x double precision, y real, n numeric, d nm_amount, day date, moment timestamptz, far double precision, same double precision);
INSERT INTO nm_items SELECT i, i, i, i, i, date '2020-01-01' + i, '2020-01-01', 1e200 * i, 7 FROM generate_series(6, 30) i;
INSERT INTO nm_items (item, x, y, n, d, day, moment) VALUES
    (101, 1.79e308, 3.4e38, '1e400', '1e400', 'infinity', 'infinity'),
    (102, -1.79e308, -3.4e38, '-1e400', '-1e400', '-infinity', '-infinity'),
    (103, 1e200, 1e37, '1e-400', '1e-400', '4713-01-01 BC', '4713-01-01 BC'),
    (104, 1e-310, 1e-44, '1e-310', '-1e-310', '5874897-12-31', '294276-12-31'),
    (105, 'NaN', 'NaN', 'NaN', 'NaN', NULL, NULL),
    (106, 'Infinity', '-Infinity', 'Infinity', '-Infinity', NULL, NULL),
    (107, -0.0, 0, 0, 0, '0001-01-01', '0001-01-01');
CREATE TABLE nm_events (who integer, item integer, t integer);
CREATE INDEX ON nm_events (who);
INSERT INTO nm_events SELECT u, 6 + (u * 5 + n * 7) % 25, n FROM generate_series(1, 10) u, generate_series(1, 12) n;
SELECT holomamba.create_model('nm', 'nm_events', 'who', 'item', '{t}', 'nm_items', 'item', '{x,y,n,d,day,moment,far,same}',
    '{"dimension": 16, "layers": 1, "state_size": 1, "epochs": 2, "batch_size": 8, "threads": 1}');
CALL holomamba.train('nm');

-- What is beyond 1e30 counts as none, what is next to nothing as 0
SELECT field, round(labels[1]::numeric, 3) AS mean, labels[2]::numeric > 0 AS deviation FROM holomamba.vocabulary WHERE field <> '' ORDER BY field;
SELECT (SELECT array_agg(round(v, 3)) FROM unnest(ARRAY[avg(x), avg(y), avg(n)]::numeric[]) v) AS means
FROM (SELECT x, y, n FROM nm_items WHERE item < 100 UNION ALL SELECT 0, 0, 0 UNION ALL SELECT 0, 0, 0 UNION ALL SELECT NULL, NULL, 0) v;
SELECT count(*) AS described FROM holomamba.nm_items WHERE item_id > 100 AND target IS NOT NULL;

-- Items that come later, far away from all that the version has seen: 10,000 deviations at most
INSERT INTO nm_items (item, x, n) VALUES (201, 1e29, -1e29), (202, 9.9e29, -1e30), (203, 1e300, '1e1000'), (204, NULL, NULL), (205, 1e-300, '1e-1000'), (206, 0, 0);
UPDATE nm_items SET x = 1e30, y = 1e30, d = 1e30 WHERE item = 20;
UPDATE nm_items SET x = 1.79e308, n = '1e400' WHERE item = 21;
SELECT count(*) AS described FROM holomamba.nm_items WHERE (item_id > 200 OR item_id IN (20, 21)) AND target IS NOT NULL;
SELECT a.item_id, b.item_id, a.target = b.target AS same
FROM (VALUES (201, 202), (203, 204), (205, 206), (204, 206), (201, 204)) AS p (a, b) JOIN holomamba.nm_items a ON a.item_id = p.a JOIN holomamba.nm_items b ON b.item_id = p.b;

-- Contributions add up to the score, wherever an item is; what a number contributes is what the target has of it
SELECT count(*) AS items, max(abs(e.total - r.score)) < 1e-4 AS adds_up
FROM generate_series(1, 3) u, recommend(u, 100, exclude_seen => false) r,
     LATERAL (SELECT sum(contribution) AS total FROM explain_recommendation(u, r.item_id) WHERE kind <> 'event') e;
CREATE TABLE asked AS SELECT (SELECT vector FROM holomamba.nm_users WHERE user_id = 1) AS vector;
CREATE FUNCTION pg_temp.as_removed(number text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    contribution double precision;
    before double precision;
BEGIN
    EXECUTE format('UPDATE nm_items SET x = %s WHERE item = 10', number);
    contribution := (SELECT e.contribution FROM explain_recommendation(1, 10) e WHERE value LIKE 'x=%');
    before := (SELECT -(i.target <#> a.vector) FROM holomamba.nm_items i, asked a WHERE i.item_id = 10);
    UPDATE nm_items SET x = NULL WHERE item = 10;
    RETURN (SELECT abs(before + (i.target <#> a.vector) - contribution) < 1e-3 FROM holomamba.nm_items i, asked a WHERE i.item_id = 10);
END $$;
SELECT x, pg_temp.as_removed(x) FROM unnest('{18,-300,1e4,3.5e10,-1e29}'::text[]) x;

-- Labels of a number that are none
CREATE FUNCTION pg_temp.with_labels(bad text[]) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    UPDATE holomamba.vocabulary_catalogue SET labels = bad WHERE field = 'x';
    PERFORM holomamba.describe_items('nm', 1, '{10}');
    RAISE no_data_found;
EXCEPTION
    WHEN no_data_found THEN RETURN 'described';
    WHEN OTHERS THEN RETURN SQLSTATE || ' ' || SQLERRM;
END $$;
SELECT bad, pg_temp.with_labels(bad::text[])
FROM unnest(ARRAY['{0,1}', '{0,0}', '{0,-1}', '{0,NaN}', '{1e999,1}', '{0,1e-999}', '{-1.5e+30,1e-30}', '{0}', '{}', '{0,NULL}', '{one,two}', '{0,1,2}']) bad;
SELECT holomamba.drop_model('nm');
DROP TABLE nm_items, nm_events, asked;
DROP DOMAIN nm_amount;
