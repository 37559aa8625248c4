-- Attributes of items that are vectors: embeddings of texts or pictures
\pset format unaligned
\set SHOW_CONTEXT never
SET client_min_messages = warning;
\getenv helpers PG_ABS_SRCDIR
\set outcome :helpers '/helpers/outcome.sql'
\i :outcome

-- What is a vector
CREATE DOMAIN embedding AS real[] CHECK (cardinality(VALUE) = 4);
CREATE DOMAIN coordinate AS real;
CREATE TYPE vector AS (x real[]);
SELECT t, holomamba_internal.attribute_kind(t) FROM unnest(ARRAY['real[]', 'double precision[]', 'embedding', 'coordinate[]', 'hrr', 'hrr(4)', 'hrr[]', 'fhrr',
    'numeric[]', 'integer[]', 'vector', 'vector[]', 'ssm_state', 'point']::regtype[]) t;
SELECT holomamba_internal.is_pgvector('vector'), holomamba_internal.is_pgvector('real[]');
DROP TYPE vector;

-- Two tastes, each with items of its own, whose texts say so
CREATE TABLE books (id integer PRIMARY KEY, title text, text_vector real[], cover embedding, summary hrr, pages integer[]);
INSERT INTO books
SELECT i, 'book ' || i, ARRAY[CASE WHEN i % 2 = 0 THEN 1 ELSE -1 END, sin(i), cos(i)], ARRAY[i, 1, 2, 3], hrr_random(5, i), ARRAY[i % 2] FROM generate_series(1, 20) i;
CREATE TABLE loans (reader integer, book integer, n integer);
CREATE INDEX ON loans (reader);
INSERT INTO loans SELECT r, 1 + (r % 2 + 2 * (r * 3 + n * n)) % 20, n FROM generate_series(1, 30) r, generate_series(1, 8) n;
ALTER TABLE loans ADD v real[];
SELECT pg_temp.outcome($$SELECT holomamba.create_model('e', 'loans', 'reader', 'book', '{n}', event_attributes => '{v}')$$);
SELECT pg_temp.outcome($$SELECT holomamba.create_model('e', 'loans', 'reader', 'book', '{n}', target_column => 'v', target_values => '{1}')$$);
SELECT holomamba.create_model('books', 'loans', 'reader', 'book', '{n}', 'books', 'id', '{text_vector,pages,cover,summary}',
    '{"dimension": 8, "layers": 1, "state_size": 2, "epochs": 3, "learning_rate": 0.02, "threads": 1}');

-- Refused, and nothing is left of the version
CREATE FUNCTION pg_temp.refused(change text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    told text;
BEGIN
    BEGIN
        EXECUTE change;
        PERFORM holomamba_internal.begin_training('books', 1, 'none', '{}');
        RAISE division_by_zero USING MESSAGE = 'not refused';
    EXCEPTION WHEN OTHERS THEN
        GET STACKED DIAGNOSTICS told = PG_EXCEPTION_DETAIL, change = PG_EXCEPTION_HINT;
        RETURN concat_ws(' | ', SQLSTATE, SQLERRM, nullif(told, ''), nullif(change, ''));
    END;
END $$;
SELECT pg_temp.refused('SELECT 1');
SELECT pg_temp.refused($$UPDATE books SET text_vector = '{1,2}' WHERE id = 7$$);
SELECT pg_temp.refused($$UPDATE books SET text_vector = '{{1,2,3}}' WHERE id = 7$$);
SELECT pg_temp.refused($$UPDATE books SET text_vector = array_fill(1::real, ARRAY[4097]) WHERE id = 7$$);
SELECT pg_temp.refused($$UPDATE books SET text_vector = array_fill(1::real, ARRAY[4097])$$);
SELECT pg_temp.refused($$UPDATE books SET summary = hrr_random(4, 1) WHERE id = 7$$);
-- Not refused: what is no vector is none
SELECT pg_temp.refused($$UPDATE books SET text_vector = CASE id WHEN 1 THEN NULL WHEN 2 THEN '{}' WHEN 3 THEN '{0,0,0}' WHEN 4 THEN '{1,NaN,1}'
    WHEN 5 THEN '{1,NULL,1}' WHEN 6 THEN '{1,-Infinity,1}' WHEN 7 THEN '[0:2]={1,2,3}' ELSE text_vector END::real[]$$);
SELECT count(*) FROM holomamba.versions;

CALL holomamba.train('books');
SELECT field, labels FROM holomamba.labels WHERE model = 'books' AND field IN ('text_vector', 'cover', 'summary') ORDER BY 1;
SELECT name, shape FROM holomamba.parameters WHERE model = 'books' AND name LIKE 'embedding.%' ORDER BY name COLLATE "C";

-- Described as when trained, an item has the vectors that the training gave it
CREATE TEMPORARY TABLE known AS SELECT item_id, token::text, target::text FROM holomamba.books_items;
SELECT count(*), bool_and(d.token::text = k.token AND d.target::text = k.target)
FROM holomamba.describe_items('books', 1, ARRAY(SELECT id::text FROM books)) d JOIN known k ON k.item_id = d.item_id::integer;
SELECT count(*), bool_and(d.token::text = k.token AND d.target::text = k.target)
FROM known k, holomamba.describe_items('books', 1, ARRAY[k.item_id::text]) d;

-- Items that come and change
CREATE FUNCTION pg_temp.look(OUT changed text, OUT wrong bigint) LANGUAGE plpgsql AS $$
BEGIN
    SELECT string_agg(item_id || CASE WHEN k.item_id IS NULL THEN ' new' WHEN i.token::text <> k.token THEN ' token' ELSE ' target' END, ', ' ORDER BY item_id) INTO changed
    FROM known k FULL JOIN holomamba.books_items i USING (item_id) WHERE (k.token, k.target) IS DISTINCT FROM (i.token::text, i.target::text);
    SELECT count(*) INTO wrong FROM holomamba.check_state('books');
    TRUNCATE known;
    INSERT INTO known SELECT item_id, token::text, target::text FROM holomamba.books_items;
END $$;
UPDATE books SET text_vector = '{1,0,0}' WHERE id IN (3, 4);
SELECT * FROM pg_temp.look();
-- Its length says nothing
UPDATE books SET text_vector = '{1e30,0,0}' WHERE id IN (3, 4);
SELECT * FROM pg_temp.look();
UPDATE books SET cover = '{3,2,1,0}', title = 'other' WHERE id = 5;
UPDATE books SET summary = hrr_random(5, 100) WHERE id = 6;
SELECT * FROM pg_temp.look();
UPDATE books SET title = 'title', text_vector = text_vector, summary = summary;
SELECT * FROM pg_temp.look();
-- What is no vector of the length that the version knows is none, whatever it is
INSERT INTO books SELECT 100 + n, 'new', v::real[] FROM unnest(ARRAY['{1,2,3}', '{2,4,6}', NULL, '{}', '{0,0,0}', '{1,2}', '{1,2,3,4}', '{{1,2,3}}', '{1,NULL,3}', '{1,NaN,3}',
    '{Infinity,2,3}', '[5:7]={1,2,3}', '{1e-44,2e-44,3e-44}', '{1e38,2e38,3e38}']) WITH ORDINALITY u (v, n);
SELECT min(item_id) AS first, count(*), array_agg(item_id ORDER BY item_id) AS items FROM holomamba.books_items WHERE item_id > 100 GROUP BY target::text ORDER BY 1;
SELECT * FROM pg_temp.look();
DELETE FROM books WHERE id > 100;
SELECT * FROM pg_temp.look();
SELECT holomamba.activate('books', 1);
SELECT * FROM pg_temp.look();

-- Why: one part for the whole vector, and the parts add up to the score
SELECT kind, regexp_replace(value, '^reader.*', '') AS value FROM explain_recommendation(1, 3, 'books') WHERE kind IN ('attribute', 'item', 'bias') ORDER BY 1, 2;
SELECT r.item_id, abs(r.score - (SELECT sum(e.contribution) FROM explain_recommendation(1, r.item_id, 'books') e WHERE e.kind <> 'event')) < 1e-4 AS adds_up
FROM recommend(1, 3, 'books') r ORDER BY 1;
UPDATE books SET text_vector = NULL, cover = NULL WHERE id = 3;
SELECT kind, value FROM explain_recommendation(1, 3, 'books') WHERE kind = 'attribute' ORDER BY 1, 2;

-- Renamed columns, and a map that has no colours
ALTER TABLE books RENAME text_vector TO words;
SELECT name FROM holomamba.parameters WHERE model = 'books' AND name LIKE 'embedding.projection.%' ORDER BY name COLLATE "C";
UPDATE books SET words = '{0,1,0}' WHERE id = 3;
SELECT left(holomamba.plot_items('books', 'words'), 4), holomamba.plot_items('books', 'words') LIKE '%#bbbbbb%' AS grey;

-- Types change
ALTER TABLE books ALTER words TYPE double precision[];
SELECT holomamba.activate('books', 1);
INSERT INTO books (id, words) VALUES (201, '{1e300,-1e300,1e300}'), (202, '{1,-1,1}'), (203, '{1e-300,-1e-300,1e-300}'), (204, '{1e300,1e-300,1}');
SELECT count(DISTINCT target::text) FROM holomamba.books_items WHERE item_id > 200;
DELETE FROM books WHERE id > 200;
ALTER TABLE books ALTER words TYPE hrr;
SELECT * FROM pg_temp.look();
SELECT holomamba.activate('books', 1);
ALTER TABLE books ALTER summary TYPE fhrr USING fhrr_random(5, 1);
ALTER TABLE books ALTER words TYPE text USING 'text';
UPDATE books SET words = 'other' WHERE id = 4;
SELECT holomamba.activate('books', 1);
ALTER TABLE books ALTER words TYPE numeric USING 1;
UPDATE books SET words = 2 WHERE id = 4;
ALTER TABLE books ALTER words TYPE real[] USING ARRAY[1, id, 2], ALTER pages TYPE real[] USING ARRAY[1, 2];
UPDATE books SET words = '{1,1,1}' WHERE id = 4;

-- Trained anew, with an attribute that has become a vector; from an older version's weights only where they are as long
CALL holomamba.train('books', options => '{"warm_start": true}');
CALL holomamba.train('books');
CALL holomamba.train('books', options => '{"warm_start": true}');
SELECT version, status FROM holomamba.versions WHERE model = 'books' ORDER BY 1;
UPDATE books SET words = ARRAY[1, id];
SELECT count(DISTINCT target::text) > 1 AS others_tell_them_apart FROM holomamba.books_items;
CALL holomamba.train('books', options => '{"warm_start": true}');
CALL holomamba.train('books', epochs => 1);
-- None of any item
UPDATE books SET words = NULL;
CALL holomamba.train('books', epochs => 1);
SELECT v.labels FROM holomamba.labels v WHERE v.model = 'books' AND v.field = 'words' ORDER BY v.version DESC LIMIT 1;
SELECT shape, octet_length(data) FROM holomamba.parameters WHERE model = 'books' AND name = 'embedding.projection.words' ORDER BY version DESC LIMIT 1;
UPDATE books SET words = '{1}' WHERE id = 3;

-- Labels that are not a length
CREATE FUNCTION pg_temp.with_labels(damaged text[]) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    told text;
BEGIN
    BEGIN
        UPDATE holomamba.vocabulary_catalogue SET labels = damaged WHERE model = 'books' AND field = 'words' AND version = (SELECT max(version) FROM holomamba.versions);
        PERFORM holomamba.activate('books', (SELECT max(version) FROM holomamba.versions));
        RAISE division_by_zero USING MESSAGE = 'not refused';
    EXCEPTION WHEN OTHERS THEN
        GET STACKED DIAGNOSTICS told = PG_EXCEPTION_DETAIL;
        RETURN concat_ws(' | ', SQLSTATE, SQLERRM, nullif(told, ''));
    END;
END $$;
SELECT l, pg_temp.with_labels(l::text[]) FROM unnest(ARRAY['{}', '{a}', '{1,2}', '{-1}', '{1}', '{4097}', '{9999}', '{99999}', '{NULL}']) l;
SELECT holomamba.drop_model('books');

-- A new item is known by its vector alone: the readers of even ones get it
CREATE TABLE talks (id integer PRIMARY KEY, embedding double precision[]);
CREATE FUNCTION pg_temp.embedding(i integer) RETURNS double precision[] LANGUAGE sql AS $$ SELECT ARRAY[CASE WHEN i % 2 = 0 THEN 1 ELSE -1 END, sin(i) / 4, cos(i) / 4] $$;
INSERT INTO talks SELECT i, pg_temp.embedding(i) FROM generate_series(1, 40) i;
CREATE TABLE visits (guest integer, talk integer, n integer);
CREATE INDEX ON visits (guest, n);
INSERT INTO visits SELECT g, 1 + g % 2 + 2 * ((g * 7 + n * n * 3) % 20), n FROM generate_series(1, 60) g, generate_series(1, 12) n;
SELECT holomamba.create_model('talks', 'visits', 'guest', 'talk', '{n}', 'talks', 'id', '{embedding}',
    '{"dimension": 16, "layers": 1, "state_size": 2, "epochs": 20, "learning_rate": 0.02, "item_dropout": 0.5, "threads": 1}');
CALL holomamba.train('talks');
INSERT INTO talks SELECT i, pg_temp.embedding(i) FROM generate_series(1001, 1010) i;
SELECT count(*) FILTER (WHERE r.item_id::integer % 2 = (g + 1) % 2) > 0.9 * count(*) AS after_taste
FROM generate_series(1, 60) g, recommend(g, 5, 'talks', candidates => ARRAY(SELECT generate_series(1001, 1010))) r;
SELECT count(*) FROM holomamba.check_state('talks');
SELECT holomamba.drop_model('talks');
DROP TABLE books, loans, talks, visits;
DROP DOMAIN embedding, coordinate;
