-- Pictures: well-formed whatever names and labels hold, with a point for each epoch and item
\pset format unaligned
SET client_min_messages = warning;
\getenv helpers PG_ABS_SRCDIR
\set outcome :helpers '/helpers/outcome.sql'
\i :outcome

CREATE TABLE plot_items (item_id text PRIMARY KEY, "kind <&>" text, price real, tags text[]);
INSERT INTO plot_items SELECT 'item <' || i || '>', CASE WHEN i < 12 THEN 'kind & ' || i % 10 END, CASE WHEN i <> 3 THEN i END, ARRAY['a', E'b\x01\n'] FROM generate_series(1, 12) i;
CREATE TABLE plot_events (user_id integer, item_id text, t integer, PRIMARY KEY (user_id, t));
INSERT INTO plot_events SELECT u, 'item <' || 1 + (u * 5 + n * n) % 12 || '>', n FROM generate_series(1, 8) u, generate_series(1, 6) n;
SELECT holomamba.create_model('plot', 'plot_events', 'user_id', 'item_id', '{t}', 'plot_items', 'item_id', '{kind <&>,price,tags}',
    '{"dimension": 8, "layers": 1, "state_size": 2, "epochs": 3, "threads": 1}');
SELECT pg_temp.outcome($$SELECT holomamba.plot_training('nobody')$$), pg_temp.outcome($$SELECT holomamba.plot_training(NULL)$$);
SELECT pg_temp.outcome($$SELECT holomamba.plot_training('plot')$$), pg_temp.outcome($$SELECT holomamba.plot_items('plot')$$);
CALL holomamba.train('plot', holdout => 'leave_one_out');
CALL holomamba.train('plot', 1);

CREATE FUNCTION pg_temp.facts(svg text, OUT well_formed boolean, OUT circles integer, OUT lines integer, OUT colours integer) LANGUAGE sql AS $$
    SELECT xml_is_well_formed_document(svg), regexp_count(svg, '<circle'), regexp_count(svg, '<polyline'),
           (SELECT count(DISTINCT c[1]) FROM regexp_matches(svg, '<circle[^>]*fill="([^"]*)"', 'g') c)
$$;
SELECT f.* FROM pg_temp.facts(holomamba.plot_training('plot')) f;
SELECT t.text FROM regexp_split_to_table(holomamba.plot_training('plot'), E'\n') t (text) WHERE t.text LIKE '<text%' AND t.text !~ '[0-9][.][0-9]{4}<';
SELECT a.attribute, f.* FROM unnest('{NULL,kind <&>,price,tags}'::name[]) a (attribute), pg_temp.facts(holomamba.plot_items('plot', a.attribute, 1)) f;
SELECT t.text FROM regexp_split_to_table(holomamba.plot_items('plot', 'kind <&>'), E'\n') t (text) WHERE t.text NOT LIKE '<circle%';
SELECT pg_temp.outcome($$SELECT holomamba.plot_items('plot', 'colour')$$), pg_temp.outcome($$SELECT holomamba.plot_items('plot', version => 9)$$);
-- Near each other on the map are items whose tokens are alike: its plane holds no less of their differences than another
SELECT m.total > r.total AS better FROM
    (SELECT var_pop(x) + var_pop(y) AS total FROM holomamba_internal.item_map('plot', 1, NULL)) m,
    (SELECT var_pop(v[1]) + var_pop(v[2]) AS total FROM (SELECT ARRAY(SELECT e / sqrt(sum(e * e) OVER ()) FROM unnest(token::real[]) WITH ORDINALITY u (e, n) ORDER BY n) AS v FROM holomamba.item_vectors('plot', 1)) i) r;
-- The curves are for everybody who sees the figures, the map is for the owner
CREATE ROLE plot_other;
SET ROLE plot_other;
SELECT f.well_formed FROM pg_temp.facts(holomamba.plot_training('plot')) f;
SELECT pg_temp.outcome($$SELECT holomamba.plot_items('plot')$$);
RESET ROLE;
DROP ROLE plot_other;
SELECT holomamba.drop_model('plot');
DROP TABLE plot_events, plot_items;
