-- Made from docs/hrr.md by test/doc_test.pl
CREATE TABLE words (word text PRIMARY KEY, v hrr(1024) NOT NULL);
INSERT INTO words
SELECT word, hrr_symbol(1024, word)
FROM unnest('{apple,pear,plum,fig,USA,Mexico,Sweden,Washington,Mexico City,Stockholm,dollar,peso,krona}'::text[]) AS word;
SELECT a.word, b.word AS other, round(cosine_similarity(a.v, b.v)::numeric, 2) AS similarity
FROM words a, words b
WHERE a.word = 'apple' AND b.word IN ('apple', 'pear', 'plum')
ORDER BY similarity DESC;
SELECT round(cosine_similarity(a + b, a)::numeric, 2) AS bundle,
       round(cosine_similarity(a * b, a)::numeric, 2) AS binding,
       round(cosine_similarity(a * b / b, a)::numeric, 2) AS unbound,
       round(cosine_similarity(a * role / role, a)::numeric, 2) AS unbound_from_role
FROM (VALUES (hrr_symbol(1024, 'apple'), hrr_symbol(1024, 'pear'), hrr_role(1024, 'colour'))) AS x (a, b, role);
CREATE TABLE baskets (id integer PRIMARY KEY, contents hrr(1024));
INSERT INTO baskets
SELECT id, bundle(v)
FROM (VALUES (1, 'apple'), (1, 'apple'), (1, 'fig'), (2, 'pear'), (2, 'fig')) AS bought (id, word) JOIN words USING (word)
GROUP BY id;
SELECT word, round(inner_product(contents, v)::numeric) AS times
FROM baskets, words
WHERE id = 1 AND word IN ('apple', 'pear', 'plum', 'fig')
ORDER BY word;
UPDATE baskets SET contents = contents - (SELECT v FROM words WHERE word = 'apple') WHERE id = 1;
SELECT round(cosine_similarity(a.contents, b.contents)::numeric, 1) AS similarity
FROM baskets a, baskets b
WHERE a.id = 1 AND b.id = 2;
CREATE TABLE countries (country text PRIMARY KEY, capital text, currency text);
INSERT INTO countries VALUES
    ('USA', 'Washington', 'dollar'), ('Mexico', 'Mexico City', 'peso'), ('Sweden', 'Stockholm', 'krona');
CREATE TABLE country_vectors AS
SELECT country, hrr_record(hrr_role(1024, key), hrr_symbol(1024, value)) AS record
FROM countries, jsonb_each_text(to_jsonb(countries))
GROUP BY country;
SELECT word, round(inner_product(v, record / hrr_role(1024, 'capital'))::numeric, 1) AS product
FROM country_vectors, words
WHERE country = 'Sweden'
ORDER BY product DESC, word
LIMIT 3;
SELECT country, nearest.word AS currency
FROM country_vectors,
     LATERAL (SELECT word FROM words ORDER BY v <=> (SELECT record / hrr_role(1024, 'currency')) LIMIT 1) AS nearest
ORDER BY country;
SELECT key, max(cosine_similarity(v, record / hrr_role(1024, key))) > 0.15 AS found
FROM country_vectors, words, unnest('{capital,currency,president}'::text[]) AS key
WHERE country = 'Mexico'
GROUP BY key
ORDER BY key;
SELECT word, round(cosine_similarity(v, mexico.record / (usa.record / hrr_symbol(1024, 'dollar')))::numeric, 1) AS similarity
FROM words, country_vectors mexico, country_vectors usa
WHERE mexico.country = 'Mexico' AND usa.country = 'USA'
ORDER BY similarity DESC, word
LIMIT 2;
WITH relation AS (
    SELECT sweden.record / usa.record AS v
    FROM country_vectors sweden, country_vectors usa
    WHERE sweden.country = 'Sweden' AND usa.country = 'USA'
)
SELECT asked, nearest.word AS answer
FROM relation, unnest('{USA,Washington,dollar}'::text[]) AS asked,
     LATERAL (SELECT word FROM words ORDER BY words.v <=> (SELECT relation.v * hrr_symbol(1024, asked)) LIMIT 1) AS nearest
ORDER BY asked;
CREATE TABLE tours AS
SELECT hrr_sequence(v ORDER BY stop) AS tour
FROM (VALUES (1, 'Stockholm'), (2, 'Washington'), (3, 'Mexico City'), (4, 'Washington')) AS visits (stop, word)
JOIN words USING (word);
SELECT stop, nearest.word
FROM tours, generate_series(1, 4) AS stop,
     LATERAL (SELECT word FROM words ORDER BY v <=> (SELECT tour / hrr_position(1024, stop)) LIMIT 1) AS nearest
ORDER BY stop;
SELECT stop, round(inner_product(tour, hrr_symbol(1024, 'Washington') * hrr_position(1024, stop))::numeric) AS here
FROM tours, generate_series(1, 5) AS stop
ORDER BY stop;
CREATE FUNCTION spelling(word text) RETURNS hrr LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT hrr_ngrams(hrr_symbol(1024, letter), 2 ORDER BY i)
    FROM regexp_split_to_table('^' || lower(word) || '$', '') WITH ORDINALITY AS letters (letter, i)
$$;
SELECT typed, nearest.word, round(similarity::numeric, 1) AS similarity
FROM unnest('{stokholm,washingtn,mexcio}'::text[]) AS typed,
     LATERAL (SELECT word, cosine_similarity(spelling(word), spelling(typed)) AS similarity
              FROM words ORDER BY similarity DESC LIMIT 1) AS nearest
ORDER BY typed;
CREATE TABLE maps AS
SELECT bundle(hrr_role(1024, source) * hrr_shuffle(hrr_symbol(1024, target))) AS graph
FROM (VALUES ('USA', 'Mexico'), ('Mexico', 'USA'), ('Sweden', 'USA')) AS flights (source, target);
SELECT source, nearest.word AS target
FROM maps, unnest('{Sweden,Mexico}'::text[]) AS source,
     LATERAL (SELECT word FROM words
              ORDER BY v <=> (SELECT hrr_shuffle(graph / hrr_role(1024, source), -1)) LIMIT 1) AS nearest
ORDER BY source;
SELECT d, round(inner_product(hrr_encode_number(1024, 20, 5, 1), hrr_encode_number(1024, 20 + 5 * d, 5, 1))::numeric, 1) AS product,
       CASE d WHEN 0 THEN 1 ELSE round((sin(pi() * d) / (pi() * d))::numeric, 1) END AS expected
FROM unnest('{0,0.25,0.5,0.75,1,1.5,2}'::float8[]) AS d
ORDER BY d;
WITH person AS (
    SELECT hrr_role(1024, 'age') * hrr_encode_number(1024, 37, 5, 1) +
           hrr_role(1024, 'height') * hrr_encode_number(1024, 1.81, 0.1, 2) +
           hrr_role(1024, 'lives in') * hrr_symbol(1024, 'Stockholm') AS record
)
SELECT (SELECT age FROM generate_series(0, 120) AS age
        ORDER BY hrr_encode_number(1024, age, 5, 1) <=> (SELECT record / hrr_role(1024, 'age')) LIMIT 1) AS age,
       (SELECT round(height, 1) FROM generate_series(1.0, 2.2, 0.02) AS height
        ORDER BY hrr_encode_number(1024, height::float8, 0.1, 2) <=> (SELECT record / hrr_role(1024, 'height')) LIMIT 1) AS height
FROM person;
SELECT hour, round(inner_product(hrr_encode_cyclic(1024, 23, 24, 6), hrr_encode_cyclic(1024, hour, 24, 6))::numeric, 1) AS like_23
FROM unnest('{23,0,2,5,11,47}'::integer[]) AS hour;
SELECT word, round(inner_product(v::fhrr, record / fhrr_role(1024, 'capital'))::numeric, 1) AS product
FROM words, (SELECT hrr_record(fhrr_role(1024, key), fhrr_symbol(1024, value)) AS record
             FROM countries, jsonb_each_text(to_jsonb(countries))
             WHERE country = 'Sweden') AS sweden
ORDER BY product DESC, word
LIMIT 1;
CREATE FUNCTION capacity(n integer, pairs integer, items integer, questions integer) RETURNS numeric LANGUAGE sql AS $$
    WITH item AS MATERIALIZED (
        SELECT i, hrr_random(n, i) AS v FROM generate_series(1, items) AS i
    ), pair AS MATERIALIZED (
        SELECT p, (p - 1) / pairs AS record, hrr_unitary(n, p) AS key, 1 + (p * 7919) % items AS i
        FROM generate_series(1, questions) AS p
    ), record AS MATERIALIZED (
        SELECT record, hrr_record(key, v) AS v FROM pair JOIN item USING (i) GROUP BY record
    )
    SELECT round(100.0 * count(*) FILTER (WHERE answer.i = pair.i) / count(*))
    FROM pair JOIN record USING (record),
         LATERAL (SELECT item.i FROM item ORDER BY item.v <#> (SELECT record.v / key) LIMIT 1) AS answer
$$;
SELECT n, capacity(n, 2, 1000, 128) AS "2", capacity(n, 4, 1000, 128) AS "4", capacity(n, 8, 1000, 128) AS "8",
       capacity(n, 16, 1000, 128) AS "16", capacity(n, 32, 1000, 128) AS "32"
FROM unnest('{64,128,256,512,1024}'::integer[]) AS n
ORDER BY n;
SELECT pairs, capacity(96, pairs, 3706, 400) AS percent
FROM unnest('{1,2,4,8}'::integer[]) AS pairs
ORDER BY pairs;
